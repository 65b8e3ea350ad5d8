"""A person's story over HTTP: About me, care team, alerts, plans, questions, documents."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from schemas.events import CareEvent
from schemas.topics import ContentType
from services.access.viewer import Role
from tests.builders import NHS_NUMBER, encounter, event_of, events_of, history, verified
from tests.store.conftest import House

Json = dict[str, Any]

PERSON = {"reference": "Patient/p1"}
VIEWS = ("about-me", "care-team", "alerts", "plans", "asked", "documents")


def made(
    kind: str, identity: str, *, day: int = 1, source: str = "RX1", **elements: Any
) -> CareEvent:
    meta = {"lastUpdated": f"2026-02-{day:02d}T09:00:00Z"}
    about = {} if kind in {"Practitioner", "PractitionerRole"} else {"subject": PERSON}
    said = {"resourceType": kind, "id": identity, "meta": meta, **about, **elements}
    return event_of(said)


def form(identity: str, *items: tuple[str, str], day: int = 1, **elements: Any) -> CareEvent:
    asked = [
        {"linkId": f"{n}", "text": words, "answer": [{"valueString": said}]}
        for n, (words, said) in enumerate(items, 1)
    ]
    authored = {"authored": f"2026-02-{day:02d}", "status": "completed"}
    return made(
        "QuestionnaireResponse", identity, day=day, **{**authored, "item": asked, **elements}
    )


OLD = form("me", ("What is most important to me", "My cat"), ("My wellness", "Good days"), day=1)
NEW = form("me", ("What is most important to me", "My dog"), ("My wellness", "Good days"), day=5)
NURSE = made("Practitioner", "9", name=[{"given": ["Bea"], "family": "Khan"}])
ROLE = made(
    "PractitionerRole", "r1", practitioner={"reference": "Practitioner/9"}, code=[{"text": "nurse"}]
)
KEY_WORKER = {"text": "key worker"}
TEAM = made(
    "CareTeam",
    "t1",
    status="active",
    name="Home team",
    participant=[
        {"member": {"reference": "PractitionerRole/r1"}, "role": [{"text": "key worker"}]}
    ],
)
FLAG = made("Flag", "f1", status="active", code={"text": "Needs a quiet room"})
GOAL = made("Goal", "g1", lifecycleStatus="active", description={"text": "Walk to the shop"})
PLAN = made(
    "CarePlan", "c1", status="active", intent="plan", title="Falls", goal=[{"reference": "Goal/g1"}]
)
LETTER = made(
    "DocumentReference",
    "d1",
    status="current",
    description="Clinic letter",
    content=[{"attachment": {"contentType": "application/pdf", "url": "Binary/1"}}],
)
ASKED = form("q1", ("Do you live alone?", "Yes"), day=3)
ALL = (OLD, NURSE, ROLE, TEAM, FLAG, GOAL, PLAN, LETTER, ASKED)


async def person_of(house: House, client: httpx.AsyncClient, *events: CareEvent) -> str:
    """The id of the person once the facts are taken."""
    await house.take(event_of(verified()), *events)
    (found,) = (await client.post("/api/people/search", json={"nhs_number": NHS_NUMBER})).json()
    return str(found["person_id"])


async def get(client: httpx.AsyncClient, person: str, view: str, **values: Any) -> Any:
    answer = await client.get(f"/api/people/{person}/{view}", params=values)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_about_me_is_what_holds_and_every_version(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await person_of(house, clinician, OLD, NEW)
    found = await get(clinician, person, "about-me")
    assert [one["words"] for one in found["current"]["said"]] == ["My dog", "Good days"]
    assert found["current"]["said"][0]["title"] == "What is most important to me"
    assert [version["said"][0]["words"] for version in found["history"]] == ["My dog", "My cat"]


async def test_who_has_said_nothing_has_no_about_me(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await person_of(house, clinician, ASKED)
    nothing = {"current": None, "history": [], "awaited": None}
    assert await get(clinician, person, "about-me") == nothing


async def test_what_was_deleted_holds_no_more_and_its_versions_are_struck(
    house: House, clinician: httpx.AsyncClient
) -> None:
    gone = {
        "request": {"method": "DELETE", "url": "QuestionnaireResponse/me"},
        "response": {"status": "204", "lastModified": "2026-02-09T09:00:00Z"},
    }
    person = await person_of(house, clinician, OLD, NEW, event_of(history(gone)))
    found = await get(clinician, person, "about-me")
    assert found["current"] is None
    assert [version["struck"] for version in found["history"]] == [True, True]


async def test_the_care_team_names_whom_other_facts_name_and_one_to_ask(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await person_of(house, clinician, *ALL)
    found = await get(clinician, person, "care-team")
    assert found["named_contact"] == found["members"][0]
    contact = found["named_contact"]
    assert (contact["name"], contact["roles"]) == ("Bea Khan", ["key worker", "nurse"])
    assert (contact["reason"], contact["teams"]) == ("coordinates", ["Home team"])
    assert contact["why"]


async def test_the_timeline_has_the_names_that_other_facts_have_as_they_were_known(
    house: House, clinician: httpx.AsyncClient
) -> None:
    weighed = made("Observation", "o1", status="final", code={"text": "Weight"}, day=2)
    by_role = event_of(
        {**weighed.parsed(), "performer": [{"reference": "PractitionerRole/r1"}], "id": "o2"}
    )
    stay = encounter(location=[{"location": {"reference": "Location/w5"}}])
    ward = event_of({"resourceType": "Location", "id": "w5", "name": "Ward 5"})
    person = await person_of(house, clinician, NURSE, ROLE, by_role, event_of(stay), ward)
    then = datetime.now(UTC).isoformat()
    lines = (await get(clinician, person, "timeline"))["entries"]
    assert {line["author"] for line in lines if line["kind"] == "observation"} == {"Bea Khan"}
    assert {line["place"] for line in lines if line["kind"] == "admission"} == {"Ward 5"}
    renamed = made("Practitioner", "9", day=6, name=[{"family": "Other"}])
    await house.take(renamed)
    now = (await get(clinician, person, "timeline"))["entries"]
    assert {line["author"] for line in now if line["kind"] == "observation"} == {"Other"}
    assert (await get(clinician, person, "timeline", as_known_at=then))["entries"] == lines


def message(trigger: str, control: str, at: str, doctor: str) -> CareEvent:
    text = "\r".join(
        [
            f"MSH|^~\\&|PAS|RX1|||{at}||ADT^{trigger}|{control}|P|2.5",
            f"EVN||{at}||||{at}",
            f"PID|1||7^^^RX1^MR~{NHS_NUMBER}^^^NHS^NH||DOE^JO||19480229{'|' * 25}01",
            f"PV1|1|I|W1||||9^{doctor}||||||||||||V1",
        ]
    )
    (event,) = events_of(text.encode(), content_type=ContentType.HL7V2)
    return event


async def test_the_doctor_of_a_visit_is_in_the_team_while_the_visit_is_open(
    house: House, clinician: httpx.AsyncClient
) -> None:
    admitted = message("A01", "1", "202602010900", "SMITH^ANN")
    person = await person_of(house, clinician, admitted)
    (member,) = (await get(clinician, person, "care-team"))["members"]
    assert (member["name"], member["reason"]) == ("ANN SMITH", "attends")
    await house.take(message("A03", "2", "202602020900", "SMITH^ANN"))
    assert (await get(clinician, person, "care-team"))["members"] == []


async def test_alerts_plans_questions_and_documents_are_given(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await person_of(house, clinician, *ALL)
    (alert,) = await get(clinician, person, "alerts")
    assert (alert["kind"], alert["words"]) == ("alert", "Needs a quiet room")
    found = await get(clinician, person, "plans")
    assert [goal["words"] for goal in found["plans"][0]["goals"]] == ["Walk to the shop"]
    assert found["goals"] == []
    (document,) = await get(clinician, person, "documents")
    assert (document["title"], document["struck"]) == ("Clinic letter", False)
    again = await get(clinician, person, "asked", question="do you live ALONE")
    assert [answer["words"] for question in again for answer in question["answers"]] == ["Yes"]
    assert await get(clinician, person, "asked", question="Do you smoke?") == []
    everything = {question["words"] for question in await get(clinician, person, "asked")}
    assert "Do you live alone?" in everything


async def test_what_was_known_then_stays_what_was_known_then(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await person_of(house, clinician, *ALL)
    then = datetime.now(UTC).isoformat()
    before = {view: await get(clinician, person, view, as_known_at=then) for view in VIEWS}
    over = made("Flag", "f1", day=6, status="inactive", code={"text": "Needs a quiet room"})
    left = made("CareTeam", "t1", day=6, status="inactive")
    renamed = made("Practitioner", "9", day=6, name=[{"family": "Other"}])
    other = form("q2", ("Do you live alone?", "No"), day=7)
    await house.take(NEW, over, left, renamed, other)
    after = {view: await get(clinician, person, view, as_known_at=then) for view in VIEWS}
    assert after == before
    assert before["about-me"]["current"]["said"][0]["words"] == "My cat"
    now = {view: await get(clinician, person, view) for view in VIEWS}
    assert now["alerts"] == []
    assert now["care-team"]["members"] == []
    assert all(now[view] != before[view] for view in ("about-me", "asked"))


@pytest.mark.parametrize("view", VIEWS)
async def test_every_look_is_audited_and_a_denial_shows_nothing(
    house: House, clinician: httpx.AsyncClient, view: str
) -> None:
    person = await person_of(house, clinician, *ALL)
    await get(clinician, person, view)
    async with house.visited_by(Role.OPERATIONS) as operations:
        denied = await operations.get(f"/api/people/{person}/{view}")
    assert denied.status_code == 403
    assert (await house.looks())[-2:] == [(view, person, True), (view, person, False)]


@pytest.mark.parametrize("view", VIEWS)
async def test_nobody_known_is_nobody_found(clinician: httpx.AsyncClient, view: str) -> None:
    answer = await clinician.get(f"/api/people/{uuid4()}/{view}")
    assert answer.status_code == 404


async def test_a_person_reads_their_own_story(house: House, clinician: httpx.AsyncClient) -> None:
    person = await person_of(house, clinician, *ALL)
    async with house.visited_by(Role.PERSON, user=person) as self_:
        for view in VIEWS:
            await get(self_, person, view)
        other = await self_.get(f"/api/people/{uuid4()}/about-me")
    assert other.status_code == 403


async def test_an_hl7_v2_message_is_given_as_it_came(
    house: House, clinician: httpx.AsyncClient
) -> None:
    admitted = message("A01", "1", "202602010900", "SMITH^ANN")
    person = await person_of(house, clinician, admitted)
    original = await clinician.get(f"/api/events/{admitted.id}")
    assert original.headers["content-type"].startswith(ContentType.HL7V2)
    assert original.text == admitted.text()
    bundle = (await clinician.get(f"/fhir/Patient/{person}/$everything")).json()
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    # The one Patient of the person, their source's own, the message, and the stay that it tells of.
    assert sorted(kinds) == ["Binary", "Encounter", "Patient", "Patient"]
