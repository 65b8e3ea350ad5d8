"""Who is on a caseload, in which order and under which filter, by hand and for any people."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.access.relationships import Relationship, Standing
from services.access.viewer import Role, Viewer
from services.record.caseload import (
    Asked,
    Case,
    Held,
    caseload,
    order,
    page,
    yesterday,
)
from services.record.caseload_filters import counts, narrowed
from services.record.caseload_models import What, Why
from services.record.referrals import PartyOut, ReferralOut
from services.record.visit import Visit
from streams.flow.stay import Segment

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SINCE = datetime(2026, 11, 24, tzinfo=UTC)
VIEWER = Viewer(user="u1", name="U", role=Role.CLINICIAN, org="ZC1", teams=("T7",))
ASKED = Asked(VIEWER, SINCE, NOW)
EVERY: Standing = frozenset(Relationship) - {Relationship.SELF}


def hours(many: float) -> datetime:
    """So many hours before now."""
    return NOW - timedelta(hours=many)


def visit(**more: Any) -> Visit:
    said: dict[str, Any] = {
        "source": "ZT1",
        "visit": "v1",
        "status": "open",
        "setting": "bed",
        "provider": "ZT1",
        "admitted_at": hours(100),
        "discharged_at": None,
        "told_at": hours(90),
        "segments": [Segment("W1", "ZT101", hours(100), None)],
    }
    return Visit(**(said | more))


def referral(**more: Any) -> ReferralOut:
    said: dict[str, Any] = dict.fromkeys(ReferralOut.model_fields)
    return ReferralOut(
        **said
        | {
            "referral": "ZP1|ServiceRequest/1",
            "person_id": UUID(int=1),
            "status": "sent",
            "receiver": PartyOut(code="ZC1"),
            "next_by": PartyOut(code="ZC1"),
            "next_action": "answer",
            "sent_at": hours(50),
            "due": NOW + timedelta(days=1),
            "is_silent": False,
            "answer_times": "",
            "names": [],
            "flags": [],
            "event_ids": [],
        }
        | more
    )


def held(number: int = 1, **more: Any) -> Held:
    said = {"standing": EVERY, "teams": frozenset[str](), "visits": (), "referrals": ()}
    return Held(UUID(int=number), **(said | more))


def only(**more: Any) -> Case:
    (case,) = caseload([held(**more)], ASKED)
    return case


@pytest.mark.parametrize(
    ("stay", "is_ours"),
    [
        ({}, False),
        ({"provider": "ZC1"}, True),
        ({"source": "ZC1"}, True),
        ({"source": "ZC1", "status": "finished", "discharged_at": hours(5)}, True),
        ({"source": "ZC1", "status": "finished", "discharged_at": hours(40)}, False),
        ({"source": "ZC1", "setting": "contact"}, False),
        ({"source": "ZC1", "setting": "contact", "told_at": hours(3)}, True),
        ({"source": "ZC1", "setting": "virtual", "told_at": hours(3000)}, True),
    ],
)
def test_a_stay_with_us_goes_on_or_its_end_is_news(stay: dict[str, Any], is_ours: bool) -> None:
    standing = frozenset({Relationship.STAY})
    found = caseload([held(standing=standing, visits=[visit(**stay)])], ASKED)
    assert [case.why for case in found] == ([[Why.STAY]] if is_ours else [])


def test_nobody_is_ours_for_what_the_rules_do_not_say() -> None:
    mine = visit(source="ZC1")
    for standing in (frozenset[Relationship](), frozenset({Relationship.BREAK_GLASS})):
        assert caseload([held(standing=standing, visits=[mine])], ASKED) == []


def test_a_move_is_told_and_the_first_place_is_none() -> None:
    segments = [
        Segment("ED", "ZT101", hours(9), hours(8)),
        Segment("W1", "ZT101", hours(8), hours(2)),
        Segment("W2", "ZT101", hours(2), None),
    ]
    case = only(visits=[visit(admitted_at=hours(8), segments=segments)])
    assert [(one.what, one.ward, one.at) for one in case.happened] == [
        (What.MOVED, "W2", hours(2)),
        (What.ADMITTED, "W1", hours(8)),
    ]
    assert [here.ward for here in case.whereabouts] == ["W2"]


def test_what_is_still_to_come_has_not_happened() -> None:
    assert only(visits=[visit(admitted_at=hours(-2), segments=[])]).happened == []


def test_a_bed_says_where_somebody_is_before_an_appointment_that_nobody_ended() -> None:
    left = visit(visit="v2", setting="contact", admitted_at=hours(1))
    case = only(visits=[left, visit(), visit(visit="v3", status="finished")])
    assert [here.setting for here in case.whereabouts] == ["bed", "contact"]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"is_silent": True, "due": hours(1)}, What.SILENT),
        ({"due": hours(1)}, What.OVERDUE),
        ({}, What.WAITING),
        ({"next_by": PartyOut(code="T7")}, What.WAITING),
        ({"next_by": PartyOut(name="ZC1")}, What.WAITING),
        ({"next_by": PartyOut(code="ZS1")}, None),
        ({"next_by": None}, None),
        ({"next_action": "attend"}, None),
    ],
)
def test_what_waits_is_silent_overdue_for_us_or_nothing(
    said: dict[str, Any], what: What | None
) -> None:
    (one,) = only(referrals=[referral(**said)]).waiting
    assert one.what is what


def test_a_referral_with_nothing_left_to_do_waits_for_nobody() -> None:
    case = only(referrals=[referral(status="completed", next_action=None, due=None)])
    assert (case.waiting, case.happened, Why.REFERRAL in case.why) == ([], [], False)


def test_yesterday_begins_at_midnight_in_london() -> None:
    assert yesterday(datetime(2026, 7, 10, 12, tzinfo=UTC)) == datetime(2026, 7, 8, 23, tzinfo=UTC)


MADE = st.builds(
    dict,
    visits=st.lists(
        st.builds(
            visit,
            setting=st.sampled_from(["bed", "virtual", "emergency", "home", "contact"]),
            source=st.sampled_from(["ZC1", "ZT1"]),
            status=st.sampled_from(["open", "finished"]),
            admitted_at=st.integers(0, 200).map(hours),
            discharged_at=st.none() | st.integers(0, 90).map(hours),
        ),
        max_size=2,
    ),
    referrals=st.lists(
        st.builds(
            referral,
            is_silent=st.booleans(),
            due=st.none() | st.integers(-50, 50).map(hours),
            next_by=st.sampled_from([PartyOut(code="ZC1"), PartyOut(code="ZS1")]),
        ),
        max_size=2,
    ),
    teams=st.sampled_from([frozenset[str](), frozenset({"North"}), frozenset({"North", ""})]),
)
PEOPLE = st.lists(MADE, max_size=8).map(
    lambda made: [held(number, **one) for number, one in enumerate(made, 1)]
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "what": st.sampled_from(What),
        "why": st.sampled_from(Why),
        "team": st.just("North"),
        "place": st.sampled_from(["bed", "none", "ZT1"]),
    },
)


@given(people=PEOPLE, data=st.data())
def test_the_order_does_not_depend_on_how_people_come(
    people: list[Held], data: st.DataObject
) -> None:
    found = caseload(people, ASKED)
    assert caseload(data.draw(st.permutations(people)), ASKED) == found
    assert len({order(case) for case in found}) == len(found)
    ranks = [order(case)[0] for case in found]
    assert ranks == sorted(ranks)


@given(people=PEOPLE, to=FILTERS, size=st.integers(1, 3))
def test_pages_hold_all_that_a_filter_leaves_once(
    people: list[Held], to: dict[str, str], size: int
) -> None:
    left = narrowed(caseload(people, ASKED), to)
    seen: list[Case] = []
    while part := page(left, order(seen[-1]) if seen else None, size):
        seen += part
    assert seen == left


@given(people=PEOPLE, to=FILTERS)
def test_a_count_is_what_its_filter_would_leave(people: list[Held], to: dict[str, str]) -> None:
    cases = caseload(people, ASKED)
    told = counts(cases, to)
    for facet in ("what", "why", "team", "place"):
        for value, many in getattr(told, facet).items():
            assert many == len(narrowed(cases, to | {facet: value}))
    others = {name: value for name, value in to.items() if name != "what"}
    assert told.anything == len(narrowed(cases, others))
