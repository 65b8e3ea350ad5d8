"""The stay that the facts of a visit describe, whatever order and however often they come."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.flow.encounter import PLANNED_END, visit_fact, visit_of
from streams.flow.facts import Place, State
from streams.flow.stay import UNKNOWN_WARD, Segment, Setting, StayFlag, stay_of
from tests.builders import at_ward, delete, encounter, event_of, history, of_kind
from tests.unit.flow.visits import SPRING, fact, finished_stays, histories, visit_facts

DAY = timedelta(days=1)


def days(number: float) -> datetime:
    return SPRING + number * DAY


def wards(made: State) -> list[tuple[str, datetime, datetime | None]]:
    return [(one.ward, one.start, one.end) for one in stay_of([made]).segments]


@given(known=histories(), data=st.data())
def test_a_stay_depends_on_neither_order_nor_repeats(
    known: list[State], data: st.DataObject
) -> None:
    replayed = data.draw(st.permutations(known + known[:3]))
    assert stay_of(replayed) == stay_of(known)


@given(known=histories())
def test_the_greatest_version_holds(known: list[State]) -> None:
    latest = max(known, key=lambda one: (one.version, one.event_id))
    assert stay_of(known) == stay_of([latest])


@given(made=visit_facts())
def test_segments_cover_the_stay_without_gap_or_overlap(made: State) -> None:
    stay = stay_of([made])
    for before, after in pairwise(stay.segments):
        assert before.end == after.start
    for segment in stay.segments:
        assert segment.end is None or segment.start < segment.end
    if stay.segments:
        assert stay.segments[0].start == stay.admitted_at
        assert stay.segments[-1].end == stay.discharged_at
    else:
        happened = stay.status in {"open", "finished"}
        assert not happened or stay.admitted_at is None or stay.admitted_at == stay.discharged_at


@given(made=visit_facts())
def test_a_stay_is_never_backwards_and_an_open_one_has_no_end(made: State) -> None:
    stay = stay_of([made])
    if stay.admitted_at and stay.discharged_at:
        assert stay.admitted_at <= stay.discharged_at
    if stay.status == "open":
        assert stay.discharged_at is None
    for leave in stay.leaves:
        assert stay.admitted_at is not None
        assert stay.admitted_at <= leave.start


@given(made=finished_stays())
def test_a_stay_in_no_unknown_ward_is_not_flagged_for_one(made: State) -> None:
    stay = stay_of([made])
    unknown = any(segment.ward == UNKNOWN_WARD for segment in stay.segments)
    assert (StayFlag.UNKNOWN_WARD in stay.flags) == unknown


def test_a_later_place_ends_the_one_before_it() -> None:
    places = (Place("W1", days(0), None), Place("W2", days(2), None))
    assert wards(fact(places=places)) == [("W1", days(0), days(2)), ("W2", days(2), None)]


def test_a_place_without_times_lasts_as_long_as_the_stay() -> None:
    made = fact(status="finished", end=days(3), places=(Place("W1", None, None),))
    assert wards(made) == [("W1", days(0), days(3))]


def test_two_places_without_times_do_not_hide_a_later_move() -> None:
    places = (Place("W1", None, None), Place("W2", None, None), Place("W3", days(2), None))
    assert wards(fact(places=places))[-1] == ("W3", days(2), None)


def test_a_short_place_is_not_lost_beside_one_that_starts_with_it() -> None:
    places = (Place("W2", days(0), None), Place("W1", days(0), days(1)))
    assert wards(fact(places=places)) == [("W1", days(0), days(1)), ("W2", days(1), None)]


def test_time_that_no_place_covers_is_in_an_unknown_ward_and_flagged() -> None:
    places = (Place("W1", days(1), days(2)), Place("W2", days(3), days(4)))
    made = fact(status="finished", end=days(5), places=places)
    assert [ward for ward, _, _ in wards(made)] == ["unknown", "W1", "unknown", "W2", "unknown"]
    assert StayFlag.UNKNOWN_WARD in stay_of([made]).flags


def test_an_end_before_the_start_is_a_stay_of_no_time_and_flagged() -> None:
    stay = stay_of([fact(status="finished", end=days(-1))])
    assert (stay.discharged_at, stay.segments) == (stay.admitted_at, ())
    assert StayFlag.END_BEFORE_START in stay.flags


def test_a_finished_stay_without_an_end_ends_when_it_was_last_heard_of() -> None:
    places = (Place("W1", days(0), days(2)), Place("W2", days(2), None))
    stay = stay_of([fact(status="finished", places=places)])
    assert stay.discharged_at == days(2)
    assert StayFlag.NO_DISCHARGE_TIME in stay.flags


def test_a_stay_without_a_start_has_no_segments_and_is_flagged() -> None:
    stay = stay_of([fact(start=None)])
    assert stay.segments == ()
    assert stay.flags == (StayFlag.NO_ADMISSION_TIME,)


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error"])
def test_a_stay_that_did_not_happen_has_no_segments(status: str) -> None:
    stay = stay_of([fact(status=status, end=days(1), places=(Place("W1", None, None),))])
    assert (stay.status, stay.segments, stay.flags) == (status, (), ())


@pytest.mark.parametrize(("end", "status"), [(None, "open"), (days(1), "finished")])
def test_a_status_that_says_nothing_is_read_from_the_times(
    end: datetime | None, status: str
) -> None:
    assert stay_of([fact(status="unknown", end=end)]).status == status


@pytest.mark.parametrize(
    ("code", "setting"),
    [
        ("IMP", Setting.BED),
        ("OBSENC", Setting.BED),
        ("EMER", Setting.EMERGENCY),
        ("VR", Setting.VIRTUAL),
        ("HH", Setting.HOME),
        ("AMB", Setting.CONTACT),
        ("something-new", Setting.CONTACT),
    ],
)
def test_only_inpatient_classes_hold_a_hospital_bed(code: str, setting: Setting) -> None:
    assert stay_of([fact(visit_class=code)]).setting == setting


def test_no_fact_is_no_stay() -> None:
    with pytest.raises(ValueError, match="empty"):
        stay_of([])


def read_fact(**elements: object) -> State:
    return visit_fact(event_of(encounter(**elements)), known=7)


def test_an_encounter_is_a_visit_with_its_wards_site_and_provider() -> None:
    made = read_fact(
        location=[
            at_ward("S1", physicalType=of_kind("si")),
            at_ward("W1", "2026-02-01T09:00:00Z", physicalType=of_kind("wa")),
        ],
        serviceProvider={"identifier": {"value": "RX1"}},
    )
    assert [place.ward for place in made.places] == ["W1"]
    assert (made.site, made.provider, made.known) == ("S1", "RX1", 7)


@pytest.mark.parametrize("status", ["planned", "reserved"])
def test_a_planned_place_is_no_place(status: str) -> None:
    made = read_fact(location=[at_ward("W1"), at_ward("W2", status=status)])
    assert [place.ward for place in made.places] == ["W1"]


@pytest.mark.parametrize("kind", ["si", "bu", "bd", "ro"])
def test_a_site_a_bed_or_a_room_is_no_ward(kind: str) -> None:
    made = read_fact(location=[at_ward("W1"), at_ward("X", physicalType=of_kind(kind))])
    assert [place.ward for place in made.places] == ["W1"]


@pytest.mark.parametrize(
    ("location", "ward"),
    [
        ({"identifier": {"value": "W1"}, "reference": "Location/7", "display": "Ward 1"}, "W1"),
        ({"reference": "Location/7", "display": "Ward 1"}, "7"),
        ({"reference": "https://example.nhs.uk/fhir/Location/7/_history/2"}, "7"),
        ({"display": "Ward 1"}, "Ward 1"),
    ],
)
def test_a_ward_is_known_by_its_code_else_by_its_name(
    location: dict[str, object], ward: str
) -> None:
    assert read_fact(location=[{"location": location}]).places[0].ward == ward


def test_a_bed_without_a_provider_belongs_to_the_source() -> None:
    assert read_fact().provider == "RX1"


def test_leave_is_what_the_status_history_says() -> None:
    away = {"start": "2026-02-03T09:00:00Z", "end": "2026-02-04T09:00:00Z"}
    past = [{"status": "onleave", "period": away}, {"status": "arrived", "period": away}]
    made = read_fact(statusHistory=past)
    assert [(one.start.day, one.end and one.end.day) for one in stay_of([made]).leaves] == [(3, 4)]


def test_a_deleted_visit_was_entered_in_error() -> None:
    gone = event_of(history(delete("Encounter/e1")))
    assert visit_of(gone) == visit_of(event_of(encounter()))
    stay = stay_of([visit_fact(event_of(encounter()), 0), visit_fact(gone, 0)])
    assert (stay.status, stay.segments) == ("entered-in-error", ())


def test_a_segment_names_the_site_else_the_provider() -> None:
    assert stay_of([fact()]).segments == (Segment(UNKNOWN_WARD, "RX1", days(0), None),)
    assert stay_of([fact(site="S1")]).segments[0].site == "S1"


def test_an_encounter_tells_when_it_is_expected_to_end_while_it_is_open() -> None:
    said = {"url": PLANNED_END, "valueDateTime": "2026-04-09T12:00:00+01:00"}
    resource = encounter(extension=[{"url": "other"}, said])
    expected = datetime(2026, 4, 9, 11, tzinfo=UTC)
    assert stay_of([visit_fact(event_of(resource), 0)]).expected_discharge == expected
    ended = resource | {"status": "finished"}
    assert stay_of([visit_fact(event_of(ended), 0)]).expected_discharge is None
    assert stay_of([visit_fact(event_of(encounter()), 0)]).expected_discharge is None
