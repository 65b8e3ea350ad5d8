"""A caseload: whom a team has to do with now, what of them may be told, and who looked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.access.terms import recent
from services.access.viewer import Role, Viewer
from services.record.caseload import yesterday
from services.record.caseload_models import Why
from services.record.caseload_reading import caseload_for
from services.record.ties import stances
from services.simulator import simulate
from services.simulator.organisations import ORGANISATIONS
from streams.intake.read import read
from tests.builders import LIMITS, at_ward, event_of, nhs_number, patient, verified
from tests.store.conftest import House
from tests.store.test_relationships import (
    RECEIVED,
    ago,
    organisation,
    person_of,
    registered,
    request,
    stay,
    take,
    team,
)
from tests.store.test_restricted import RESTRICTED, VERY, labelled, told

Json = dict[str, Any]
PATH = "/api/caseload"
LATELY = {"since": ago(2)}
FILTERS = frozenset({"what", "why", "team", "place"})


@pytest.fixture
def house(house: House) -> House:
    return replace(house, is_open=False)


async def caseload(house: House, asked: Json | None = None, **viewer: Any) -> Json:
    """What a clinician is told: parameters as the API has them, without its door."""
    said: Json = {"user": "u1", "org": "RX1", **viewer}
    who = Viewer(name="U One", role=Role.CLINICIAN, **said)
    to = {name: value for name, value in (asked or {}).items() if name in FILTERS}
    more = {name: value for name, value in (asked or {}).items() if name not in FILTERS}
    if "since" in more:
        more["since"] = datetime.fromisoformat(more["since"])
    found = await caseload_for(house.database, who, to, **more)
    shown: Json = found.model_dump(mode="json")
    return shown


def ids(found: Json) -> list[str]:
    return [one["person_id"] for one in found["people"]]


@pytest.mark.parametrize(
    ("facts", "org", "why"),
    [
        ([], "RX1", None),
        ([stay(3)], "RX1", "current-or-recent-stay"),
        ([stay(3)], "RX9", None),
        ([stay(3, serviceProvider=organisation("RX8"))], "RX8", "current-or-recent-stay"),
        ([stay(3, serviceProvider=organisation("RX8"))], "RX1", "current-or-recent-stay"),
        ([stay(30, 1)], "RX1", "current-or-recent-stay"),
        ([stay(30, 20)], "RX1", None),
        ([stay(3, status="planned")], "RX1", None),
        ([stay(3, status="cancelled")], "RX1", None),
        ([request()], "ZC1", "open-referral"),
        ([request()], "RX1", None),
        ([request("completed")], "ZC1", None),
        ([request("draft")], "ZC1", None),
        ([team()], "ZC1", "care-team"),
        ([team()], "ZC2", None),
        ([team(status="inactive")], "ZC1", None),
        ([registered("ZP1")], "ZP1", "registered-practice"),
        ([registered("ZP1", 9), registered("ZP2", 1)], "ZP1", None),
        ([registered("ZP2", 1), registered("ZP1", 9)], "ZP2", "registered-practice"),
    ],
)
async def test_whoever_something_ties_to_us_now_is_on_the_caseload(
    house: House, facts: list[Json], org: str, why: str | None
) -> None:
    await take(house, verified(meta={"lastUpdated": ago(30)}), *facts)
    found = await caseload(house, LATELY, org=org)
    assert [one["why"] for one in found["people"]] == ([[why]] if why else [])
    assert found["everybody"] == found["total"] == (1 if why else 0)


async def test_a_member_of_a_team_has_its_people(house: House) -> None:
    await take(house, verified(), team(name="North team"))
    for viewer in ({"user": "nurse-9"}, {"teams": ("TEAM-7",)}):
        (one,) = (await caseload(house, org="ZX1", **viewer))["people"]
        assert (one["why"], one["teams"]) == (["care-team"], ["North team"])
    assert (await caseload(house, org="ZX1", teams=("TEAM-8",)))["people"] == []


async def test_a_team_that_an_earlier_version_stored_is_found_too(house: House) -> None:
    await take(house, verified(), team())
    async with house.database.begin() as tx:
        await tx.execute(text("update facts set involved = null"))
    assert len(ids(await caseload(house, org="ZC1"))) == 1


async def everybody(house: House) -> list[Any]:
    async with house.database.connect() as connection:
        said = "select distinct person_id from identities"
        return list((await connection.execute(text(said))).scalars())


async def stood_by(house: House, viewer: Viewer, since: datetime) -> set[str]:
    """Everybody to whom the viewer stands, by what goes on or ended since, asked one by one."""
    now = datetime.now(UTC)
    async with house.database.connect() as connection:
        tx = await connection.execution_options(throughline_recent=now - since)
        assert recent(tx) == now - since
        found = await stances(tx, viewer, await everybody(house))
        return {str(person) for person, one in found.items() if one.standing}


async def test_it_is_of_just_those_to_whom_the_viewer_stands(house: House) -> None:
    """Both ways round: from each person to the viewer, and from the viewer to all people."""
    now = datetime.now(UTC)
    made = simulate(60, 12, 5, (now - timedelta(days=11)).date())
    messages = (one for one in made.messages if one.at < now)
    await house.take(*(event for one in messages for event in read(one.inbound(), LIMITS)))
    sizes = []
    for org in (one.source for one in ORGANISATIONS):
        viewer = Viewer(user="u1", name="U One", role=Role.CLINICIAN, org=org)
        found = await caseload(house, {"limit": 500}, org=org)
        stands = await stood_by(house, viewer, yesterday(now))
        assert set(ids(found)) <= stands
        # Nothing of them is restricted, and no visit is only planned.
        assert stands - set(ids(found)) == await only_planned(house, org, stands)
        sizes.append(len(stands))
    assert min(sizes) < max(sizes) > 20


async def only_planned(house: House, org: str, people: set[str]) -> set[str]:
    """Of these people those whom nothing but a planned visit ties to an organisation."""
    statement = text("""
    select distinct i.person_id::text from stays s join identities i on i.key = s.subject
    where s.status = 'planned' and :org in (s.provider, s.source) and i.person_id::text = any(:ids)
    """)
    async with house.database.connect() as connection:
        values = {"org": org, "ids": list(people)}
        planned = set((await connection.execute(statement, values)).scalars())
    return planned - set(ids(await caseload(house, {"limit": 500}, org=org)))


NURSING = {"performer": [organisation("ZC1")], "code": {"text": "District nursing"}}


async def town(house: House) -> dict[str, str]:
    """Some people of one practice, each with a story of their own; their ids by name."""
    people = {}
    for serial, name in enumerate(("Silent", "Late", "Waits", "Moved", "Gone", "Quiet"), 1):
        number = nhs_number(100 + serial * 10) or nhs_number(101 + serial * 10) or ""
        who = verified(
            number,
            id=name,
            name=[{"given": [name], "family": "Test"}],
            generalPractitioner=[organisation("ZP1")],
            meta={"lastUpdated": ago(40)},
        )
        await take(house, who)
        people[name] = number
    subject = {name: {"reference": f"Patient/{name}"} for name in people}
    moved = [at_ward("W1", ago(5), ago(0.5)), at_ward("W2", ago(0.5))]
    await take(
        house,
        request(id="s1", subject=subject["Silent"], authoredOn=ago(20), **NURSING),
        request(id="s2", subject=subject["Late"], authoredOn=ago(20), **NURSING),
        request(id="s3", subject=subject["Waits"], authoredOn=ago(0.2), **NURSING),
        stay(5, id="e4", subject=subject["Moved"], location=moved),
        stay(5, 0.1, id="e5", subject=subject["Gone"], location=[at_ward("W1")]),
    )
    booked = {
        "resourceType": "Task",
        "id": "t2",
        "status": "accepted",
        "intent": "order",
        "focus": {"reference": "ServiceRequest/s2"},
        "for": subject["Late"],
        "lastModified": ago(19),
        "owner": organisation("ZC1"),
        "restriction": {"period": {"end": ago(3)}},
        "meta": {"lastUpdated": ago(19)},
    }
    await take(house, booked)
    async with house.visited_by(Role.CLINICIAN) as client:
        found = {}
        for name, number in people.items():
            answer = await client.post("/api/people/search", json={"nhs_number": number})
            found[answer.json()[0]["person_id"]] = name
    return found


async def test_the_most_urgent_come_first_and_then_what_happened_last(house: House) -> None:
    names = await town(house)
    found = await caseload(house, LATELY, org="ZP1")
    assert [names[one] for one in ids(found)][:2] == ["Silent", "Late"]
    assert [names[one] for one in ids(found)][2:] == ["Gone", "Waits", "Moved", "Quiet"]
    by = {names[one["person_id"]]: one for one in found["people"]}
    assert by["Gone"]["nhs_number_text"].startswith("999 ")
    assert by["Gone"]["name"] == "Gone Test"
    assert by["Gone"]["age"] in {77, 78, 79}
    (silent,) = by["Silent"]["waiting"]
    assert (silent["what"], silent["next_action"]) == ("silent-handoff", "answer")
    assert silent["next_by"]["code"] == "ZC1"
    assert not silent["is_for_us"]
    (moved,) = by["Moved"]["happened"]
    assert (moved["what"], moved["ward"], moved["provider"]) == ("moved", "W2", "RX1")
    assert datetime.fromisoformat(moved["at"]) == RECEIVED - timedelta(days=0.5)
    assert by["Moved"]["whereabouts"][0]["ward"] == "W2"
    assert [one["what"] for one in by["Gone"]["happened"]] == ["discharged"]
    assert by["Quiet"]["happened"] == by["Quiet"]["waiting"] == by["Quiet"]["whereabouts"] == []


async def test_what_waits_for_us_is_what_our_organisation_is_to_do(house: House) -> None:
    names = await town(house)
    found = await caseload(house, LATELY, org="ZC1")
    assert [names[one] for one in ids(found)] == ["Silent", "Late", "Waits"]
    waits = {names[one["person_id"]]: one["waiting"][0] for one in found["people"]}
    assert all(one["is_for_us"] for one in waits.values())
    assert waits["Waits"]["what"] == "waiting-for-us"
    assert found["counts"]["what"]["waiting-for-us"] == 3
    assert found["counts"]["what"]["referred-to-us"] == 1


async def test_filters_narrow_and_each_says_how_many_it_would_leave(house: House) -> None:
    names = await town(house)
    whole = await caseload(house, LATELY, org="ZP1")
    assert whole["counts"]["what"]["discharged"] == 1
    assert whole["counts"]["why"]["registered-practice"] == whole["counts"]["anything"] == 6
    assert whole["counts"]["place"] == {
        "none": 5, "bed": 1, "RX1": 1, "RX1/RX1": 1, "RX1/RX1/W2": 1
    }  # fmt: skip
    for asked, left in (
        ({"what": "discharged"}, ["Gone"]),
        ({"what": "silent-handoff"}, ["Silent"]),
        ({"what": "overdue"}, ["Late"]),
        ({"place": "bed"}, ["Moved"]),
        ({"place": "RX1/RX1/W2"}, ["Moved"]),
        ({"place": "RX1/RX1/W2", "what": "discharged"}, []),
        ({"why": "open-referral"}, []),
        ({"team": "Nobody's"}, []),
    ):
        found = await caseload(house, LATELY | asked, org="ZP1")
        assert [names[one] for one in ids(found)] == left, asked
        assert (found["total"], found["everybody"]) == (len(left), 6)
        for facet, value in asked.items():
            others = {name: other for name, other in asked.items() if name != facet}
            alone = await caseload(house, LATELY | others | {facet: value}, org="ZP1")
            assert found["counts"][facet].get(value, 0) == alone["total"]


async def test_pages_hold_everybody_once_in_one_order(house: House) -> None:
    await town(house)
    whole = await caseload(house, LATELY, org="ZP1")
    seen, after = list[str](), {}
    while True:
        found = await caseload(house, LATELY | {"limit": 2} | after, org="ZP1")
        assert found["total"] == 6
        seen += ids(found)
        if not found["next"]:
            break
        assert not any(one in found["next"] for one in ids(whole))
        after = {"after": found["next"]}
    assert seen == ids(whole)


async def test_what_happened_is_told_since_yesterday_unless_another_time_is_asked_for(
    house: House,
) -> None:
    await take(house, verified(generalPractitioner=[organisation("ZP1")]), stay(40, 20))
    async with house.visited_by(Role.CARE_COORDINATOR, org="ZP1") as client:
        found = (await client.get(PATH)).json()
        assert datetime.fromisoformat(found["since"]) == yesterday(datetime.now(UTC))
        assert found["people"][0]["happened"] == []
        asked = {"since": ago(30), "why": "registered-practice", "what": "discharged"}
        found = (await client.get(PATH, params=asked)).json()
    assert [one["what"] for one in found["people"][0]["happened"]] == ["discharged"]


@pytest.mark.parametrize("label", [RESTRICTED, VERY], ids=["R", "V"])
async def test_what_is_restricted_is_told_by_nothing(house: House, label: Json) -> None:
    """Of somebody in a ward of RX1, of whom ZM1 says restricted things."""
    person = await told(house, label)
    before = await caseload(house, {"since": ago(9)})
    async with house.database.begin() as tx:
        await tx.execute(text("delete from stays where source = 'ZM1'"))
        await tx.execute(text("delete from referrals where name like 'ZM1|%'"))
    after = await caseload(house, {"since": ago(9)})
    assert ids(before) == [person]
    assert before | {"as_of": None} == after | {"as_of": None}
    own = await caseload(house, {"since": ago(9)}, org="ZM1")
    assert own["people"] == []


async def test_who_wrote_what_is_restricted_and_the_practice_are_told_it(house: House) -> None:
    person = await told(house, RESTRICTED)
    await take(house, registered("ZP1", 0))
    for org in ("ZM1", "ZP1"):
        found = await caseload(house, {"since": ago(9)}, org=org)
        assert ids(found) == [person]
        assert found["counts"]["place"]["ZM1"] == 1


async def test_nobody_is_told_of_whose_tie_to_us_they_may_not_see(house: House) -> None:
    await take(house, verified(), labelled(team(), VERY), source="ZM1")
    assert (await caseload(house, org="ZC1"))["everybody"] == 0
    await take(house, verified(), team(), source="ZM2")
    assert (await caseload(house, org="ZC1"))["everybody"] == 1


async def test_a_restricted_request_to_us_is_on_our_caseload_unless_the_person_is_flagged(
    house: House,
) -> None:
    await take(house, verified(), labelled(request(), VERY), source="ZM1")
    (one,) = (await caseload(house, org="ZC1"))["people"]
    assert one["why"] == ["open-referral"]
    await take(house, labelled(verified(), RESTRICTED), source="ZM1")
    assert (await caseload(house, org="ZC1"))["everybody"] == 0


async def test_the_flag_of_a_person_hides_what_others_say_and_counts_it_nowhere(
    house: House,
) -> None:
    await take(house, verified(), stay(3, location=[at_ward("W1")]))
    await take(house, labelled(verified(), RESTRICTED), source="ZM1")
    await take(house, stay(1, id="e2", location=[at_ward("Refuge")]), source="ZM1")
    (one,) = (found := await caseload(house))["people"]
    assert [here["source"] for here in one["whereabouts"]] == ["RX1"]
    assert one["happened"] == []
    assert found["counts"]["what"]["admitted"] == 0
    assert not any("ZM1" in place for place in found["counts"]["place"])
    assert (await caseload(house, {"place": "ZM1"}))["total"] == 0


async def test_whoever_is_shown_is_noted_as_looked_at_and_nobody_else(house: House) -> None:
    await town(house)
    found = await caseload(house, LATELY | {"limit": 2}, org="ZP1")
    looks = [look for look in await house.looks() if look[0] == "caseload"]
    assert looks == [("caseload", person, True) for person in ids(found)]
    await caseload(house, org="RX7")
    assert (await house.looks())[-1] == ("caseload", None, True)


@pytest.mark.parametrize("role", sorted({*Role} - {Role.CLINICIAN, Role.CARE_COORDINATOR}))
async def test_who_gives_no_care_has_no_caseload_and_that_is_noted(
    house: House, role: Role
) -> None:
    await take(house, verified(), stay(3))
    async with house.visited_by(role) as client:
        answer = await client.get(PATH)
    assert answer.status_code == 403
    assert await house.looks() == [("caseload", None, False)]


async def test_a_look_through_broken_glass_makes_nobody_ours(house: House) -> None:
    await take(house, verified())
    person = await person_of(house)
    async with house.visited_by(Role.CLINICIAN) as client:
        why = {"reason": "emergency", "text": "Found unconscious"}
        await client.post(f"/api/people/{person}/break-glass", json=why)
    assert (await caseload(house))["everybody"] == 0


@pytest.mark.parametrize(
    "asked", [{"after": "x"}, {"what": "x"}, {"why": "self"}, {"since": "x"}, {"team": "\x00"}]
)
async def test_what_cannot_be_asked_is_said(house: House, asked: Json) -> None:
    async with house.visited_by(Role.CLINICIAN) as client:
        assert (await client.get(PATH, params=asked)).is_client_error


async def test_somebody_of_whom_nobody_says_who_they_are_is_on_it_too(house: House) -> None:
    await house.take(event_of(stay(1), received=RECEIVED))
    (one,) = (await caseload(house))["people"]
    assert one["name"] is None
    assert one["why"] == [Why.STAY]
    await house.take(event_of(patient(name=[{"text": "Ada"}]), received=RECEIVED))
    assert (await caseload(house))["people"][0]["name"] == "Ada"
