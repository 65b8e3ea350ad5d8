"""Histories of one visit, as a source might publish them."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from streams.flow.facts import Place, State
from tests.builders import moments

# A month around each clock change of London in 2026: 29 March and 25 October.
SPRING, AUTUMN = datetime(2026, 3, 15, tzinfo=UTC), datetime(2026, 10, 10, tzinfo=UTC)
WARDS = ("W1", "W2", "W3")
STATUSES = ("planned", "arrived", "in-progress", "onleave", "finished", "unknown", "cancelled")


def fact(version: str = "1", **elements: object) -> State:
    """A state of a visit: in a hospital bed since the first day of spring's month."""
    defaults: dict[str, object] = {
        "event_id": f"id-{version}",
        "known": 0,
        "status": "in-progress",
        "visit_class": "IMP",
        "start": SPRING,
        "end": None,
        "provider": "RX1",
        "site": None,
        "places": (),
        "leaves": (),
        "subject": "RX1/Patient/p1",
    }
    return State(version, **(defaults | elements))  # type: ignore[arg-type]


@st.composite
def visit_facts(draw: st.DrawFn, since: datetime | None = None) -> State:
    """Any state of a visit, contradictory ones too."""
    since = since or draw(st.sampled_from([SPRING, AUTUMN]))
    at = moments(hours=24 * 30, since=since)
    perhaps = st.none() | at
    places = st.builds(Place, st.sampled_from(WARDS), perhaps, perhaps)
    leaves = st.tuples(at, perhaps)
    return fact(
        draw(st.sampled_from(["1", "2", "3"])),
        event_id=draw(st.sampled_from("abcdef")),
        status=draw(st.sampled_from(STATUSES)),
        visit_class=draw(st.sampled_from(["IMP", "EMER", "VR", "AMB"])),
        start=draw(perhaps),
        end=draw(perhaps),
        places=tuple(draw(st.lists(places, max_size=5))),
        leaves=tuple(draw(st.lists(leaves, max_size=3))),
    )


@st.composite
def finished_stays(draw: st.DrawFn, *, leaves: bool = False) -> State:
    """A stay with a start and a later end, in any wards, in any order."""
    start = draw(moments(hours=24 * 20, since=draw(st.sampled_from([SPRING, AUTUMN]))))
    end = start + timedelta(minutes=15 * draw(st.integers(0, 4 * 24 * 20)))
    drawn = draw(visit_facts(since=start - timedelta(days=2)))
    away = drawn.leaves if leaves else ()
    return fact(status="finished", start=start, end=end, places=drawn.places, leaves=away)


def histories() -> st.SearchStrategy[list[State]]:
    """One to six states of one visit; of one id there is one content."""
    return st.lists(visit_facts(), min_size=1, max_size=6, unique_by=lambda one: one.event_id)
