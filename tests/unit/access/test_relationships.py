"""How a viewer stands to a person, whatever is known of the two."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.restriction import Restriction
from services.access.relationships import STRANGER, Relationship, Tie, standing_of
from services.access.rules import may_view_record
from services.access.viewer import Role, Viewer
from services.access.withheld import Marked, withheld_from

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RECENT = 365 * DAY
PERSON = UUID(int=7)
OURS, THEIRS = "RX1", "RY2"
# A state that is restricted no more.
PLAIN = frozenset({UUID(int=8)})

organisations = st.sampled_from([OURS, THEIRS, "ZP0001"])
moments = st.none() | st.integers(-2000, 2000).map(lambda days: NOW + days * DAY)
ties = st.builds(
    Tie,
    st.sampled_from(list(Relationship)),
    st.frozensets(organisations, max_size=2),
    st.frozensets(st.sampled_from(["team-1", "team-2"]), max_size=1),
    st.frozensets(st.sampled_from(["u1", "u2"]), max_size=1),
    moments,
    moments,
)
viewers = st.builds(
    lambda user, role, org, teams: Viewer(user=user, name="U", role=role, org=org, teams=teams),
    st.sampled_from(["u1", "u2", str(PERSON)]),
    st.sampled_from(list(Role)),
    organisations,
    st.sampled_from([(), ("team-1",)]),
)
marks = st.builds(
    Marked,
    st.uuids(),
    st.sampled_from(["RX1|Observation/1", "RY2|Flag/1"]),
    organisations,
    st.sampled_from(list(Restriction)),
    st.sampled_from([frozenset(), PLAIN]),
)


def clinician(org: str = OURS) -> Viewer:
    return Viewer(user="u1", name="U", role=Role.CLINICIAN, org=org)


def is_named(viewer: Viewer, tie: Tie) -> bool:
    return (
        viewer.org in tie.organisations
        or viewer.user in tie.users
        or bool(tie.teams & set(viewer.teams))
    )


@given(history=st.lists(ties, max_size=8), viewer=viewers)
def test_whatever_the_history_a_viewer_without_relationship_gets_nothing(
    history: list[Tie], viewer: Viewer
) -> None:
    strange = [tie for tie in history if not is_named(viewer, tie)]
    standing = standing_of(viewer, {UUID(int=8)}, strange, NOW, RECENT)
    assert standing == STRANGER
    assert not may_view_record(viewer, standing).allowed


@given(history=st.lists(ties, max_size=8), viewer=viewers)
def test_a_tie_holds_only_while_it_does(history: list[Tie], viewer: Viewer) -> None:
    over = [tie for tie in history if tie.until and tie.until <= NOW - RECENT]
    ahead = [tie for tie in history if tie.since and tie.since > NOW]
    assert standing_of(viewer, (), over + ahead, NOW, RECENT) == STRANGER


@given(history=st.lists(ties, max_size=8), viewer=viewers)
def test_the_order_in_which_ties_are_known_says_nothing(history: list[Tie], viewer: Viewer) -> None:
    found = standing_of(viewer, (), history, NOW, RECENT)
    assert standing_of(viewer, (), [*reversed(history), *history[:2]], NOW, RECENT) == found


@given(history=st.lists(ties, max_size=8), org=organisations)
def test_a_person_stands_to_nobody_but_themselves(history: list[Tie], org: str) -> None:
    me = Viewer(user=str(PERSON), name="U", role=Role.PERSON, org=org)
    assert standing_of(me, {PERSON}, history, NOW, RECENT) == {Relationship.SELF}
    assert standing_of(me, {UUID(int=8)}, history, NOW, RECENT) == STRANGER


def test_a_name_like_a_persons_id_makes_nobody_that_person() -> None:
    impostor = Viewer(user=str(PERSON), name="U", role=Role.CLINICIAN, org=OURS)
    assert standing_of(impostor, {PERSON}, (), NOW, RECENT) == STRANGER


@pytest.mark.parametrize("relationship", [one for one in Relationship if one != "self"])
@pytest.mark.parametrize(("days", "holds"), [(-1, True), (0, False), (1, False), (366, False)])
def test_how_long_each_tie_holds_after_it_ended(
    relationship: Relationship, days: int, *, holds: bool
) -> None:
    """A stay goes on to tie for as long as is set; nothing else does."""
    lingers = relationship is Relationship.STAY and days < RECENT.days
    tie = Tie(relationship, frozenset({OURS}), until=NOW - days * DAY)
    found = standing_of(clinician(), (), [tie], NOW, RECENT)
    assert found == ({relationship} if holds or lingers else STRANGER)


@given(marked=st.lists(marks, max_size=6), viewer=viewers)
def test_a_stay_is_no_key_to_what_others_restrict(marked: list[Marked], viewer: Viewer) -> None:
    withheld = withheld_from(viewer, frozenset({Relationship.STAY}), marked)
    for one in marked:
        hidden = withheld.hides(one.event_id, "another", one.source)
        if one.restriction is not Restriction.SENSITIVE and one.source != viewer.org:
            assert hidden


@given(marked=st.lists(marks, max_size=6), viewer=viewers)
def test_what_is_flagged_of_a_person_hides_all_that_others_say(
    marked: list[Marked], viewer: Viewer
) -> None:
    flag = Marked(UUID(int=1), "RY2|Patient/p1", THEIRS, Restriction.SENSITIVE)
    withheld = withheld_from(viewer, frozenset({Relationship.REFERRAL}), [*marked, flag])
    assert withheld.hides(UUID(int=2), "any", "somebody-else")
    assert not withheld.hides_source(viewer.org)
    in_the_team = withheld_from(viewer, frozenset({Relationship.CARE_TEAM}), [flag])
    assert not in_the_team.is_anything


def test_a_flag_that_was_taken_back_hides_nothing_more() -> None:
    flag = Marked(UUID(int=1), "RY2|Patient/p1", THEIRS, Restriction.SENSITIVE, PLAIN)
    assert not withheld_from(clinician(), frozenset({Relationship.STAY}), [flag]).is_anything


def test_what_is_made_of_an_older_state_is_hidden_as_that_state_is() -> None:
    """Until it is made of what came after it, which is restricted no more."""
    one, source = UUID(int=1), "RY2|Encounter/e1"
    was = Marked(one, source, THEIRS, Restriction.RESTRICTED, PLAIN)
    withheld = withheld_from(clinician(), frozenset({Relationship.STAY}), [was])
    assert withheld.hides_any([one, UUID(int=2)], [])
    assert not withheld.hides_any([one, *PLAIN], [])
    assert not withheld.hides_any([UUID(int=2)], [])


@pytest.mark.parametrize("restriction", Restriction)
@pytest.mark.parametrize("relationship", Relationship)
def test_a_party_of_a_request_sees_it_whatever_it_is_labelled_but_for_the_flag_of_the_person(
    restriction: Restriction, relationship: Relationship
) -> None:
    asked = Marked(UUID(int=1), "RY2|ServiceRequest/1", THEIRS, restriction)
    to_us = asked._replace(parties=frozenset({OURS, "ZP0001"}))
    standing = frozenset({relationship})
    found = [withheld_from(clinician(), standing, [one]).is_anything for one in (asked, to_us)]
    is_label = restriction is not Restriction.SENSITIVE
    assert found[1] == (found[0] and not (is_label and relationship is not Relationship.SELF))
