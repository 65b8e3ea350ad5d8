"""Any history of one visit, FHIR states and HL7 v2 changes mixed: one stay, whatever comes when."""

from datetime import timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.hl7v2.triggers import Effect
from schemas.times import london_date
from streams.flow.bed_days import nights_between, nights_of
from streams.flow.facts import Change, State, VisitKey
from streams.flow.kinds import CourseFlag
from streams.flow.plan import Known, counting, plan
from streams.flow.stay import Stay, stay_of
from streams.flow.undone import UNDOES
from tests.unit.flow.visits import AUTUMN, SPRING, visit_facts

HOUR = timedelta(hours=1)
VISIT = VisitKey("RX1", "V1")

# A history holds little and may hold anything: more of them than of other things.
many = settings(max_examples=2 * settings().max_examples)
moments = st.sampled_from([SPRING, AUTUMN]).flatmap(
    lambda since: st.integers(0, 12).map(lambda n: since + n * 6 * HOUR)
)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Any change of one visit; times are few, so that cancels often name something."""
    at = draw(moments)
    written = at + draw(st.integers(-2, 6)) * HOUR
    effect = draw(st.sampled_from(list(Effect)))
    control = draw(st.integers(1, 40))
    return Change(
        version=f"{int(written.timestamp() * 1_000_000):020d}.{control:020d}.x",
        event_id=f"{control:02d}{effect}{at:%d%H}",
        known=0,
        effect=effect,
        occurred=at,
        recorded=written,
        named=draw(st.sampled_from([at, None])),
        visit_class=draw(st.sampled_from(["IMP", "EMER", "AMB", "VR", ""])),
        ward=draw(st.sampled_from(["W1", "W2", "W3", ""])),
        site="S1",
        prior_ward=draw(st.sampled_from(["W1", "W2", ""])),
        admitted=draw(st.none() | moments),
        discharged=draw(st.none() | moments),
        expected=draw(st.none() | moments),
        provider="RX1",
        subject=draw(st.sampled_from(["RX1/Patient/p1", "RX1/Patient/p2"])),
        number="V1",
    )


def mixed_histories() -> st.SearchStrategy[list[State | Change]]:
    """Facts of one visit from both formats; of one id there is one content."""
    written = moments.map(lambda at: f"{int(at.timestamp() * 1_000_000):020d}.01")
    states = st.builds(lambda one, version: replace(one, version=version), visit_facts(), written)
    return st.lists(changes() | states, min_size=1, max_size=12, unique_by=lambda one: one.event_id)


@many
@given(history=mixed_histories(), data=st.data())
def test_a_stay_of_both_formats_depends_on_neither_order_nor_repeats(
    history: list[State | Change], data: st.DataObject
) -> None:
    replayed = data.draw(st.permutations(history + history[:4]))
    assert stay_of(replayed) == stay_of(history)


@many
@given(history=mixed_histories(), data=st.data())
def test_folding_batch_by_batch_is_folding_at_once(
    history: list[State | Change], data: st.DataObject
) -> None:
    replayed = data.draw(st.permutations(history + history[:3]))
    stored: Known = Known(0, [])
    at = 0
    while at < len(replayed):
        size = data.draw(st.integers(1, 4))
        for row in plan({VISIT: replayed[at : at + size]}, {VISIT: stored}, known=at + 1):
            stored = Known(row.revision + 1, row.facts)
        at += size
    assert stay_of(counting(stored.facts)) == stay_of(history)


@given(history=mixed_histories())
def test_every_stay_is_whole_and_never_backwards(history: list[State | Change]) -> None:
    found = stay_of(history)
    if found.admitted_at and found.discharged_at:
        assert found.admitted_at <= found.discharged_at
    for before, after in zip(found.segments, found.segments[1:], strict=False):
        assert before.end == after.start
        assert (before.ward, before.site) != (after.ward, after.site)
    if found.status in {"planned", "cancelled", "entered-in-error"}:
        assert found.segments == ()


@given(history=mixed_histories())
def test_nights_of_wards_and_nights_away_are_the_days_of_the_visit(
    history: list[State | Change],
) -> None:
    found = stay_of(history)
    if found.status != "finished" or not found.segments:
        return
    first, end = found.segments[0].start, found.segments[-1].end
    assert end is not None
    days = (london_date(end) - london_date(first)).days
    away = {
        london_date(leave.start) + timedelta(days=day)
        for leave in found.leaves
        for day in range((london_date(leave.end or end) - london_date(leave.start)).days)
    }
    spent = [
        (
            night.first,
            night.last,
            nights_between(night, night.first, london_date(end), SPRING.date()),
        )
        for night in nights_of(found)
    ]
    assert sum(number for _, _, number in spent) == days - len(away)


@many
@given(history=mixed_histories(), data=st.data())
def test_what_was_known_at_a_moment_never_changes(
    history: list[State | Change], data: st.DataObject
) -> None:
    stored, answers = Known(0, []), {}
    for at, fact in enumerate(history, 1):
        for row in plan({VISIT: [fact]}, {VISIT: stored}, known=at):
            stored = Known(row.revision + 1, row.facts)
        answers[at] = stay_of(counting(stored.facts, at))
    for at, answer in answers.items():
        assert stay_of(counting(stored.facts, at)) == answer


@many
@given(history=mixed_histories(), cancel=st.sampled_from(sorted(UNDOES)))
def test_cancelled_then_repeated_is_once(history: list[State | Change], cancel: Effect) -> None:
    """What is cancelled by name and then said again is as though it had been said once, then."""
    (effect, *_) = sorted(UNDOES[cancel])
    last = max(fact.version for fact in history)
    at = SPRING + timedelta(days=40)

    def said(effect: Effect, number: int) -> Change:
        version = f"{int(last[:20]) + number * 1_000_000:020d}.{number:020d}.z"
        written = at + number * HOUR
        return Change(
            version, f"z{number}", 0, effect, at, written, at, "IMP", "W8", "S1", "", None, None,
            None if effect in UNDOES else at, "RX1", "RX1/Patient/p1", "V1",
        )  # fmt: skip

    thrice = [said(effect, 1), said(cancel, 2), said(effect, 3)]
    once = stay_of([*history, said(effect, 3)])
    again = stay_of([*history, *thrice])
    # The cancel tells something itself: that somebody was there, that a discharge time is wrong.
    inferred = {CourseFlag.INFERRED_ADMISSION, CourseFlag.INFERRED_DISCHARGE}
    assume(not inferred & {*again.flags, *once.flags})
    assert _told_of(again) == _told_of(once)


def _told_of(found: Stay) -> tuple[object, ...]:
    """What a stay says: not which facts did not count, nor what one that never was would be."""
    return (
        found.status,
        found.visit_class if found.segments else None,
        found.admitted_at,
        found.discharged_at,
        found.segments,
        found.leaves,
        found.settings,
        found.expected_discharge,
    )
