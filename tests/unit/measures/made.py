"""Questions with defaults; a test names only what it is about."""

from datetime import UTC, date, datetime
from typing import Any

import duckdb

from schemas.measures import MEASURES
from streams.measures import shape
from streams.measures.question import Question

NOW = datetime(2026, 4, 1, 11, tzinfo=UTC)


def question(measure: str, **asked: Any) -> Question:
    """A question about March 2026, at noon of 1 April."""
    usual: dict[str, Any] = {
        "first": date(2026, 3, 1),
        "end": date(2026, 4, 1),
        "now": NOW,
        "today": date(2026, 4, 1),
        "setting": "bed",
        "filters": {},
    }
    return Question(measure=MEASURES[measure], **usual | asked)


def store() -> duckdb.DuckDBPyConnection:
    """The engine's tables, empty."""
    made = duckdb.connect()
    made.execute("set TimeZone = 'UTC'")
    made.execute(shape.TABLES + shape.REFERENCE)
    return made
