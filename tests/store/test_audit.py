"""Who looked, as the privacy officer searches it and as FHIR AuditEvents: each asking is a look."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from sqlalchemy import text

from schemas.fhir import check
from services.access.viewer import Role
from tests.builders import NHS_NUMBER, OTHER_NHS_NUMBER, encounter, event_of, verified
from tests.store.conftest import House

Json = Any
ADA = {"name": [{"family": "Brown-Jones", "given": ["Ada"]}]}
WHY = {"reason": "emergency", "text": "Brought in unconscious"}


@pytest.fixture
def house(house: House) -> House:
    return replace(house, is_open=False)


async def named(house: House) -> tuple[str, str]:
    """Ada, whom RX1 gives care, and Ben, whom nobody does."""
    ben = verified(OTHER_NHS_NUMBER, id="p2", name=[{"family": "Okoro", "given": ["Ben"]}])
    now = datetime.now(UTC).isoformat()
    stay = encounter(meta={"lastUpdated": now}, period={"start": now})
    await house.take(event_of(verified(**ADA)), event_of(stay), event_of(ben, source="RX2"))
    statement = text("select person_id::text from identities where number = :number")
    async with house.database.connect() as connection:
        ada = (await connection.execute(statement, {"number": NHS_NUMBER})).scalars().first()
        ben_id = (await connection.execute(statement, {"number": OTHER_NHS_NUMBER})).scalars()
        return str(ada), str(ben_id.first())


async def some_looks(house: House) -> tuple[str, str]:
    """Ada is looked at, found and refused; Ben is looked at behind a broken glass."""
    ada, ben = await named(house)
    async with house.visited_by(Role.CLINICIAN) as client:
        await client.get(f"/api/people/{ada}", headers={"X-Request-ID": "page-1"})
        await client.get(f"/api/people/{ada}/timeline", headers={"X-Request-ID": "page-1"})
        await client.post("/api/people/search", json={"nhs_number": NHS_NUMBER})
    async with house.visited_by(Role.CLINICIAN, user="u2", org="RX9") as stranger:
        await stranger.get(f"/api/people/{ada}")
        await stranger.post(f"/api/people/{ben}/break-glass", json=WHY)
        await stranger.get(f"/api/people/{ben}")
    return ada, ben


async def asked(house: House, **search: Any) -> Json:
    async with house.visited_by(Role.PRIVACY_OFFICER, user="officer") as officer:
        answer = await officer.post("/api/audit/search", json=search)
    assert answer.status_code == 200, answer.text
    return answer.json()


def views(page: Json) -> list[tuple[str, str, bool]]:
    return [(look["viewer"], look["view"], look["allowed"]) for look in page["looks"]]


LOOKS = [
    ("u2", "person", True),
    ("u2", "break-glass", True),
    ("u2", "person", False),
    ("u1", "search", True),
    ("u1", "timeline", True),
    ("u1", "person", True),
]


async def test_every_look_is_told_with_who_whose_why_and_by_which_request(house: House) -> None:
    ada, ben = await some_looks(house)
    page = await asked(house)
    assert views(page) == LOOKS
    first, last = page["looks"][-1], page["looks"][0]
    assert (first["name"], first["role"], first["org"]) == ("U One", "clinician", "RX1")
    assert (first["person_id"], first["person_name"]) == (ada, "Ada Brown-Jones")
    assert (first["because"], first["request"]) == (["current-or-recent-stay"], "page-1")
    assert first["address"] == "127.0.0.1"
    assert (last["person_id"], last["because"]) == (ben, ["break-glass"])
    assert page["looks"][2]["because"] == []


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({"person": {"nhs_number": OTHER_NHS_NUMBER}}, LOOKS[:2]),
        ({"person": {"name": "ada", "birth_date": "1948-02-29"}}, LOOKS[2:]),
        ({"person": {"nhs_number": "9990001715"}}, []),
        ({"viewer": "u1"}, LOOKS[3:]),
        ({"org": "RX9"}, LOOKS[:3]),
        ({"view": "person"}, [LOOKS[0], LOOKS[2], LOOKS[5]]),
        ({"denied": True}, [LOOKS[2]]),
        ({"broken_glass": True}, [LOOKS[0]]),
        ({"viewer": "u2", "view": "person", "denied": True}, [LOOKS[2]]),
        ({"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, []),
    ],
)
async def test_looks_are_searched_by_whose_who_where_when_and_what(
    house: House, search: Json, found: Json
) -> None:
    await some_looks(house)
    assert views(await asked(house, **search)) == found


async def test_a_time_is_half_open(house: House) -> None:
    await some_looks(house)
    looks = (await asked(house))["looks"]
    at = looks[-1]["at"]
    assert len((await asked(house, **{"from": at, "to": looks[0]["at"]}))["looks"]) == 5


async def test_pages_follow_each_other_while_looks_go_on(house: House) -> None:
    await some_looks(house)
    found, after = [], None
    while True:
        page = await asked(house, limit=2, after=after)
        found += views(page)
        if (after := page["next"]) is None:
            break
    assert found == LOOKS


async def test_a_search_is_a_look_that_each_person_can_see(house: House) -> None:
    ada, ben = await some_looks(house)
    await asked(house, viewer="u1")
    assert (await house.looks())[-1] == ("audit-search", ada, True)
    await asked(house, org="nowhere")
    assert (await house.looks())[-1] == ("audit-search", None, True)
    async with house.visited_by(Role.PERSON, user=ben) as themself:
        log = (await themself.get(f"/api/people/{ben}/access-log")).json()
    assert [(look["view"], look["because"]) for look in log["looks"]] == [
        ("access-log", ["self"]),
        ("person", ["break-glass"]),
        ("break-glass", []),
    ]


@pytest.mark.parametrize("role", sorted({*Role} - {Role.PRIVACY_OFFICER}))
async def test_nobody_but_the_officer_searches_and_it_is_written_down(
    house: House, role: Role
) -> None:
    async with house.visited_by(role) as client:
        answer = await client.post("/api/audit/search", json={})
    assert answer.status_code == 403
    assert await house.looks() == [("audit-search", None, False)]


async def test_the_officer_sees_who_looked_and_nothing_of_the_record(house: House) -> None:
    ada, _ = await some_looks(house)
    async with house.visited_by(Role.PRIVACY_OFFICER) as officer:
        for path in ("", "/timeline", "/stays", "/about-me"):
            assert (await officer.get(f"/api/people/{ada}{path}")).status_code == 403
        searched = await officer.post("/api/people/search", json={"nhs_number": NHS_NUMBER})
    assert searched.status_code == 403


async def test_a_wrong_cursor_is_refused(house: House) -> None:
    async with house.visited_by(Role.PRIVACY_OFFICER) as officer:
        answer = await officer.post("/api/audit/search", json={"after": "x"})
    assert answer.status_code == 400


async def events(client: httpx.AsyncClient, path: str) -> Json:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/fhir+json"
    bundle = answer.json()
    assert check(bundle) == []
    Bundle.model_validate(bundle)
    return bundle


def looked_at(bundle: Json) -> list[tuple[str, str]]:
    """What each entry says was looked at, and how it came out."""
    told = [entry["resource"] for entry in bundle.get("entry", ())]
    return [(event["subtype"][1]["code"], event["outcome"]) for event in told]


async def test_looks_are_audit_events_for_the_officer_and_the_person(house: House) -> None:
    ada, _ = await some_looks(house)
    path = f"/fhir/AuditEvent?patient={ada}"
    seen = [("person", "4"), ("search", "0"), ("timeline", "0"), ("person", "0")]
    async with house.visited_by(Role.PRIVACY_OFFICER) as officer:
        first = await events(officer, path)
        assert looked_at(first) == [("audit-events", "0"), *seen]
        assert first["total"] == 5
        form = {"patient": f"Patient/{ada}", "_count": "2"}
        again = (await officer.post("/fhir/AuditEvent/_search", data=form)).json()
        assert len(again["entry"]) == 2
        (following,) = [link["url"] for link in again["link"] if link["relation"] == "next"]
        rest = await events(officer, following)
        assert looked_at(rest) == looked_at(first)[1:3]
        one = first["entry"][-1]
        assert (await officer.get(one["fullUrl"])).json() == one["resource"]
        assert (await officer.head(one["fullUrl"])).status_code == 200
        xml = {"Accept": "application/fhir+xml"}
        assert (await officer.get(one["fullUrl"], headers=xml)).status_code == 406
    async with house.visited_by(Role.PERSON, user=ada) as themself:
        assert looked_at(await events(themself, path))[-4:] == seen


async def test_audit_events_are_narrowed_by_date(house: House) -> None:
    ada, _ = await some_looks(house)
    today, tomorrow = (datetime.now(UTC) + timedelta(days=n) for n in (-1, 1))
    async with house.visited_by(Role.PRIVACY_OFFICER) as officer:
        path = f"/fhir/AuditEvent?patient={ada}"
        within = f"{path}&date=ge{today.date()}&date=le{tomorrow.date()}"
        assert (await events(officer, within))["total"] == 5
        assert "entry" not in await events(officer, f"{path}&date=gt{tomorrow.date()}")


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "patient=x",
        "patient={ada}&patient={ben}",
        *(f"patient={{ada}}&{wrong}" for wrong in ("date=x", "_count=0", "agent=u1", "after=x")),
    ],
)
async def test_what_cannot_be_answered_is_refused_as_an_outcome(house: House, asked: str) -> None:
    ada, ben = await named(house)
    async with house.visited_by(Role.PRIVACY_OFFICER) as officer:
        answer = await officer.get(f"/fhir/AuditEvent?{asked.format(ada=ada, ben=ben)}")
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_nobody_else_has_audit_events(house: House) -> None:
    ada, ben = await some_looks(house)
    for role, user in ((Role.CLINICIAN, "u1"), (Role.ADMINISTRATOR, "u1"), (Role.PERSON, ben)):
        async with house.visited_by(role, user=user) as client:
            found = await client.get(f"/fhir/AuditEvent?patient={ada}")
            one = await client.get("/fhir/AuditEvent/1")
        assert (found.status_code, one.status_code) == (403, 403)
    assert (await house.looks())[-1] == ("audit-events", ada, False)
    async with house.visited_by(Role.PRIVACY_OFFICER) as officer:
        for number in ("999", "x", "9" * 30):
            assert (await officer.get(f"/fhir/AuditEvent/{number}")).status_code == 404
