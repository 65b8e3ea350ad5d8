"""Small numbers hidden, gaps between groups, and figures explained, over the whole way."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from schemas.events import CareEvent
from services.access.viewer import Role
from tests.builders import event_of, patient
from tests.store.conftest import House
from tests.store.visits import visit

Json = dict[str, Any]

APRIL = {"from": "2026-04-01", "to": "2026-05-01"}
IN, OUT = "2026-04-02T10:00:00Z", "2026-04-04T10:00:00Z"


def people(*genders: str) -> list[CareEvent]:
    """A Patient of each gender, p0 and so on, and a stay of two nights, v0 and so on."""
    made = [event_of(patient(id=f"p{n}", gender=gender)) for n, gender in enumerate(genders)]
    return made + [visit(n, IN, OUT, ("A", IN)) for n in range(len(genders))]


async def got(client: httpx.AsyncClient, path: str, **params: str) -> Json:
    answered = await client.get(f"/api/measures/{path}", params=params)
    assert answered.status_code == 200, answered.text
    found: Json = answered.json()
    return found


def by_sex(answer: Json) -> dict[str, float | None]:
    return {row["sex"]: row["value"] for row in answer["rows"]}


async def test_what_tells_people_apart_is_rounded_and_few_are_hidden(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*people(*["male"] * 8, *["female"] * 12, *["other"] * 2))
    exact = await got(clinician, "admissions", **APRIL)
    assert (exact["value"], exact["rounded"]) == (22, False)
    told = await got(clinician, "admissions", by="sex", **APRIL)
    assert (told["value"], told["rounded"]) == (20, True)
    # The other two could be worked out, were one of the others told.
    assert by_sex(told) == {"male": None, "female": 10, "other": None}
    hidden = {row["sex"] for row in told["rows"] if row.get("hidden") == ["total"]}
    assert hidden == {"male", "other"}
    few = await got(clinician, "admissions", sex="other", **APRIL)
    assert (few["value"], few["hidden"]) == (None, ["total"])


async def test_a_rate_is_told_with_the_gap_between_groups(
    house: House, clinician: httpx.AsyncClient
) -> None:
    ethnic = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory"
    system = "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland"
    events: list[CareEvent] = []
    for number in range(40):
        coding = [{"system": system, "code": "AN"[number % 2]}]
        said = {"url": ethnic, "valueCodeableConcept": {"coding": coding}}
        events += [
            event_of(patient(id=f"p{number}", extension=[said])),
            visit(number, IN, OUT, **{"class": {"code": "IMP" if number < 30 else "HH"}}),
        ]
    await house.take(*events)
    answer = await got(clinician, "closer_to_home", by="ethnicity", **APRIL)
    assert answer["unit"] == "ratio"
    assert answer["units"]["numerator"] == "days and contacts"
    [first, second] = answer["gaps"]
    assert (first["group"], first["against"]) == ("A", "rest")
    assert first["difference"]["low"] < 0 < first["difference"]["high"]
    assert "Newcombe" in first["difference"]["method"]
    assert second["group"] == "N"
    assert "gaps" not in await got(clinician, "closer_to_home", by="sex", **APRIL)


def stays_of_explained(found: Json) -> dict[str, int | None]:
    return {one["figure"]: one["stays"] for one in found["behind"]}


async def test_a_figure_is_explained_by_its_stays_its_doubts_and_its_last_change(
    house: House, clinician: httpx.AsyncClient
) -> None:
    twice = {"subject": {"reference": "Patient/p1"}}
    first = visit(1, "2026-04-02T10:00:00Z", "2026-04-06T10:00:00Z", ("A", IN))
    second = visit(2, "2026-04-05T10:00:00Z", "2026-04-08T10:00:00Z", ("B", OUT), **twice)
    await house.take(event_of(patient()), first, second)
    last = visit(3, "2026-04-03T10:00:00Z", "2026-04-09T10:00:00Z")
    await house.take(last)
    found = await got(clinician, "readmissions_30d/explained", **APRIL)
    for name in ("definition", "source", "version", "value", "unit", "as_of"):
        assert name in found["answer"]
    assert stays_of_explained(found) == {"value": 3, "numerator": 0, "denominator": 3}
    assert {one["flag"]: one["stays"] for one in found["doubts"]} == {
        "conflicting-stay": 2,
        "unknown-ward": 1,
    }
    assert UUID(found["changed"]["event_id"]) == UUID(last.id)
    assert found["changed"]["kind"] == "Encounter"
    assert "restated" not in found
    for one in found["behind"]:
        listed = await clinician.get(one["href"])
        assert len(listed.json()["stays"]) == one["stays"], listed.text


async def test_stays_of_few_people_are_not_counted_in_an_explanation(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*people(*["male"] * 8, *["other"] * 2))
    few = await got(clinician, "admissions/explained", sex="other", **APRIL)
    assert stays_of_explained(few) == {"total": None}
    many = await got(clinician, "admissions/explained", sex="male", **APRIL)
    assert stays_of_explained(many) == {"total": 10}


async def test_an_explanation_of_nothing_has_no_stays(clinician: httpx.AsyncClient) -> None:
    for measure in await listed(clinician):
        found = await got(clinician, f"{measure}/explained")
        assert found["changed"] is None
        assert set(stays_of_explained(found).values()) == {0}


async def listed(client: httpx.AsyncClient) -> Sequence[str]:
    found = [measure["id"] for measure in (await client.get("/api/measures")).json()]
    assert found
    return found


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("admissions/explained?by=sex", 422),
        ("no_such_measure/explained", 404),
        ("admissions/stays?figure=none", 422),
    ],
)
async def test_what_cannot_be_explained_is_refused(
    clinician: httpx.AsyncClient, path: str, status: int
) -> None:
    assert (await clinician.get(f"/api/measures/{path}")).status_code == status


async def test_explanations_are_for_those_who_may_see_measures(house: House) -> None:
    async with house.visited_by(Role.OPERATIONS) as operations:
        assert (await operations.get("/api/measures/admissions/explained")).status_code == 200
    async with house.visited_by(Role.PUBLISHER) as publisher:
        assert (await publisher.get("/api/measures/admissions/explained")).status_code == 403
    assert await house.looks() == [("measures", None, False)]


async def test_beds_are_told_of_now_of_eight_and_of_midnight(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(
        visit(1, "2026-04-01T20:00:00Z", "2026-04-02T06:59:00Z", ("A", IN)),
        visit(2, "2026-04-02T06:30:00Z", "2026-04-02T18:00:00Z", ("A", IN)),
        visit(3, "2026-04-02T06:30:00Z", None, ("A", "2026-04-02T06:30:00Z")),
    )
    # 08:00 in London is 07:00 in UTC on that day.
    day = {"to": "2026-04-02"}
    assert (await got(clinician, "beds_occupied", at="midnight", **day))["value"] == 1
    assert (await got(clinician, "beds_occupied", at="08:00", **day))["value"] == 2
    assert (await got(clinician, "beds_occupied"))["value"] == 1
    today = datetime.now(UTC).date().isoformat()
    assert (await got(clinician, "beds_occupied", at="midnight", to=today))["value"] == 1


async def test_a_figure_as_it_was_known_comes_with_what_restated_it(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(visit(1, IN, OUT, ("A", IN)), visit(2, IN, OUT, ("A", IN)))
    then = await got(clinician, "occupied_bed_days", by="ward", **APRIL)
    assert then["value"] == 4
    later = {"meta": {"versionId": "2", "lastUpdated": "2026-05-02T00:00:00Z"}}
    longer = visit(2, IN, "2026-04-06T10:00:00Z", ("B", IN), **later)
    await house.take(longer)
    known = {"as_known_at": then["as_of"]}
    again = await got(clinician, "occupied_bed_days", by="ward", **APRIL, **known)
    assert (again["figures"], again["rows"]) == (then["figures"], then["rows"])
    assert again["as_of"] == then["as_of"]
    assert again["restated"]["value"] == 6
    found = await got(clinician, "occupied_bed_days/explained", **APRIL, **known)
    assert found["answer"]["value"] == 4
    assert (found["restated"]["value"], found["restated"]["stays"]) == (6, 1)
    assert [UUID(event) for event in found["restated"]["events"]] == [UUID(longer.id)]
    listed = await got(clinician, "occupied_bed_days/stays", **APRIL, **known)
    wards = [behind["stay"]["segments"][0]["ward"] for behind in listed["stays"]]
    assert wards == ["A", "A"]
    assert "restated" not in await got(clinician, "beds_occupied", **known)


async def test_every_answer_is_the_same_when_it_is_asked_for_again(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*people("male", "female"), visit("now", IN))
    said = [(one, await got(clinician, one)) for one in await listed(clinician)]
    await house.take(*people(*["male"] * 4), visit("more", OUT))
    for measure, then in said:
        again = await got(clinician, measure, as_known_at=then["as_of"])
        assert again["figures"] == then["figures"], measure


async def test_what_left_a_figure_changed_it_last_and_what_moved_within_it_did_not(
    house: House, clinician: httpx.AsyncClient
) -> None:
    later = {"meta": {"versionId": "2", "lastUpdated": "2026-05-02T00:00:00Z"}}
    first, second = visit(1, IN, None, ("A", IN)), visit(2, IN, None, ("A", IN))
    await house.take(first, second)
    left = visit(1, IN, OUT, ("A", IN), **later)
    await house.take(left)
    found = await got(clinician, "beds_occupied/explained")
    assert UUID(found["changed"]["event_id"]) == UUID(left.id)
    moved = visit(2, IN, None, ("A", IN), ("B", OUT), **later)
    await house.take(moved)
    found = await got(clinician, "beds_occupied/explained")
    assert UUID(found["changed"]["event_id"]) == UUID(left.id)
    found = await got(clinician, "beds_occupied/explained", ward="B")
    assert UUID(found["changed"]["event_id"]) == UUID(moved.id)
    found = await got(clinician, "admissions/explained", **APRIL)
    assert UUID(found["changed"]["event_id"]) in {UUID(first.id), UUID(second.id)}
