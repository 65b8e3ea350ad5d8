"""Worlds for the engine: what projections would hold of a few made-up people, and taking it in."""

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import UUID

import duckdb
import msgspec
from hypothesis import strategies as st

from schemas.measure import Dimension
from schemas.measures import MEASURES
from schemas.reference import load as load_reference
from schemas.times import london_date
from streams.flow.bed_days import nights_of
from streams.flow.facts import Place, State
from streams.flow.stay import Stay, stay_of
from streams.measures import reference
from streams.measures.question import At, Question
from streams.measures.takes import put
from tests.builders import moments
from tests.measures.example import FOLDER
from tests.unit.measures.made import store

Row = list[Any]
REFERENCE = load_reference(FOLDER / "reference")
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 4, 1, 22, 30, tzinfo=UTC)  # Half an hour before midnight, in London.
LATEST = datetime(2026, 4, 20, tzinfo=UTC)
PEOPLE = [UUID(int=number) for number in range(1, 5)]
PROVIDERS = ["RX1", "RX2", "RY1", "RV1"]
# Mostly all of it; a week over the day that is an hour short; none.
PERIODS = [*[(date(2026, 2, 20), 60)] * 4, (date(2026, 3, 26), 7), (date(2026, 3, 29), 0)]
CLASSES = ["IMP", "ACUTE", "SS", "VR", "EMER", "HH", "AMB"]
STATUSES = ["in-progress", "finished", "finished", "finished", "planned"]
WARDS = ["A", "B", "V", "F01", "X"]
HOURS = 24 * 40
NOBODY = "select null::uuid limit 0"


class World(NamedTuple):
    """The rows that are pulled, by table."""

    stays: tuple[Row, ...] = ()
    requests: tuple[Row, ...] = ()
    traits: tuple[Row, ...] = ()


@cache
def _empty() -> duckdb.DuckDBPyConnection:
    made = store()
    made.execute("set threads = 1")
    reference.load(made, REFERENCE)
    return made


@contextmanager
def taken_in(*worlds: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """The engine's tables after one world's rows and then the next one's, for as long as asked."""
    made = _empty()
    made.begin()
    try:
        for world in worlds:
            _take_in(made, world)
        yield made
    finally:
        made.rollback()


def _take_in(into: duckdb.DuckDBPyConnection, world: World) -> None:
    with TemporaryDirectory() as folder:
        files = {}
        for name, rows in world._asdict().items():
            files[name] = Path(folder, f"{name}.csv")
            with files[name].open("w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)
        put(into, {n: f for n, f in files.items() if f.stat().st_size}, NOW, touched=NOBODY)


def times() -> st.SearchStrategy[datetime]:
    return moments(hours=HOURS, since=BEGIN)


def people() -> st.SearchStrategy[UUID | None]:
    return st.sampled_from([*PEOPLE, *PEOPLE, None])


@st.composite
def stay_rows(draw: st.DrawFn, visits: Sequence[int] = range(6)) -> Row:
    """A visit as it may be stored: moves, leave, all classes, open or over."""
    start = draw(times())
    status = draw(st.sampled_from(STATUSES))
    hours = draw(st.sampled_from([0, 3, 30, 100, 400, 900]))
    end = start + timedelta(hours=hours) if status == "finished" else None
    moved = start + timedelta(hours=draw(st.sampled_from([1, 20, 60])))
    leave = (moved, moved + timedelta(hours=30))
    provider = draw(st.sampled_from(PROVIDERS))
    state = State(
        "1",
        "e1",
        0,
        status,
        draw(st.sampled_from(CLASSES)),
        draw(st.sampled_from([start, start, start, None])),
        draw(st.sampled_from([end, end, end, None])),
        provider,
        draw(st.sampled_from(["S1", None])),
        tuple(
            Place(draw(st.sampled_from(WARDS)), at, None)
            for at in draw(st.sampled_from([(), (start,), (start, moved)]))
        ),
        (leave,) if draw(st.booleans()) else (),
        None,
        expected=draw(st.one_of(st.none(), times())),
    )
    return _stay_row(stay_of([state]), draw(st.sampled_from(visits)), draw(people()))


def _stay_row(stay: Stay, visit: int, person: UUID | None) -> Row:
    lists = (stay.segments, stay.leaves, nights_of(stay), stay.flags)
    times = (stay.admitted_at, stay.discharged_at, stay.expected_discharge)
    return [
        stay.provider,
        f"v{visit}",
        person,
        stay.provider,
        stay.visit_class,
        stay.setting.value,
        stay.status,
        *map(_said, times),
        *(msgspec.json.encode(one).decode() for one in lists),
        _said(NOW - timedelta(hours=1)),
    ]


@st.composite
def request_rows(draw: st.DrawFn) -> Row:
    """A referral that has come so far."""
    name, sent = f"r{draw(st.integers(0, 5))}", draw(times())
    steps = [sent + timedelta(hours=24 * n) for n in (5, 1, 2, 9)]
    there = [draw(st.booleans()) for _ in steps]
    known = [_said(at) if is_there else None for at, is_there in zip(steps, there, strict=True)]
    status = draw(st.sampled_from(["sent", "received", "accepted", "completed"]))
    person, receiver = draw(people()), draw(st.sampled_from(PROVIDERS))
    return [name, person, receiver, status, _said(sent), *known, _said(NOW)]


@st.composite
def trait_rows(draw: st.DrawFn) -> Row:
    """What one fact says, of somebody or of nobody."""
    kind = draw(st.sampled_from(sorted(_SAID)))
    said = draw(_SAID[kind])
    thread = f"{kind}{draw(st.integers(0, 3))}"
    version = draw(st.integers(0, 2))
    # One version of a thread says one thing.
    event = UUID(bytes=f"{thread:<14.14}{version:>2}".encode())
    person = None if kind in {"role", "beds"} else draw(people())
    source, recorded = draw(st.sampled_from(PROVIDERS)), draw(times())
    row = [event, 0, kind, person, source, thread, str(version), _said(recorded)]
    return [*row, json.dumps(said), _said(NOW), None]


def trait_row(kind: str, number: int, said: dict[str, Any], person: UUID | None = None) -> Row:
    """What a fact of RX1 says on 1 March, in a thread of its own."""
    event, at = UUID(int=number), _said(BEGIN)
    known = [at, json.dumps(said), at, None]
    return [event, 0, kind, person, "RX1", f"{kind}{number}", "1", *known]


def _of(**said: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Each key with a value of its own, or not at all."""
    return st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in said.items()})


def _all(**said: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(said)


_MOMENTS = times().map(datetime.isoformat)
_SOME = st.sampled_from
# So that some things are said to begin at one moment.
_FEW_MOMENTS = _SOME([f"2026-03-{day}T12:00:00+00:00" for day in (20, 27, 29)])
_DISCHARGE = ["ready", "pathway-1", "pathway-3", "delay-home", "delay-beds"]
_SAID = {
    "person": _of(
        birth=["1940-02-29", "1951-03-29", "1951-04-02", "2026-03-10", "2010-01-01"],
        died=["2026-03-15"],
        sex=["female", "male"],
        ethnicity=["A", "Z"],
        postcode=["ZZ99 1AA", "ZZ99 2AA", "ZZ99 9ZZ"],
        practice=["RP1", "RP2", "RP9"],
        lives=["care-home"],
        flags=[["bad-nhs-number"]],
    ),
    "flag": _all(
        codes=_SOME([[code] for code in [*_DISCHARGE, *_DISCHARGE, "frailty"]]),
        since=_FEW_MOMENTS,
        until=st.one_of(_FEW_MOMENTS, st.none()),
        visit=_SOME(["v0", "v1"]),
    ),
    "survey": _all(
        instrument=_SOME(["integrate", "partnership"]),
        answers=st.lists(st.integers(0, 5), max_size=4),
        organisation=_SOME(PROVIDERS),
        at=_MOMENTS,
    ),
    "asked": _all(
        questions=_SOME([["q1"], ["q1", "q2"], ["q2"]]), organisation=_SOME(PROVIDERS), at=_MOMENTS
    ),
    "role": _all(
        organisation=_SOME(PROVIDERS), service=_SOME(["N01", "H01", "X"]), wte=_SOME([1, 0.6])
    ),
    "beds": _all(
        provider=st.just("RX1"),
        site=st.just("S1"),
        ward=_SOME(WARDS),
        beds=_SOME([0, 7]),
        since=_MOMENTS,
    ),
}


def _said(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A few people, what they were given and what was said of them; each row once."""
    stays = st.lists(stay_rows(), min_size=5, max_size=9, unique_by=lambda row: (row[0], row[1]))
    requests = st.lists(request_rows(), min_size=2, max_size=4, unique_by=lambda row: row[0])
    traits = st.lists(trait_rows(), min_size=8, max_size=14, unique_by=lambda row: row[0])
    return World(tuple(draw(stays)), tuple(draw(requests)), tuple(draw(traits)))


@st.composite
def questions(draw: st.DrawFn, measures: Sequence[str] = tuple(MEASURES)) -> Question:
    """Any question that can be asked about a month, cut by nothing as yet."""
    measure = MEASURES[draw(st.sampled_from(measures))]
    first, days = draw(st.sampled_from(PERIODS))
    possible = [one for one in _VALUES if one in measure.dimensions]
    filters = {one: draw(st.sampled_from(_VALUES[one])) for one in _few(draw, possible)}
    return Question(
        measure=measure,
        first=first,
        end=first + timedelta(days=days),
        now=NOW,
        today=london_date(NOW),
        setting=draw(st.sampled_from(["bed", "bed", "virtual"])),
        filters=filters,
        at=draw(st.sampled_from(At)),
    )


_VALUES = {
    Dimension.PROVIDER: ["RX1", "RX2"],
    Dimension.WARD: WARDS,
    Dimension.AGE: ["65-74", "75-84", "unknown"],
    Dimension.COHORT: ["care-home", "frailty"],
    Dimension.SEX: ["female", "unknown"],
    Dimension.REASON: ["home", "unknown"],
}


def _few(draw: st.DrawFn, dimensions: Sequence[Dimension]) -> list[Dimension]:
    if not dimensions or draw(st.integers(0, 2)):
        return []
    return draw(st.lists(st.sampled_from(dimensions), unique=True, max_size=2))
