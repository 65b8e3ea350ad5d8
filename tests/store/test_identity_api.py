"""Staff join and part what is one person, and answer what is in doubt."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from schemas.events import CareEvent
from services.access.viewer import Role
from streams.verify import rebuild, verify
from tests.builders import (
    NHS_NUMBER,
    OTHER_NHS_NUMBER,
    event_of,
    nhs_identifier,
    observation,
    patient,
    verified,
)
from tests.store.conftest import House
from tests.store.messages import adt, pid

Json = dict[str, Any]
WHY = "seen at the desk with their passport"


def meta(day: int) -> Json:
    return {"lastUpdated": f"2026-01-{day:02}T09:00:00Z", "versionId": f"{day}"}


def replaced(name: str, *by: str, day: int = 5, **elements: Any) -> CareEvent:
    links = [{"other": {"reference": f"Patient/{one}"}, "type": "replaced-by"} for one in by]
    return event_of(patient(id=name, meta=meta(day), link=links, **elements))


async def ids(house: House, *keys: str) -> list[str]:
    async with house.database.connect() as connection:
        rows = await connection.execute(text("select key, own_id from identities"))
        found = {row.key: str(row.own_id) for row in rows}
    return [found[key] for key in keys]


async def person_of(client: httpx.AsyncClient, own_id: str) -> str:
    answer = await client.get(f"/api/people/{own_id}")
    assert answer.status_code == 200, answer.text
    person: str = answer.json()["person_id"]
    return person


async def together(client: httpx.AsyncClient, *own_ids: str) -> bool:
    return len({await person_of(client, own_id) for own_id in own_ids}) == 1


async def reviews(client: httpx.AsyncClient, **asked: Any) -> list[Json]:
    found, after = [], None
    while True:
        answer = await client.get(
            "/api/people/reviews", params=asked | ({"after": after} if after else {})
        )
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["reviews"]
        after = page["next"]
        if after is None:
            return found


async def answered(client: httpx.AsyncClient, review: Json, decision: str, **more: Any) -> Json:
    body = {"decision": decision, "reason": WHY, **more}
    answer = await client.post(f"/api/people/reviews/{review['review_id']}", json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def link(one: str, other: str, kind: str = "join") -> Json:
    return {"one": one, "other": other, "kind": kind, "reason": WHY}


P1, P2, P3 = (f"RX1/Patient/p{number}" for number in (1, 2, 3))


async def test_staff_join_two_people_and_take_it_back(
    house: House, clinician: httpx.AsyncClient
) -> None:
    weight = observation(subject={"reference": "Patient/p2"})
    await house.take(event_of(patient()), event_of(patient(id="p2")), event_of(weight))
    one, other = await ids(house, P1, P2)
    answer = await clinician.post("/api/people/links", json=link(one, other))
    assert answer.status_code == 201
    made = answer.json()
    assert (made["one"], made["other"], made["together"]) == (one, other, True)
    assert await together(clinician, one, other)
    again = await clinician.post("/api/people/links", json=link(other, one))
    assert again.json()["link_id"] == made["link_id"]
    page = (await clinician.get(f"/api/people/{one}/timeline")).json()
    assert {entry["resource_type"] for entry in page["entries"]} == {"Patient", "Observation"}
    assert await verify(house.database) == []
    gone = await clinician.delete(f"/api/people/links/{made['link_id']}")
    assert (gone.status_code, gone.json()["together"]) == (200, False)
    assert not await together(clinician, one, other)
    assert (await clinician.delete(f"/api/people/links/{made['link_id']}")).status_code == 404
    assert await verify(house.database) == []


async def test_staff_part_what_a_source_joined_whatever_it_says_later(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(event_of(patient()), replaced("p2", "p1"))
    one, other = await ids(house, P1, P2)
    assert await together(clinician, one, other)
    answer = await clinician.post("/api/people/links", json=link(one, other, "part"))
    assert answer.json()["together"] is False
    await house.take(replaced("p2", "p1", day=9))
    assert not await together(clinician, one, other)
    assert await verify(house.database) == []
    await rebuild(house.database, "record")
    assert not await together(clinician, one, other)
    assert await reviews(clinician) == []


async def test_by_what_a_person_is_known_and_who_says_so(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(
        event_of(verified(meta=meta(1))), event_of(verified(meta=meta(2), gender="male"))
    )
    await house.take(replaced("p2", "p1"))
    one, other = await ids(house, P1, P2)
    await clinician.post("/api/people/links", json=link(one, other))
    found = (await clinician.get(f"/api/people/{other}/identities")).json()
    assert found["person_id"] == await person_of(clinician, one)
    names = {each["identity"] for each in found["identities"]}
    assert names == {P1, P2, f"nhs/{NHS_NUMBER}", f"nhs/{NHS_NUMBER}/1948-02-29"}
    said = sorted((each["kind"], each["by_staff"], each["reason"]) for each in found["statements"])
    assert said == [("linked", True, WHY), ("merged", False, None), ("same", False, None)]
    for each in found["statements"]:
        event = await clinician.get(f"/api/events/{each['event_id'] or uuid4()}")
        assert event.status_code == (404 if each["by_staff"] else 200)


async def test_a_question_is_told_with_its_people_and_what_staff_said_with_its_fate(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*contradicting())
    one, two, three = await ids(house, P1, P2, P3)
    (review,) = await reviews(clinician)
    found = (await clinician.get(f"/api/people/reviews/{review['review_id']}")).json()
    assert {name: found[name] for name in review} == review
    assert [each["person_id"] for each in found["sides"]] == [
        await person_of(clinician, own_id) for own_id in (one, two, three)
    ]
    assert [each["records"] for each in found["sides"]] == [1, 1, 1]
    made = (await clinician.post("/api/people/links", json=link(one, three))).json()
    await clinician.delete(f"/api/people/links/{made['link_id']}")
    (word,) = (await clinician.get("/api/people/links")).json()
    assert (word["kind"], word["who"], word["reason"]) == ("join", "u1", WHY)
    assert (word["taken_back_by"], word["together"]) == ("u1", False)
    nobody = await clinician.get(f"/api/people/reviews/{uuid4()}")
    assert nobody.status_code == 404
    async with house.visited_by(Role.CLINICIAN, user="u2", org="RX9") as stranger:
        denied = await stranger.get(f"/api/people/reviews/{review['review_id']}")
        assert denied.status_code == 403
        assert "RX1" not in denied.text
        assert (await stranger.get("/api/people/links")).json() == []


def contradicting() -> Sequence[CareEvent]:
    """Somebody who was given up for two people with different verified NHS numbers."""
    return (
        event_of(verified(id="p1")),
        event_of(verified(OTHER_NHS_NUMBER, id="p2", birthDate="1950-01-01")),
        replaced("p3", "p1", "p2"),
    )


async def test_what_contradicts_waits_until_somebody_says_who_it_is(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*contradicting())
    one, two, three = await ids(house, P1, P2, P3)
    (review,) = await reviews(clinician)
    assert review["kind"] == "contradicting-merges"
    assert {each["identity"] for each in review["identities"]} == {P1, P2, P3}
    assert {(pair["one"], pair["other"]) for pair in review["pairs"]} == {
        (three, one),
        (three, two),
    }
    parted = await answered(clinician, review, "part", pair={"one": two, "other": three})
    assert parted["is_open"] is False
    assert await together(clinician, one, three)
    assert not await together(clinician, two, three)
    assert await reviews(clinician) == []
    assert await verify(house.database) == []


async def test_two_numbers_in_one_person_are_joined_by_staff_alone(
    house: House, clinician: httpx.AsyncClient
) -> None:
    other = verified(OTHER_NHS_NUMBER, id="p2", birthDate="1950-01-01", meta=meta(5))
    other["link"] = [{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]
    await house.take(event_of(verified(id="p1")), event_of(other))
    one, two = await ids(house, P1, P2)
    assert not await together(clinician, one, two)
    (review,) = await reviews(clinician, kind="two-numbers")
    done = await answered(clinician, review, "join")
    assert done["is_open"] is False
    assert await together(clinician, one, two)
    (link_id,) = done["links"]
    assert (await clinician.delete(f"/api/people/links/{link_id}")).json()["together"] is False
    assert [each["review_id"] for each in await reviews(clinician)] == [review["review_id"]]


async def test_a_number_that_nobody_verified_is_a_question_until_it_is_answered(
    house: House, clinician: httpx.AsyncClient
) -> None:
    quoting = event_of(patient(id="p2", identifier=[nhs_identifier(status="02")]))
    await house.take(quoting)
    assert await reviews(clinician) == []
    await house.take(event_of(verified(id="p1")))
    one, two = await ids(house, P1, P2)
    (review,) = await reviews(clinician)
    assert review["kind"] == "possible-match"
    people = {each["person_id"] for each in review["identities"]}
    assert people == {await person_of(clinician, one), await person_of(clinician, two)}
    assert (await answered(clinician, review, "dismiss"))["is_open"] is False
    assert await reviews(clinician) == []
    await house.take(event_of(patient(id="p2", identifier=[nhs_identifier()], meta=meta(9))))
    assert await reviews(clinician) == []
    assert not await together(clinician, one, two)
    third = event_of(patient(id="p3", identifier=[nhs_identifier()]))
    await house.take(third)
    (review,) = await reviews(clinician)
    await answered(clinician, review, "join")
    (three,) = await ids(house, P3)
    assert await together(clinician, one, three)
    assert await reviews(clinician) == []
    assert await verify(house.database) == []


async def test_a_person_deleted_at_their_source_can_only_be_looked_at(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*adt("A29", 3, pid("p9")))
    (review,) = await reviews(clinician)
    assert (review["kind"], review["pairs"]) == ("deleted-at-source", [])
    body = {"decision": "join", "reason": WHY}
    refused = await clinician.post(f"/api/people/reviews/{review['review_id']}", json=body)
    assert refused.status_code == 422
    await answered(clinician, review, "dismiss")
    assert await reviews(clinician) == []
    gone = await clinician.post(f"/api/people/reviews/{review['review_id']}", json=body)
    assert gone.status_code == 404


async def test_the_pages_of_reviews_together_are_all_of_them(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(event_of(verified(id="p1")))
    for number in range(7):
        made = patient(id=f"q{number}", identifier=[nhs_identifier()])
        await house.take(event_of(made))
    found = await reviews(clinician, limit=3)
    assert len({review["review_id"] for review in found}) == 7
    assert found == await reviews(clinician)
    assert [review["since"] for review in found] == sorted(review["since"] for review in found)
    assert (await clinician.get("/api/people/reviews", params={"after": "x"})).status_code == 400
    assert (await clinician.get("/api/people/reviews", params={"kind": "x"})).status_code == 422


async def test_every_look_and_every_word_is_written_down(house: House) -> None:
    await house.take(*contradicting())
    one, two, three = await ids(house, P1, P2, P3)
    async with house.visited_by(Role.ADMINISTRATOR) as administrator:
        (review,) = await reviews(administrator)
        made = (await administrator.post("/api/people/links", json=link(one, three))).json()
        await administrator.delete(f"/api/people/links/{made['link_id']}")
        await administrator.get(f"/api/people/{three}/identities")
        await answered(administrator, review, "dismiss")
    looks = await house.looks()
    views = ("reviews", "people-link", "people-unlink", "identities", "review-answer")
    assert list(dict.fromkeys(view for view, _, _ in looks)) == list(views)
    assert all(person is not None and allowed for _, person, allowed in looks)
    async with house.visited_by(Role.OPERATIONS) as operations:
        for method, path, body in (
            ("GET", "/api/people/reviews", None),
            ("POST", "/api/people/links", link(one, two)),
            ("DELETE", f"/api/people/links/{made['link_id']}", None),
            ("GET", f"/api/people/{three}/identities", None),
            (
                "POST",
                f"/api/people/reviews/{review['review_id']}",
                {"decision": "join", "reason": WHY},
            ),
        ):
            answer = await operations.request(method, path, json=body)
            assert answer.status_code == 403, path
            assert "RX1" not in answer.text
    denied = (await house.looks())[len(looks) :]
    assert {view for view, _, allowed in denied if not allowed} == set(views)
    assert not [view for view, _, allowed in denied if allowed]
    assert await verify(house.database) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": "  "},
        {"reason": "a\0b"},
        {"kind": "merge"},
        {"other": None},
        {"more": 1},
    ],
)
async def test_a_word_that_cannot_be_meant_is_refused(
    house: House, clinician: httpx.AsyncClient, wrong: Json
) -> None:
    await house.take(event_of(patient()), event_of(patient(id="p2")))
    body = link(*await ids(house, P1, P2)) | wrong
    assert (await clinician.post("/api/people/links", json=body)).status_code == 422


async def test_nobody_is_joined_to_a_made_up_person_or_to_themselves(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(event_of(patient()))
    (one,) = await ids(house, P1)
    assert (
        await clinician.post("/api/people/links", json=link(one, f"{uuid4()}"))
    ).status_code == 404
    assert (await clinician.post("/api/people/links", json=link(one, one))).status_code == 422
    assert (await clinician.delete(f"/api/people/links/{uuid4()}")).status_code == 404
    assert (await clinician.get(f"/api/people/{uuid4()}/identities")).status_code == 404
