"""Who is involved with a person, once each, and the one to ask first."""

from typing import Any

import pytest
from hypothesis import given

from streams.story.care_team import CareTeam, care_team_of
from streams.story.fact import Fact
from streams.story.members import Member, Reason
from streams.story.people import threads_in
from tests.unit.story.stories import NOW, fact, message, shuffled

Json = dict[str, Any]


def somebody(name: str, kind: str = "Practitioner") -> Json:
    return {"reference": f"{kind}/{name[0].lower()}", "display": name}


def part(name: str, role: str | None = None, **elements: Any) -> Json:
    made: Json = {"member": somebody(name), **elements}
    return {**made, "role": [{"text": role}]} if role else made


def team(*parts: Json, **elements: Any) -> Fact:
    return fact("CareTeam", **{"participant": list(parts), "status": "active", **elements})


def of(*facts: Fact, directory: dict[str, Fact] | None = None, ongoing: bool = True) -> CareTeam:
    ids = [one.event.id for one in facts] if ongoing else []
    return care_team_of(facts, directory or {}, NOW, ids)


def names(found: CareTeam) -> list[str]:
    return [member.name for member in found.members]


def only(found: CareTeam) -> Member:
    (member,) = found.members
    return member


def test_a_member_has_a_name_roles_a_team_and_since_when() -> None:
    found = only(
        of(
            team(
                part("A Jones", "district nurse", period={"start": "2026-02-03T10:00:00Z"}),
                name="Home team",
            )
        )
    )
    assert (found.name, found.roles, found.teams) == (
        "A Jones",
        ("district nurse",),
        ("Home team",),
    )
    assert found.since is not None
    assert found.since.day == 3
    assert found.reason == Reason.IN_TEAM


@pytest.mark.parametrize(
    "role", ["Key worker", "Care Co-ordinator", "case manager", "Lead professional for dementia"]
)
def test_whom_a_team_names_as_the_one_who_coordinates_is_asked_first(role: str) -> None:
    found = of(
        team(part("A Jones", "consultant"), part("B Khan", role)),
        fact("EpisodeOfCare", status="active", careManager=somebody("C Roe"), id="e1"),
    )
    assert found.named_contact is not None
    assert found.named_contact.name == "B Khan"
    assert found.named_contact.reason == Reason.COORDINATES


EPISODE = fact("EpisodeOfCare", status="active", careManager=somebody("C Roe"), id="ep1")
VISIT = fact(
    "Encounter",
    status="in-progress",
    **{"class": {"code": "IMP"}},
    participant=[{"type": [{"coding": [{"code": "ATND"}]}], "individual": somebody("D Attend")}],
    id="en1",
)
PLAN = fact("CarePlan", status="active", intent="plan", author=somebody("F Planner"), id="cp1")
PRACTICE = fact("Patient", generalPractitioner=[somebody("High Street", "Organization")], id="p1")
TEAM = team(part("E Member"), id="ct1")


def test_without_one_the_next_reason_decides() -> None:
    held = [PRACTICE, PLAN, TEAM, VISIT, EPISODE]
    expected = ["C Roe", "D Attend", "E Member", "F Planner", "High Street"]
    assert names(of(*held)) == expected
    for number, name in enumerate(expected):
        contact = of(*held[: len(held) - number]).named_contact
        assert contact is not None
        assert contact.name == name


def test_nobody_known_is_nobody_to_ask() -> None:
    assert of() == CareTeam((), None)


@pytest.mark.parametrize(
    "gone",
    [
        team(part("A Jones"), status="inactive"),
        team(part("A Jones"), status="entered-in-error"),
        team(part("A Jones"), period={"end": "2026-02-10"}),
        team(part("A Jones", period={"end": "2026-02-10"})),
        team(part("A Jones", period={"start": "2026-03-10"})),
        team({"member": {"reference": "Patient/p1", "display": "The person"}}),
        team({"member": {"reference": "Practitioner/nameless"}}),
        fact("EpisodeOfCare", status="finished", careManager=somebody("A Jones")),
        fact("EpisodeOfCare", status="active", careManager=somebody("A Jones"), gone=True),
        fact("CarePlan", status="revoked", intent="plan", author=somebody("A Jones")),
    ],
)
def test_who_is_not_involved_any_more_or_yet_or_has_no_name_is_no_member(gone: Fact) -> None:
    assert of(gone).members == ()


def test_one_person_in_two_teams_is_one_member_with_both() -> None:
    found = only(
        of(
            team(part("A Jones", "nurse"), name="Home", id="t1"),
            team(part("A  JONES", "keyworker"), name="Falls", id="t2"),
        )
    )
    assert found.roles == ("keyworker", "nurse")
    assert found.teams == ("Falls", "Home")
    assert found.reason == Reason.COORDINATES


def test_one_name_at_two_sources_is_two_people_unless_they_share_an_organisation() -> None:
    behalf = {"onBehalfOf": somebody("Surgery", "Organization")}
    apart = of(team(part("A Jones")), fact("CareTeam", source="RY2", participant=[part("A Jones")]))
    assert names(apart) == ["A Jones", "A Jones"]
    joined = of(
        team(part("A Jones", **behalf)),
        fact("CareTeam", source="RY2", participant=[part("A Jones", **behalf)]),
    )
    assert only(joined).sources == ("RX1", "RY2")


ROLE = fact(
    "PractitionerRole",
    id="r1",
    practitioner={"reference": "Practitioner/9"},
    organization={"reference": "Organization/o1"},
    code=[{"text": "district nurse"}],
    telecom=[{"system": "phone", "value": "01632 960001"}],
)
NURSE = fact("Practitioner", id="9", name=[{"given": ["Bea"], "family": "Khan"}])
HOME = fact("Organization", id="o1", name="Home nursing")


def test_who_is_only_referred_to_is_named_by_what_is_held_of_them() -> None:
    referring = team({"member": {"reference": "PractitionerRole/r1"}})
    directory = {one.event.thread: one for one in (ROLE, NURSE, HOME)}
    assert threads_in([referring]) == {"RX1|PractitionerRole/r1"}
    assert threads_in([ROLE]) == {"RX1|Practitioner/9", "RX1|Organization/o1"}
    found = only(of(referring, directory=directory))
    assert (found.name, found.organisation) == ("Bea Khan", "Home nursing")
    assert (found.roles, found.contact) == (("district nurse",), ("01632 960001",))


def test_another_sources_people_are_not_this_sources() -> None:
    referring = fact(
        "CareTeam", source="RY2", participant=[{"member": {"reference": "Practitioner/9"}}]
    )
    assert of(referring, directory={NURSE.event.thread: NURSE}).members == ()


def test_the_doctor_of_an_open_visit_is_a_member_as_its_latest_message_says() -> None:
    early = message("ADT^A01", "PV1|1|I|W1||||9^SMITH^ANN||||||||||||V1")
    late = message(
        "ADT^A54", "PV1|1|I|W1||||8^KHAN^BEA||||||||||||V1", control="2", at="202602020900"
    )
    found = of(late, early)
    assert names(found) == ["BEA KHAN"]
    assert found.members[0].roles == ("attending doctor",)
    assert of(late, early, ongoing=False).members == ()


def test_a_role_segment_names_the_registered_doctor_and_ends_where_it_says() -> None:
    role = "ROL|1|AD|PP^Primary Care Provider|5^ROE^CY|20200101"
    found = only(of(message("ADT^A28", role)))
    assert (found.name, found.reason) == ("CY ROE", Reason.REGISTERED_GP)
    assert of(message("ADT^A28", role + "|20210101")).members == ()


ALL = [PRACTICE, PLAN, TEAM, VISIT, EPISODE, team(part("A Jones", "nurse"), id="t9")]


@given(shuffled(ALL))
def test_the_team_depends_on_no_order_and_no_repeats(facts: list[Fact]) -> None:
    assert care_team_of(facts, {}, NOW) == care_team_of(ALL, {}, NOW)
