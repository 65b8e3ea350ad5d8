"""When somebody who follows a record is woken, and when nothing may wake them."""

from uuid import UUID

from services.access.relationships import Relationship
from services.access.viewer import Role, Viewer
from services.access.withheld import Withheld
from services.record.changes import Behind, Change, Made, Part, What
from services.record.following import Follower
from services.record.ties import Stance

ONE = UUID(int=1)
FACT = Change(What.FACT, "RX1/Patient/p1", "", ONE, ONE, "RX1|Flag/f1", "RX1", "Flag")
STAY = Change(What.STAY, "RX1/Patient/p1", "1", source="RX1", name="e1")
NOTHING_BEHIND = Behind({}, {})
KNOWN = Stance(frozenset({Relationship.STAY}), is_known=True)


def follower() -> Follower:
    viewer = Viewer(user="u1", name="U One", role=Role.CLINICIAN, org="RX1")
    one = Follower(viewer, ONE)
    one.hit_by([FACT, STAY])
    return one


def test_what_may_be_told_wakes_them_and_is_told_once() -> None:
    one = follower()
    one.decide([FACT], KNOWN, NOTHING_BEHIND)
    assert one.woken.is_set()
    assert one.take() == (Part.ALERTS, Part.TIMELINE)
    assert one.take() == ()


def test_what_is_withheld_does_not_wake_them() -> None:
    """They would count the time until they next hear that nothing changed from then on."""
    one = follower()
    one.decide([FACT], KNOWN._replace(withheld=Withheld(now=frozenset({ONE}))), NOTHING_BEHIND)
    assert not one.woken.is_set()
    assert FACT not in one.due


def test_what_nobody_can_decide_yet_stays_due() -> None:
    one = follower()
    awaited = Behind({STAY: Made([ONE], ())}, {})
    one.decide([STAY], KNOWN, awaited)
    assert not one.woken.is_set()
    assert STAY in one.due


def test_who_may_look_no_longer_is_woken_to_go() -> None:
    one = follower()
    one.decide([], Stance(is_known=True), NOTHING_BEHIND)
    assert one.is_over
    assert one.woken.is_set()
