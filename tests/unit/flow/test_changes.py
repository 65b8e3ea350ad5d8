"""The stay that HL7 v2 triggers tell: any order, cancels by name, evidence beside the triggers."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from streams.flow.bed_days import nights_of
from streams.flow.encounter import PLANNED_END, visit_fact
from streams.flow.facts import VisitKey
from streams.flow.kinds import CourseFlag
from streams.flow.stay import Setting, Stay, stay_of
from streams.flow.work import work_of
from tests.builders import at_ward, encounter, event_of, events_of
from tests.hl7v2 import adt, told

HOUR = timedelta(hours=1)
VISIT = VisitKey("RX1", "V1")


def stay(*messages: bytes) -> Stay:
    """The stay of the visit V1 that the messages tell."""
    return stay_of(work_of(told(*messages)).facts[VISIT])


def places(found: Stay) -> list[tuple[str, str]]:
    """Each ward with the day and hour from which somebody was in it."""
    return [(one.ward, f"{one.start:%d %H:%M}") for one in found.segments]


ADMITTED = adt("A01", "202602011000")
MOVED = adt("A02", "202602021200", ward="W2", prior="W1")
DISCHARGED = adt("A03", "202602051500", ward="W2")


def test_admitted_moved_discharged_is_a_stay() -> None:
    found = stay(DISCHARGED, ADMITTED, MOVED)
    assert (found.status, found.visit_class, found.setting) == ("finished", "IMP", Setting.BED)
    assert places(found) == [("W1", "01 10:00"), ("W2", "02 12:00")]
    assert found.discharged_at == datetime(2026, 2, 5, 15, tzinfo=UTC)
    assert found.flags == ()


def test_a_cancel_undoes_the_discharge_that_it_names_and_a_repeat_stands() -> None:
    cancel = adt("A13", "202602051500", written="202602051600", ward="W2")
    again = adt("A03", "202602051500", written="202602051700", ward="W2")
    assert stay(ADMITTED, MOVED, DISCHARGED, cancel).status == "open"
    assert stay(ADMITTED, MOVED, DISCHARGED, cancel, again).status == "finished"


def test_a_cancel_sent_twice_undoes_no_more_than_one() -> None:
    first, other = adt("A02", "202602021200", ward="W2"), adt("A02", "202602031200", ward="W3")
    cancels = [adt("A12", "202602031200", written=at) for at in ("202602031300", "202602031400")]
    assert places(stay(ADMITTED, first, other, *cancels)) == [
        ("W1", "01 10:00"),
        ("W2", "02 12:00"),
    ]


def test_a_cancel_stamped_before_what_it_names_still_undoes_it() -> None:
    cancel = adt("A13", "202602051500", written="202602051400")
    assert stay(ADMITTED, DISCHARGED, cancel).status == "open"


def test_a_cancel_without_a_time_undoes_the_latest_before_it() -> None:
    other = adt("A02", "202602031200", ward="W3")
    cancel = adt("A12", "", written="202602040900")
    assert places(stay(ADMITTED, MOVED, other, cancel)) == [("W1", "01 10:00"), ("W2", "02 12:00")]


def test_a_cancel_of_what_is_not_known_is_worked_out_again_when_that_comes() -> None:
    late = adt("A02", "202602031200", ward="W3")
    cancel = adt("A12", "202602031200", written="202602040900")
    assert places(stay(ADMITTED, MOVED, cancel)) == [("W1", "01 10:00")]
    assert places(stay(ADMITTED, MOVED, cancel, late)) == [("W1", "01 10:00"), ("W2", "02 12:00")]


def test_a_cancelled_admission_is_no_stay_unless_a_later_one_admits() -> None:
    cancel = adt("A11", "202602011000", written="202602021500")
    again = adt("A01", "202602030900", ward="W9")
    assert stay(ADMITTED, MOVED, cancel).status == "cancelled"
    assert places(stay(ADMITTED, MOVED, cancel, again)) == [("W9", "03 09:00")]


def test_a_cancelled_admission_from_the_emergency_department_leaves_the_attendance() -> None:
    arrived = adt("A04", "202602010800", ward="ED", patient_class="E")
    cancel = adt("A11", "202602011000", written="202602011100")
    found = stay(arrived, ADMITTED, cancel)
    assert (found.status, found.setting) == ("open", Setting.EMERGENCY)


def test_a_deleted_visit_was_entered_in_error() -> None:
    assert stay(ADMITTED, MOVED, adt("A23", "202602021300")).status == "entered-in-error"


@pytest.mark.parametrize("trigger", ["A02", "A03", "A08", "A13"])
def test_a_missing_admission_is_inferred_and_flagged(trigger: str) -> None:
    found = stay(adt(trigger, "202602021200"))
    assert CourseFlag.INFERRED_ADMISSION in found.flags
    assert found.admitted_at == datetime(2026, 2, 2, 12, tzinfo=UTC)
    assert CourseFlag.INFERRED_ADMISSION not in stay(ADMITTED, adt(trigger, "202602021200")).flags


def test_an_admission_time_and_a_prior_ward_fill_in_for_a_missing_admission() -> None:
    found = stay(adt("A02", "202602021200", ward="W2", prior="W1", admitted="202602010900"))
    assert places(found) == [("W1", "01 09:00"), ("W2", "02 12:00")]


def test_the_admission_time_that_was_written_last_corrects_the_first() -> None:
    update = adt("A08", "202602021300", admitted="202602010930")
    assert stay(ADMITTED, update).admitted_at == datetime(2026, 2, 1, 9, 30, tzinfo=UTC)


def test_an_admission_day_without_a_time_corrects_nothing() -> None:
    update = adt("A08", "202602021300", admitted="20260201")
    assert stay(ADMITTED, update).admitted_at == datetime(2026, 2, 1, 10, tzinfo=UTC)


def test_a_discharge_time_tells_of_a_discharge_that_no_message_told_of() -> None:
    found = stay(ADMITTED, adt("A08", "202602061000", discharged="202602051500"))
    assert (found.status, found.flags) == ("finished", (CourseFlag.INFERRED_DISCHARGE,))


@pytest.mark.parametrize("trigger", ["A13", "A16", "A25"])
def test_a_discharge_time_of_what_is_pending_or_called_off_tells_of_no_discharge(
    trigger: str,
) -> None:
    said = adt(trigger, "202602051500", discharged="202602051400")
    assert stay(ADMITTED, said).status == stay(said).status == "open"


def test_a_cancelled_discharge_still_tells_when_the_admission_was() -> None:
    cancel = adt("A13", "202602051500", admitted="202602010800")
    assert stay(cancel).admitted_at == datetime(2026, 2, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("trigger", ["A25", "A26"])
def test_whoever_is_no_longer_expected_to_leave_or_to_move_is_there(trigger: str) -> None:
    found = stay(adt(trigger, "202602021200"))
    assert (found.status, places(found)) == ("open", [("W1", "02 12:00")])
    assert found.flags == (CourseFlag.INFERRED_ADMISSION,)


def test_a_class_change_keeps_the_history_and_counts_inpatient_nights_only() -> None:
    arrived = adt("A04", "202602012200", ward="ED", patient_class="E")
    admitted = adt("A06", "202602020200", ward="W1")
    found = stay(arrived, admitted, adt("A07", "202602041000", ward="OP", patient_class="O"))
    assert found.admitted_at == datetime(2026, 2, 2, 2, tzinfo=UTC)
    settings = [(night.ward, night.setting, night.first.day) for night in nights_of(found)]
    assert settings == [
        ("ED", Setting.EMERGENCY, 1),
        ("W1", Setting.BED, 2),
        ("OP", Setting.CONTACT, 4),
    ]


def test_leave_and_return_and_their_cancels() -> None:
    away, back = adt("A21", "202602021000"), adt("A22", "202602041000")
    assert [(one.start.day, one.end and one.end.day) for one in stay(ADMITTED, away, back).leaves]
    not_back = adt("A53", "202602041000", written="202602041100")
    assert [one.end for one in stay(ADMITTED, away, back, not_back).leaves] == [None]
    not_away = adt("A52", "202602021000", written="202602021100")
    assert stay(ADMITTED, away, not_away).leaves == ()
    assert CourseFlag.MISSING_LEAVE in stay(ADMITTED, back).flags


def test_tracking_moves_nobody() -> None:
    assert places(stay(ADMITTED, adt("A10", "202602021000", ward="XRAY"))) == [("W1", "01 10:00")]


def test_what_is_pending_changes_no_state_and_can_be_withdrawn() -> None:
    pending = adt("A16", "202602021000", planned="202602061200")
    assert stay(ADMITTED, pending).expected_discharge == datetime(2026, 2, 6, 12, tzinfo=UTC)
    withdrawn = adt("A25", "202602021000", written="202602021100")
    assert stay(ADMITTED, pending, withdrawn).expected_discharge is None
    assert stay(ADMITTED, pending, withdrawn).status == "open"


def test_a_planned_admission_is_planned_until_it_is_called_off_or_happens() -> None:
    plan_it = adt("A05", "202601201000", planned="202602011000")
    call_off = adt("A38", "202601201000", written="202601211000")
    assert stay(plan_it).status == "planned"
    assert stay(plan_it, call_off).status == "cancelled"
    assert stay(plan_it, ADMITTED).status == "open"


def test_a_moved_visit_is_the_other_persons() -> None:
    found = stay(ADMITTED, adt("A45", "202602031000", patient="p2^^^RX1^MR"))
    assert found.subject == "RX1/id/RX1|p2"


def test_a_full_state_and_the_changes_after_it_are_one_stay() -> None:
    made = encounter(
        id="V1",
        meta={"lastUpdated": "2026-02-02T13:00:00Z"},
        period={"start": "2026-02-01T10:00:00Z"},
        location=[
            at_ward("W1", "2026-02-01T10:00:00Z", "2026-02-02T12:00:00Z"),
            at_ward("W2", "2026-02-02T12:00:00Z"),
        ],
    )
    events = [*told(ADMITTED, MOVED, DISCHARGED), *events_of(made)]
    alone = stay(ADMITTED, MOVED, DISCHARGED)
    for seed in range(6):
        shuffled = Random(seed).sample(events, len(events))
        both = stay_of(work_of(shuffled).facts[VISIT])
        assert places(both) == places(alone)
        assert (both.status, both.discharged_at) == (alone.status, alone.discharged_at)


def test_a_cancel_takes_back_what_a_full_state_says() -> None:
    made = encounter(
        id="V1",
        status="finished",
        meta={"lastUpdated": "2026-02-05T15:10:00Z"},
        period={"start": "2026-02-01T10:00:00Z", "end": "2026-02-05T15:00:00Z"},
        location=[at_ward("W1", "2026-02-01T10:00:00Z", "2026-02-05T15:00:00Z")],
    )
    cancel = told(adt("A13", "202602051500", written="202602051600"))
    found = stay_of(work_of([*cancel, *events_of(made)]).facts[VISIT])
    assert (found.status, found.discharged_at, found.segments[-1].end) == ("open", None, None)


def test_a_cancel_that_names_nothing_takes_the_latest_of_what_both_formats_told() -> None:
    made = encounter(
        id="V1",
        meta={"lastUpdated": "2026-02-04T15:00:00Z"},
        period={"start": "2026-02-01T10:00:00Z"},
        location=[at_ward("W1", "2026-02-01T10:00:00Z"), at_ward("W3", "2026-02-04T14:00:00Z")],
    )
    late = adt("A02", "202602031200", written="202602041600", ward="W2")
    cancel = adt("A12", "", written="202602041700")
    found = stay_of(work_of([*events_of(made), *told(late, cancel)]).facts[VISIT])
    assert places(found) == [("W1", "01 10:00"), ("W2", "03 12:00")]


def test_what_a_full_state_expects_holds_until_a_later_message_says_something_else() -> None:
    told_later = adt("A16", "202602021000", planned="202602061200")
    withdrawn = adt("A25", "202602021000", written="202602021100")
    moved = adt("A02", "202602021000", ward="W2")
    state = encounter(
        id="V1",
        meta={"lastUpdated": "2026-02-01T12:00:00Z"},
        period={"start": "2026-02-01T10:00:00Z"},
        location=[at_ward("W1", "2026-02-01T10:00:00Z")],
        extension=[{"url": PLANNED_END, "valueDateTime": "2026-02-08T00:00:00Z"}],
    )
    base = visit_fact(event_of(state), 0)

    def expected(*messages: bytes) -> datetime | None:
        return stay_of([base, *work_of(told(*messages)).facts[VISIT]]).expected_discharge

    assert expected(moved) == datetime(2026, 2, 8, tzinfo=UTC)
    assert expected(moved, told_later) == datetime(2026, 2, 6, 12, tzinfo=UTC)
    assert expected(told_later, withdrawn) is None
