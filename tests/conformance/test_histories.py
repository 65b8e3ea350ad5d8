"""Whatever happened, and however it was written, corrected and delivered: the truth is seen."""

from datetime import datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.conformance.compared import Told, differences
from tests.conformance.folded import folded
from tests.conformance.histories import AS_OF, PLACED, History, histories, nights, stay
from tests.conformance.scenario import Json, Sent
from tests.conformance.telling import SOURCE, VISIT, Written, messages, noise, state


def expected(history: History) -> Json:
    """What must be seen of the history, in the words of a scenario."""
    seen = stay(history.true)
    wards, away = nights(history.true)
    times = {name: _written(seen[name]) for name in ("admitted_at", "discharged_at")}
    stretches = {
        name: [{**s, "start": _written(s["start"]), "end": _written(s["end"])} for s in seen[name]]
        for name in ("segments", "leaves")
    }
    visit = {"visit": VISIT, "person": "P1", **seen, **times, **stretches}
    return {"stays": [visit], "bed_days": wards, "leave_nights": away}


def _written(at: object) -> object:
    return at.isoformat() if at is not None else None  # type: ignore[attr-defined]


@st.composite
def delivered(draw: st.DrawFn, sent: list[Sent]) -> list[list[Sent]]:
    """The messages in any order, some of them twice, in batches."""
    again = draw(st.lists(st.sampled_from(sent), max_size=3))
    order = draw(st.permutations([*sent, *again]))
    cuts = draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
    batches: list[list[Sent]] = [[]]
    for message, cut in zip(order, cuts, strict=True):
        if cut:
            batches.append([])
        batches[-1].append(message)
    return batches


@st.composite
def noises(draw: st.DrawFn, history: History) -> list[Written]:
    return noise(draw, history)


def seen(batches: list[list[Sent]], wanted: Json) -> list[str]:
    told: Told = folded(batches, wanted, SOURCE, AS_OF)
    return differences(SOURCE, wanted, told)


@given(history=histories(), data=st.data())
def test_the_truth_is_seen_through_hl7_v2(history: History, data: st.DataObject) -> None:
    sent = [one.message for one in [*messages(history), *data.draw(noises(history))]]
    assert seen(data.draw(delivered(sent)), expected(history)) == []


@given(history=histories(), data=st.data())
def test_the_truth_is_seen_through_fhir(history: History, data: st.DataObject) -> None:
    moments = sorted({one.at for one in messages(history)})
    known = data.draw(st.lists(st.sampled_from(moments), max_size=4, unique=True))
    states = [state(history, at) for at in {*known, moments[-1]} if history.believed(at)]
    assert seen(data.draw(delivered(states)), expected(history)) == []


@given(history=histories(), data=st.data())
def test_the_truth_is_seen_through_both_at_once(history: History, data: st.DataObject) -> None:
    """What was written after a state goes on from it; what was written before changes nothing."""
    written = messages(history)
    at = data.draw(st.sampled_from(written)).at + timedelta(seconds=30)
    assume(history.believed(at) and shows_every_move(history, at))
    sent = [*(one.message for one in written), state(history, at)]
    assert seen(data.draw(delivered(sent)), expected(history)) == []


def shows_every_move(history: History, at: datetime) -> bool:
    """Whether a state of that moment tells all moves: one to where they already are it cannot."""
    believed = history.believed(at)
    moves = [one for one in believed if one.trigger in PLACED]
    return len(stay(believed)["segments"]) == len(moves)


@given(history=histories(), data=st.data())
def test_the_truth_is_seen_through_a_state_without_what_came_before_it(
    history: History, data: st.DataObject
) -> None:
    """What was written before a state may be missing: the state knew of it."""
    written = messages(history, repeats=False)
    at = data.draw(st.sampled_from(written)).at + timedelta(seconds=30)
    assume(history.believed(at) and shows_every_move(history, at))
    old = st.lists(st.sampled_from([one.message for one in written]), unique=True)
    sent = [*(one.message for one in written if one.at > at), *data.draw(old), state(history, at)]
    assert seen(data.draw(delivered(sent)), expected(history)) == []
