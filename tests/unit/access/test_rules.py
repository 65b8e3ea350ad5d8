"""Who may do what: every role against every rule."""

from uuid import UUID

import pytest

from services.access.rules import (
    Relationship,
    may_decide_who_is_one_person,
    may_desk_rejects,
    may_publish,
    may_search_people,
    may_view_access_log,
    may_view_measures,
    may_view_record,
    relationship_of,
)
from services.access.viewer import Role, Viewer

PERSON = UUID(int=7)
STRANGER = Relationship.UNKNOWN
CARERS = {Role.CLINICIAN, Role.CARE_COORDINATOR}


def viewer(role: Role, *, user: str = "u1", org: str = "RX1") -> Viewer:
    return Viewer(user=user, name="U One", role=role, org=org)


@pytest.mark.parametrize("role", Role)
def test_each_role_is_allowed_what_it_needs_and_nothing_else(role: Role) -> None:
    who = viewer(role)
    assert may_view_record(who, STRANGER).allowed == (role in CARERS)
    assert may_search_people(who).allowed == (role in CARERS)
    assert may_view_measures(who).allowed == (
        role in CARERS | {Role.OPERATIONS, Role.ADMINISTRATOR}
    )
    assert may_view_access_log(who, STRANGER).allowed == (role is Role.PRIVACY_OFFICER)
    assert may_desk_rejects(who).allowed == (role is Role.ADMINISTRATOR)
    assert may_publish(who, "RX1").allowed == (role in {Role.PUBLISHER, Role.ADMINISTRATOR})
    assert may_publish(who, "RX2").allowed == (role is Role.ADMINISTRATOR)


def test_a_person_sees_their_own_record_and_who_looked_but_no_one_elses() -> None:
    me = viewer(Role.PERSON, user=str(PERSON))
    own, other = relationship_of(me, PERSON), relationship_of(me, UUID(int=8))
    assert may_view_record(me, own).allowed
    assert may_view_access_log(me, own).allowed
    assert not may_view_record(me, other).allowed
    assert not may_view_access_log(me, other).allowed
    assert relationship_of(me, None) is STRANGER


def test_a_name_like_a_persons_id_makes_nobody_that_person() -> None:
    impostor = viewer(Role.OPERATIONS, user=str(PERSON))
    assert not may_view_record(impostor, relationship_of(impostor, PERSON)).allowed


def test_who_is_one_person_is_decided_by_those_who_give_care_and_by_administrators() -> None:
    may = {role for role in Role if may_decide_who_is_one_person(viewer(role)).allowed}
    assert may == {Role.CLINICIAN, Role.CARE_COORDINATOR, Role.ADMINISTRATOR}


def test_every_denial_gives_its_reason() -> None:
    assert may_publish(viewer(Role.PUBLISHER), "RX2").reason
    assert may_view_record(viewer(Role.PUBLISHER), STRANGER).reason
