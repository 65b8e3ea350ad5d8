"""The engine over real projections: what really happened, and what was known at each moment."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from sqlalchemy import text

from schemas.events import CareEvent
from schemas.measure import Dimension, Measure
from schemas.measures import MEASURES
from schemas.reference import load
from services.simulator import Simulation, simulate
from services.simulator.measured import MEASURED, Asked, Population, cut, figures_of
from services.simulator.measured import At as TrueAt
from streams.intake.read import Limits, read
from streams.measures.cuts import CUTS
from streams.measures.engine import Engine
from streams.measures.figures import Statement, whole
from streams.measures.question import At, Question
from streams.runtime.horizon import NotYet
from tests.measures.alone import parts
from tests.store.conftest import House

PEOPLE, DAYS, SEED = 300, 60, 7
FIRST = date(2025, 10, 1)
END = FIRST + timedelta(days=DAYS)
LIMITS = Limits(max_bytes=1_000_000, max_depth=64)
AT_ONCE = 400
UNKNOWN = "unknown"
# Places, people, what happened and when: what is asked of each moment.
SOME = ("ward", "cohort", "deprivation", "age", "reason")

Figures = Mapping[str, float | None]

_ONE_CHANGES = text("""
update stays set known_at = clock_timestamp() where (source, visit) in (
  select source, visit from stays s join identities i on i.key = s.subject
  where setting = 'bed' and status in ('open', 'finished') limit 1)
""")


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(PEOPLE, DAYS, SEED, FIRST, disorder=True, doubts=True)


@pytest.fixture(scope="module")
def events(simulation: Simulation) -> list[CareEvent]:
    """Each event once, in the order in which its first report came."""
    read_in = (event for one in simulation.messages for event in read(one.inbound(), LIMITS))
    return list({event.id: event for event in read_in}.values())


@pytest.fixture
async def engine(house: House) -> AsyncIterator[Engine]:
    made = Engine(house.database, load())
    yield made
    await made.close()


def question(
    measure: Measure,
    by: str | None = None,
    *,
    now: datetime,
    setting: str = "bed",
    at: At = At.NOW,
    end: date = END,
) -> Question:
    dimension = Dimension(by) if by else None
    today = Asked(FIRST, end, now).today
    return Question(measure, FIRST, end, now, today, setting, {}, dimension, at)


def statement(asked: Question) -> Statement:
    return parts(asked) if asked.by else whole(asked)


def every_question(now: datetime) -> list[Question]:
    """Each measure whole and by some of its dimensions."""
    return [
        question(measure, by, now=now)
        for measure in MEASURES.values()
        for by in (None, *(each for each in SOME if each in measure.dimensions))
    ]


async def told_now(engine: Engine) -> tuple[datetime, list[Any]]:
    """The moment of an answer to everything that can be asked, and the answer."""
    found = await engine.answers(lambda as_of: map(statement, every_question(as_of)))
    return found.as_of, in_any_order(found.rows)


async def told_then(engine: Engine, at: datetime) -> list[Any]:
    """The answer to everything that can be asked, as it was known at a moment."""
    found = await engine.answers(lambda as_of: map(statement, every_question(as_of)), at)
    assert found.as_of == at
    return in_any_order(found.rows)


def in_any_order(answers: Sequence[Any]) -> list[Any]:
    """Sums of floats hang on the order in which they are added up."""
    return [[{k: _rounded(v) for k, v in row.items()} for row in rows] for rows in answers]


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def differences(
    asked: Question, said: Sequence[Mapping[str, Any]], true: Mapping[tuple[str, ...], Figures]
) -> Iterator[object]:
    """The figures that are told and are not so; a part that is not told has nothing in it."""
    names = CUTS[asked.by] if asked.by else ()
    found = {tuple(str(_known(row[name])) for name in names): row for row in said}
    for part in sorted(found.keys() | true.keys()):
        for name in (figure.name for figure in asked.measure.figures):
            one, other = found.get(part, {}).get(name), true.get(part, {}).get(name)
            if (one or 0) != pytest.approx(other or 0, rel=1e-9, abs=1e-6):
                yield asked.measure.id, asked.setting, asked.at, asked.by, part, name, one, other


def _known(value: Any) -> Any:
    return UNKNOWN if value is None else value


async def wrong(engine: Engine, lives: Population, asked: Question) -> list[Any]:
    """Where the engine tells something else than what happened."""
    measure, by = asked.measure.id, asked.by
    wanted = Asked(asked.first, asked.end, asked.now, TrueAt(asked.at), asked.setting == "virtual")
    true: Mapping[tuple[str, ...], Figures] = (
        cut(measure, lives, wanted, by) if by else {(): figures_of(measure, lives, wanted)}
    )
    return list(differences(asked, await engine.rows(statement(asked)), true))


async def test_every_measure_is_what_really_happened(
    house: House, engine: Engine, simulation: Simulation, events: list[CareEvent]
) -> None:
    for start in range(0, len(events), AT_ONCE):
        await house.take(*events[start : start + AT_ONCE])
        await engine.refresh()
    lives, now = Population(simulation.lives), simulation.truth.until
    found: list[Any] = []
    for name, known in MEASURED.items():
        end = END + timedelta(days=30) if name == "expected_discharges" else END
        for setting in ("bed", "virtual"):
            for by in (None, *known.cuts):
                asked = question(MEASURES[name], by, now=now, setting=setting, end=end)
                found += await wrong(engine, lives, asked)
    assert found == []


@pytest.mark.parametrize("at", [At.EIGHT, At.MIDNIGHT])
async def test_beds_at_a_past_hour_are_those_that_were_really_taken(
    house: House, engine: Engine, simulation: Simulation, events: list[CareEvent], at: At
) -> None:
    await house.take(*events)
    lives, now = Population(simulation.lives), simulation.truth.until
    end = END - timedelta(days=10)
    found: list[Any] = []
    for name in ("beds_occupied", "occupancy"):
        for setting in ("bed", "virtual"):
            for by in (None, *MEASURED[name].cuts):
                asked = question(MEASURES[name], by, now=now, setting=setting, end=end, at=at)
                found += await wrong(engine, lives, asked)
    assert found == []


async def test_what_was_known_at_a_moment_is_what_was_answered_then(
    house: House, engine: Engine, events: list[CareEvent]
) -> None:
    told: list[tuple[datetime, list[Any]]] = []
    for part in range(4):
        await house.take(*events[part::4])
        told.append(await told_now(engine))
    for at, then in told:
        assert await told_then(engine, at) == then
    another = Engine(house.database, load())
    assert await told_then(another, told[1][0]) == told[1][1]
    await another.close()


async def test_an_answer_holds_nothing_that_became_known_after_its_moment(
    house: House, engine: Engine, events: list[CareEvent]
) -> None:
    half = len(events) // 2
    await house.take(*events[:half])
    before = await told_now(engine)
    async with house.database.begin() as running:
        # It began earlier than what is stored meanwhile, and may still store something.
        await running.execute(text("create temporary table unfinished (x int) on commit drop"))
        await house.take(*events[half:])
        meanwhile = await told_now(engine)
        assert before[0] < meanwhile[0]
        assert meanwhile[1] == before[1]
    after = await told_now(engine)
    assert after[1] != before[1]
    for at, then in (before, meanwhile, after):
        assert await told_then(engine, at) == then


async def test_pulled_piece_by_piece_is_as_pulled_at_once(
    house: House, engine: Engine, events: list[CareEvent]
) -> None:
    for start in range(0, len(events), AT_ONCE * 2):
        await house.take(*events[start : start + AT_ONCE * 2])
        await engine.refresh()
    as_of, piecemeal = await told_now(engine)
    another = Engine(house.database, load())
    assert await told_then(another, as_of) == piecemeal
    await another.close()


async def test_nobody_can_ask_for_a_moment_to_come(engine: Engine) -> None:
    with pytest.raises(NotYet):
        await told_then(engine, datetime.now(UTC) + timedelta(minutes=1))


async def test_a_change_makes_anew_only_what_is_about_its_person(
    house: House, engine: Engine, events: list[CareEvent]
) -> None:
    await house.take(*events)
    await engine.refresh()
    with engine._store.cursor() as inside:
        inside.execute("delete from chains")
        async with house.database.begin() as tx:
            await tx.execute(_ONE_CHANGES)
        await engine.refresh()
        people = inside.execute("select count(distinct person) from chains").fetchone()
    assert people == (1,)


async def test_an_engine_that_is_ended_while_it_loads_ends_in_order(
    house: House, events: list[CareEvent]
) -> None:
    await house.take(*events[:AT_ONCE])
    loading = Engine(house.database, load())
    warming = asyncio.create_task(loading.warm())
    while not loading._busy.locked():
        await asyncio.sleep(0)
    warming.cancel()
    await loading.close()
    with pytest.raises(asyncio.CancelledError):
        await warming
    assert not loading._running
    with pytest.raises(duckdb.ConnectionException):
        loading._store.execute("select 1")


async def test_an_engine_that_is_ended_while_it_answers_ends_in_order(house: House) -> None:
    answering = Engine(house.database, load())
    await answering.warm()
    began, go_on = threading.Event(), threading.Event()

    def slow(_: datetime) -> list[Statement]:
        began.set()
        go_on.wait()
        return []

    asking = asyncio.create_task(answering.answers(slow))
    await asyncio.to_thread(began.wait)
    asking.cancel()
    ending = asyncio.create_task(answering.close())
    await asyncio.sleep(0)
    assert not ending.done()
    go_on.set()
    await ending
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not answering._running
