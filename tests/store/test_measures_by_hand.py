"""Every measure against examples worked out by hand (`tests/measures`), over the whole way."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from schemas.events import CareEvent
from schemas.measure import Dimension
from schemas.measures import MEASURES
from schemas.reference import load
from schemas.times import london_date
from streams.measures.cuts import CUTS
from streams.measures.engine import Engine, Rows
from streams.measures.figures import whole
from streams.measures.question import At, Question
from tests.builders import encounter, event_of
from tests.measures.alone import parts
from tests.measures.example import FOLDER, Asked, Example, examples, files
from tests.measures.published import published
from tests.store.conftest import House

ABOUT_HOW = {"from", "to", "by", "at", "setting"}
BATCHES = 2
REFERENCE = load(FOLDER / "reference")
DECIMALS = 1e-5

Figures = dict[tuple[str, str], float | None]


@pytest_asyncio.fixture
async def engine(house: House) -> AsyncIterator[Engine]:
    made = Engine(house.database, REFERENCE)
    yield made
    made.close()


@pytest.mark.parametrize(
    "example", [pytest.param(one, id=f"{one.measure}: {one.title}") for one in examples()]
)
async def test_a_measure_is_what_was_worked_out_by_hand(
    house: House, engine: Engine, example: Example
) -> None:
    """Facts come in any order, some twice, and the engine takes in each batch by itself.

    An engine that takes them in all at once says the same.
    """
    for batch in batches(published(example), example.title):
        await house.take(*batch)
        await engine.refresh()
    found = await answered(engine, example)
    for asked, figures in zip(example.asked, found, strict=True):
        expected = worked_out(asked)
        assert only(expected, figures) == about(expected), asked.because
    at_once = Engine(house.database, REFERENCE)
    assert list(map(about, found)) == await answered(at_once, example)
    at_once.close()


def batches(events: Sequence[CareEvent], seed: str) -> list[list[CareEvent]]:
    chance = Random(seed)
    shuffled = chance.sample([*events, *events[:2]], k=len(events) + len(events[:2]))
    return [batch for n in range(BATCHES) if (batch := shuffled[n::BATCHES])]


def worked_out(asked: Asked) -> Figures:
    rows = asked.rows if asked.rows is not None else {"": asked.figures}
    return {(key, name): value for key, row in rows.items() for name, value in row.items()}


def about(figures: Figures) -> dict[tuple[str, str], Any]:
    """The same to so many decimals; what is not known is just that."""
    return {
        name: None if value is None else pytest.approx(value, rel=DECIMALS)
        for name, value in figures.items()
    }


def only(wanted: Figures, found: Figures) -> Figures:
    """Of each part the figures that are wanted; of a part that is not wanted all of them."""
    parts_wanted = {part for part, _ in wanted}
    return {
        (part, name): value
        for (part, name), value in found.items()
        if (part, name) in wanted or part not in parts_wanted
    }


async def answered(engine: Engine, example: Example) -> list[Figures]:
    """The answers to all that is asked, each by the names of its parts and of their figures."""
    questions = [question(example, asked) for asked in example.asked]
    statements = [parts(one) if one.by else whole(one) for one in questions]
    found = await engine.all_rows(*statements)
    return [_by_name(one, rows) for one, rows in zip(questions, found, strict=True)]


def _by_name(asked: Question, rows: Rows) -> Figures:
    keys = CUTS[asked.by] if asked.by else ()
    return {
        (" ".join(str(row[key]) for key in keys), figure.name): row[figure.name]
        for row in rows
        for figure in asked.measure.figures
    }


def question(example: Example, asked: Asked) -> Question:
    """As the example asks; the period of a figure about now is until today."""
    of, today = asked.of, london_date(example.now)
    return Question(
        measure=MEASURES[example.measure],
        first=of.get("from", today - timedelta(days=28)),
        end=of.get("to", today),
        now=example.now,
        today=today,
        setting=of.get("setting", "bed"),
        filters={Dimension(name): str(of[name]) for name in of.keys() - ABOUT_HOW},
        by=Dimension(of["by"]) if "by" in of else None,
        at=At(of.get("at", "now")),
    )


def test_every_measure_has_examples_over_both_changes_of_the_clocks() -> None:
    assert {path.stem for path in files()} == set(MEASURES)
    for measure in MEASURES:
        months = {one.now.month for one in examples() if one.measure == measure}
        assert months & {3, 4}, measure
        assert months & {10, 11}, measure


async def test_a_feed_that_fell_silent_is_doubtful_for_a_week(house: House, engine: Engine) -> None:
    """From a day after the last that was heard of it; after eight it is no feed any more."""
    await house.take(*(event_of(encounter(), source=source) for source in ("RX1", "RX2")))
    today = datetime.now(UTC)
    for days, stale in {0.5: 0, 1.5: 2, 7.5: 2, 8.5: 0}.items():
        asked = Asked({}, {"stale": stale}, None, "")
        example = Example("data_confidence", "", today + timedelta(days=days), {}, (asked,))
        (found,) = await answered(engine, example)
        assert found["", "stale"] == stale
