"""Examples of measures worked out by hand, as they are written in the files beside this one."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from schemas.times import LONDON

FOLDER = Path(__file__).parent

Row = dict[str, str]


class Asked(NamedTuple):
    """One question, and the answer that was worked out by hand.

    `of`: period, filters, `by`, `at`, `setting`. `rows`: every part by its name; where only
    `figures` is there the whole is asked for. Figures that are not named are not compared.
    """

    of: Mapping[str, Any]
    figures: Mapping[str, float | None]
    rows: Mapping[str, Mapping[str, float | None]] | None
    because: str


class Example(NamedTuple):
    """What happened, as tables by their name, when it is asked about, and what is asked."""

    measure: str
    title: str
    now: datetime
    tables: Mapping[str, list[Row]]
    asked: tuple[Asked, ...]


def examples() -> list[Example]:
    """All of them, in the order of their files."""
    return [one for path in files() for one in _read(path)]


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.yaml"))


def london(said: str) -> datetime:
    """The moment at which London's clock shows it; with an offset where it does so twice."""
    at = datetime.fromisoformat(said)
    return at if at.tzinfo else at.replace(tzinfo=LONDON)


def table(written: str) -> list[Row]:
    """The rows of a table: a line each, the first one names the columns; an empty cell is none."""
    lines = [[cell.strip() for cell in line.split("|")] for line in written.strip().splitlines()]
    names, *rows = lines
    return [{n: c for n, c in zip(names, row, strict=False) if c} for row in rows]


def _read(path: Path) -> Iterator[Example]:
    written = yaml.safe_load(path.read_text())
    for one in written["examples"]:
        tables = {name: table(said) for name, said in one["given"].items()}
        yield Example(
            path.stem,
            one["title"],
            london(one["now"]),
            tables,
            tuple(_asked(said) for said in one["asked"]),
        )


def _asked(said: Mapping[str, Any]) -> Asked:
    rows = said.get("rows")
    named = None if rows is None else {_name(key): figures for key, figures in rows.items()}
    return Asked(said.get("of", {}), said.get("figures", {}), named, said["because"])


def _name(key: object) -> str:
    return key.isoformat() if isinstance(key, date) else str(key)
