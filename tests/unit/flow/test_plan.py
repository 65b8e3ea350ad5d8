"""Stays kept up batch by batch are the stays that all the facts at once describe."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.events import CareEvent
from streams.flow.encounter import visit_of
from streams.flow.facts import VisitKey
from streams.flow.plan import Known, plan
from streams.flow.projector import columns_of
from streams.flow.stay import Stay
from streams.flow.work import work_of
from tests.builders import RECEIVED, at_ward, encounter, event_of

WARDS = ("W1", "W2")


@st.composite
def encounters(draw: st.DrawFn) -> CareEvent:
    """A state of one of two visits; some say no time of writing, and come more than once."""
    written = draw(st.sampled_from([None, "2026-02-01T09:00:00Z", "2026-02-02T09:00:00Z"]))
    meta: dict[str, Any] = {"lastUpdated": written} if written else {"source": "urn:unwritten"}
    made = encounter(
        id=draw(st.sampled_from(["e1", "e2"])),
        meta=meta,
        status=draw(st.sampled_from(["planned", "in-progress", "cancelled"])),
        location=[at_ward(draw(st.sampled_from(WARDS)))],
    )
    received = RECEIVED + timedelta(minutes=draw(st.integers(0, 3)))
    return event_of(made, received=received)


def kept(batches: Sequence[Sequence[CareEvent]]) -> dict[VisitKey, Known]:
    """What is stored after these batches, one after the other."""
    stored: dict[VisitKey, Known] = {}
    for known, batch in enumerate(batches):
        facts = work_of(batch).facts
        before = {key: stored.get(key, Known(0, [])) for key in facts}
        for row in plan(facts, before, known):
            stored[row.key] = Known(row.revision + 1, row.facts)
    return stored


def stays(batches: Sequence[Sequence[CareEvent]]) -> dict[VisitKey, Stay]:
    """The stays that one last look at everything stored would give."""
    rows = {}
    for key, known in kept(batches).items():
        facts = work_of(event for batch in batches for event in batch).facts
        again = plan({key: facts[key]}, {key: Known(0, [])}, 0)
        rows[key] = again[0].stay
        assert {one.event_id: one.version for one in known.facts} == {
            one.event_id: one.version for one in again[0].facts
        }
    return rows


@given(events=st.lists(encounters(), min_size=1, max_size=8), data=st.data())
def test_batches_in_any_order_end_in_the_same_facts_and_stays(
    events: list[CareEvent], data: st.DataObject
) -> None:
    replayed = data.draw(st.permutations(events + events[:2]))
    cut = data.draw(st.integers(0, len(replayed)))
    assert stays([replayed[:cut], replayed[cut:]]) == stays([events])
    assert stays([[event] for event in replayed]) == stays([events])


def test_what_is_known_already_changes_nothing() -> None:
    event = event_of(encounter())
    key = visit_of(event)
    (row,) = plan(work_of([event, event]).facts, {key: Known(0, [])}, 1)
    assert len(row.facts) == 1
    assert plan(work_of([event]).facts, {key: Known(1, row.facts)}, 2) == []


def test_a_fact_became_known_when_it_first_came_even_if_an_earlier_report_follows() -> None:
    late = event_of(encounter(meta={"source": "urn:x"}), received=RECEIVED + timedelta(hours=1))
    early = event_of(encounter(meta={"source": "urn:x"}), received=RECEIVED)
    key = visit_of(late)
    stored = kept([[late], [early]])[key]
    assert [(one.version, one.known) for one in stored.facts] == [(early.version, 0)]


def test_only_an_open_stay_has_a_ward_now() -> None:
    here = event_of(encounter(location=[at_ward("W1")]))
    ended = encounter(id="e2", status="finished", location=[at_ward("W1")])
    gone = event_of({**ended, "period": {**ended["period"], "end": "2026-02-04T10:00:00Z"}})
    keys = [visit_of(here), visit_of(gone)]
    rows = plan(work_of([here, gone]).facts, dict.fromkeys(keys, Known(0, [])), 1)
    columns = columns_of(rows)
    assert columns["wards"] == ["W1", None]
    assert columns["statuses"] == ["open", "finished"]
    assert {len(column) for column in columns.values()} == {2}
