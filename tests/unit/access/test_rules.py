"""Who may do what: every role, relationship and restriction against every rule."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from schemas.restriction import Restriction
from services.access.relationships import STRANGER, Relationship, Standing
from services.access.rules import (
    may_break_glass,
    may_decide_who_is_one_person,
    may_desk_rejects,
    may_edit_about_me,
    may_follow_figures,
    may_open_own_record,
    may_publish,
    may_review_broken_glass,
    may_search_people,
    may_view_access_log,
    may_view_caseload,
    may_view_directory,
    may_view_measures,
    may_view_record,
    may_view_restricted,
    may_view_what_was_sent,
)
from services.access.viewer import Role, Viewer

CARERS = {Role.CLINICIAN, Role.CARE_COORDINATOR}
SELF = frozenset({Relationship.SELF})
TABLE = Path(__file__).parent / "record_access.csv"


class Row(NamedTuple):
    """A line of the table: what somebody who gives care (or the person) may see."""

    standing: Standing
    plain: bool
    restricted: bool
    very_restricted: bool
    own_very_restricted: bool
    sent_very_restricted: bool


def table() -> Iterator[Row]:
    with TABLE.open() as lines:
        for line in csv.DictReader(lines):
            named = line.pop("relationship")
            standing = STRANGER if named == "none" else frozenset({Relationship(named)})
            yield Row(standing, **{column: said == "yes" for column, said in line.items()})


def viewer(role: Role, *, user: str = "u1", org: str = "RX1") -> Viewer:
    return Viewer(user=user, name="U One", role=role, org=org)


def sees(
    who: Viewer,
    standing: Standing,
    restriction: Restriction | None,
    *,
    own: bool = False,
    sent: bool = False,
) -> bool:
    """Whether an entry of that restriction is shown: first the record, then the entry."""
    if not may_view_record(who, standing).allowed:
        return False
    if restriction is None:
        return True
    return may_view_restricted(standing, restriction, own=own, sent=sent).allowed


def test_the_table_names_every_relationship_once() -> None:
    assert [row.standing for row in table()] == [
        *(frozenset({one}) for one in Relationship),
        STRANGER,
    ]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("row", list(table()), ids=lambda row: "".join(row.standing) or "none")
def test_each_role_sees_of_a_record_what_the_table_says(role: Role, row: Row) -> None:
    who = viewer(role)
    gives_care_or_is_it = role in CARERS or row.standing == SELF
    own = row.standing != SELF
    found = (
        sees(who, row.standing, None),
        sees(who, row.standing, Restriction.RESTRICTED),
        sees(who, row.standing, Restriction.VERY_RESTRICTED),
        sees(who, row.standing, Restriction.VERY_RESTRICTED, own=own),
        sees(who, row.standing, Restriction.VERY_RESTRICTED, sent=own),
    )
    assert found == tuple(said and gives_care_or_is_it for said in row[1:])
    assert sees(who, row.standing, Restriction.SENSITIVE) == found[1]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("row", list(table()), ids=lambda row: "".join(row.standing) or "none")
def test_who_may_write_about_me_is_who_may_see_it(role: Role, row: Row) -> None:
    who = viewer(role)
    may = may_edit_about_me(who, row.standing).allowed
    assert may == may_view_record(who, row.standing).allowed


@pytest.mark.parametrize("role", Role)
def test_each_role_is_allowed_what_it_needs_and_nothing_else(role: Role) -> None:
    who = viewer(role)
    assert may_search_people(who).allowed == (role in CARERS)
    assert may_view_caseload(who).allowed == (role in CARERS)
    assert may_break_glass(who).allowed == (role in CARERS)
    assert may_view_directory(who).allowed == (role in CARERS)
    assert may_open_own_record(who).allowed == (role is Role.PERSON)
    assert may_follow_figures(who).allowed == (role in CARERS)
    assert may_view_measures(who).allowed == (
        role in CARERS | {Role.OPERATIONS, Role.ADMINISTRATOR}
    )
    assert may_view_access_log(who, STRANGER).allowed == (role is Role.PRIVACY_OFFICER)
    assert may_review_broken_glass(who).allowed == (role is Role.PRIVACY_OFFICER)
    assert may_desk_rejects(who).allowed == (role is Role.ADMINISTRATOR)
    assert may_publish(who, "RX1").allowed == (role in {Role.PUBLISHER, Role.ADMINISTRATOR})
    assert may_publish(who, "RX2").allowed == (role is Role.ADMINISTRATOR)


@pytest.mark.parametrize("role", Role)
def test_what_ones_own_organisation_sent_is_no_secret_to_who_gives_care(role: Role) -> None:
    assert may_view_what_was_sent(viewer(role), STRANGER, "RX1").allowed == (role in CARERS)
    assert not may_view_what_was_sent(viewer(role), STRANGER, "RX2").allowed


def test_a_person_sees_who_looked_at_their_own_record() -> None:
    me = viewer(Role.PERSON)
    assert may_view_access_log(me, SELF).allowed
    assert not may_view_access_log(me, STRANGER).allowed


@pytest.mark.parametrize("role", Role)
def test_who_is_one_person_is_decided_by_those_who_give_care_to_all_of_them(role: Role) -> None:
    tied = frozenset({Relationship.STAY})
    who = viewer(role)
    administers = role is Role.ADMINISTRATOR
    assert may_decide_who_is_one_person(who, [tied, tied]).allowed == (
        role in CARERS or administers
    )
    assert may_decide_who_is_one_person(who, [tied, STRANGER]).allowed == administers


def test_every_denial_gives_its_reason() -> None:
    assert may_publish(viewer(Role.PUBLISHER), "RX2").reason
    assert may_view_record(viewer(Role.PUBLISHER), STRANGER).reason
    assert may_view_record(viewer(Role.CLINICIAN), STRANGER).reason
