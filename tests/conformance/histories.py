"""What really happened to somebody in a hospital, the mistakes made in writing it down, and what
must be seen in the end: told from the truth, without cancelling anything."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from hypothesis import strategies as st

from schemas.times import london_date, midnight
from tests.conformance.scenario import Json

# Before each clock change of London in 2026, and far from both.
BEGINNINGS = tuple(
    datetime.fromisoformat(at)
    for at in ("2026-02-02T09:00Z", "2026-03-27T09:00Z", "2026-10-23T09:00Z")
)
AS_OF = datetime.fromisoformat("2026-11-20T12:00Z")
WARDS = ("W1", "W2", "W3", "W4")
# Of these the ward is where somebody is from then on.
PLACED = frozenset({"A04", "A01", "A06", "A02"})
MINUTE = timedelta(minutes=1)
LONGEST_GAP = 3 * 24 * 60


class Naming(StrEnum):
    """How a cancel names what it undoes: by its time, by its own time, or not at all."""

    EVENT = "event"
    OWN = "own"
    NOTHING = "nothing"


class Happening(NamedTuple):
    """Something that was written down: what (its trigger), when, where, and when it was written.

    `cancelled`: when it was written that it never happened; None: it did. `naming`: what EVN-6 of
    that cancel says.
    """

    trigger: str
    at: datetime
    ward: str
    recorded: datetime
    cancelled: datetime | None = None
    naming: Naming = Naming.EVENT


class History(NamedTuple):
    """One visit as it was written down, in the order of what happened."""

    happenings: tuple[Happening, ...]

    @property
    def true(self) -> list[Happening]:
        return [one for one in self.happenings if one.cancelled is None]

    def believed(self, at: datetime) -> list[Happening]:
        """What the source took for true at a moment."""
        return [
            one
            for one in self.happenings
            if one.recorded <= at and (one.cancelled is None or one.cancelled > at)
        ]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Somebody arrives, is admitted, moves, goes on leave and comes back, and perhaps leaves."""
    clock = draw(st.sampled_from(BEGINNINGS))
    found: list[Happening] = []
    for trigger in _triggers(draw):
        last = found[-1].ward if found else "ED"
        ward = {"A04": "ED", "A21": last, "A22": last, "A03": last}.get(trigger)
        ward = ward or draw(st.sampled_from([one for one in WARDS if one != last]))
        lag = draw(_late if trigger == "A02" else _lags)
        found.append(Happening(trigger, clock, ward, clock + lag * MINUTE))
        clock += draw(st.integers(LONGEST_LAG + 9, LONGEST_GAP)) * MINUTE
    mistakes = list(_mistakes(draw, found, clock))
    everything = sorted([*found, *mistakes], key=lambda one: one.at)
    return History(tuple(_named(draw, one, everything) for one in everything))


LONGEST_LAG = 300
_lags = st.integers(0, LONGEST_LAG)
# A move is often told late, when others have been told already.
_late = _lags | st.integers(0, 3 * LONGEST_GAP)


def _triggers(draw: st.DrawFn) -> Iterator[str]:
    if draw(st.booleans()):
        yield "A04"
    yield draw(st.sampled_from(["A01", "A06"]))
    for away in draw(st.lists(st.booleans(), max_size=5)):
        yield from ("A21", "A22") if away else ("A02",)
    yield from draw(st.sampled_from([(), ("A03",), ("A21",), ("A21", "A03")]))


def _mistakes(draw: st.DrawFn, true: Sequence[Happening], until: datetime) -> Iterator[Happening]:
    """What was written and taken back: one mistake at most between two true happenings."""
    for before, after in pairwise([*true, None]):
        end = after.at if after else until
        is_in = before is not None and before.trigger != "A03" and _is_inpatient(true, before)
        if before is None or not is_in or not draw(st.booleans()):
            continue
        away = _is_away(true, before)
        trigger = "A22" if away else draw(st.sampled_from(["A02", "A03", "A21"]))
        ward = draw(st.sampled_from(WARDS)) if trigger == "A02" else before.ward
        at = before.at + draw(st.integers(LONGEST_LAG + 1, LONGEST_LAG + 5)) * MINUTE
        recorded = at + draw(st.integers(0, max(0, (end - at) // MINUTE - 3))) * MINUTE
        # A wrong move may be found out late; nobody moves somebody whom they think discharged.
        late = draw(_late) if trigger == "A02" else 0
        yield Happening(trigger, at, ward, recorded, recorded + (1 + late) * MINUTE)


def _named(draw: st.DrawFn, one: Happening, everything: Sequence[Happening]) -> Happening:
    """A mistake whose cancel need not name it, where it is the latest of its kind by then."""
    if one.cancelled is None:
        return one
    alike = [o for o in everything if o.trigger == one.trigger and o is not one]
    is_latest = all(o.at < one.at or o.at > one.cancelled for o in alike)
    return one._replace(naming=draw(st.sampled_from(Naming)) if is_latest else Naming.EVENT)


def _is_inpatient(true: Sequence[Happening], one: Happening) -> bool:
    return any(other.trigger in {"A01", "A06"} and other.at <= one.at for other in true)


def _is_away(true: Sequence[Happening], one: Happening) -> bool:
    moves = [o.trigger for o in true if o.at <= one.at and o.trigger in {"A21", "A22"}]
    return bool(moves) and moves[-1] == "A21"


def stay(happenings: Sequence[Happening]) -> Json:
    """What must be seen of a visit to which all of this happened, in order; times in UTC."""
    places = [one for one in happenings if one.trigger in PLACED]
    admission = next((one for one in happenings if one.trigger in {"A01", "A06"}), None)
    discharge = next((one for one in happenings if one.trigger == "A03"), None)
    end = discharge.at if discharge else None
    return {
        "status": "finished" if discharge else "open",
        "class": "IMP" if admission else "EMER",
        "admitted_at": (admission or happenings[0]).at,
        "discharged_at": end,
        "segments": _segments(places, end),
        "leaves": list(_leaves(happenings, end)),
        "flags": [],
    }


def _segments(places: Sequence[Happening], end: datetime | None) -> list[Json]:
    """A stretch for each place, those in one ward after another as one."""
    changes = [
        one
        for before, one in pairwise([None, *places])
        if before is None or one.ward != before.ward
    ]
    ends = [*(one.at for one in changes[1:]), end]
    return [
        {"ward": one.ward, "start": one.at, "end": until}
        for one, until in zip(changes, ends, strict=True)
    ]


def _leaves(happenings: Sequence[Happening], end: datetime | None) -> Iterator[Json]:
    for number, one in enumerate(happenings):
        if one.trigger == "A21":
            backs = (o.at for o in happenings[number:] if o.trigger == "A22")
            yield {"start": one.at, "end": next(backs, end)}


def nights(happenings: Sequence[Happening]) -> tuple[dict[str, int], int]:
    """Bed days by ward, and nights on leave, midnight by midnight until `AS_OF`."""
    seen = stay(happenings)
    wards, away = Counter[str](), 0
    day = london_date(seen["admitted_at"])
    while seen["class"] == "IMP" and midnight(day := day + timedelta(days=1)) <= AS_OF:
        at = midnight(day)
        if any(_is_within(at, leave) for leave in seen["leaves"]):
            away += 1
        else:
            wards.update(s["ward"] for s in seen["segments"] if _is_within(at, s))
    return dict(wards), away


def _is_within(at: datetime, stretch: Json) -> bool:
    """Whether the stretch holds the end of the day that this midnight ends."""
    return bool(stretch["start"] < at and (stretch["end"] is None or stretch["end"] >= at))


def in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
