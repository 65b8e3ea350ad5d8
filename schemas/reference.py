"""Reference data: the organisations, places, beds, services and target groups that figures know.

A folder holds one CSV file for each table, and the target groups. All of it is checked when it is
read: what is wrong is told with file, line and column, and nothing is half read.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from schemas.cohorts import Cohort, read_cohorts
from schemas.events import Sector

PACKAGED: Final = Path(__file__).parents[1] / "deploy" / "reference"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class ReferenceProblem(ValueError):
    """The reference data cannot be used; its text has a line for each thing that is wrong."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Organisation(_Row):
    """An organisation by its ODS code."""

    code: Text
    name: Text
    sector: Sector


class Site(_Row):
    """A site of a provider, in the place (part of the integrated care system) where it stands."""

    provider: Text
    site: Text
    name: Text
    place: Text


class Ward(_Row):
    """A ward and its staffed beds from a day on, until a later row of the same ward."""

    provider: Text
    site: Text
    ward: Text
    name: Text
    specialty: Text
    staffed_beds: Annotated[int, Field(ge=0)]
    valid_from: date


class Specialty(_Row):
    """A specialty by its code (NHS treatment function code, or VIRTUAL)."""

    code: Text
    name: Text


class Practice(_Row):
    """A general practice, and the neighbourhood and place of its people from a day on."""

    practice: Text
    name: Text
    neighbourhood: Text
    neighbourhood_name: Text
    place: Text
    place_name: Text
    valid_from: date


class Postcode(_Row):
    """The small area (LSOA) that a postcode lies in; upper case, one space."""

    postcode: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,4} [0-9][A-Z]{2}$")]
    lsoa: Text


class Deprivation(_Row):
    """How deprived a small area is: decile 1 is the most deprived tenth; with its edition."""

    lsoa: Text
    decile: Annotated[int, Field(ge=1, le=10)]
    edition: Text


class Service(_Row):
    """A service of a provider; whether it prevents, and whether it is a neighbourhood's own.

    `*` stands for all of the provider's services that have no row.
    """

    provider: Text
    service: Text
    name: Text
    sector: Sector
    preventative: bool
    neighbourhood: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """Every table, in the order of its file, and the target groups."""

    organisations: tuple[Organisation, ...]
    sites: tuple[Site, ...]
    wards: tuple[Ward, ...]
    specialties: tuple[Specialty, ...]
    practices: tuple[Practice, ...]
    postcodes: tuple[Postcode, ...]
    deprivation: tuple[Deprivation, ...]
    services: tuple[Service, ...]
    cohorts: tuple[Cohort, ...]


Row = TypeVar("Row", bound=_Row)


class _Numbered(NamedTuple, Generic[Row]):
    """A row and the line of its file that it ends on."""

    line: int
    row: Row


class _Table(NamedTuple):
    """What the rows of a file are, and the columns that no two of them have in common."""

    row: type[_Row]
    key: tuple[str, ...]


TABLES: Final = {
    "organisations": _Table(Organisation, ("code",)),
    "sites": _Table(Site, ("provider", "site")),
    "wards": _Table(Ward, ("provider", "site", "ward", "valid_from")),
    "specialties": _Table(Specialty, ("code",)),
    "practices": _Table(Practice, ("practice", "valid_from")),
    "postcodes": _Table(Postcode, ("postcode",)),
    "deprivation": _Table(Deprivation, ("lsoa",)),
    "services": _Table(Service, ("provider", "service")),
}
# Columns of one file whose values must be there in another.
_NAMED: Final = (
    ("sites", ("provider",), "organisations", ("code",)),
    ("wards", ("provider", "site"), "sites", ("provider", "site")),
    ("wards", ("specialty",), "specialties", ("code",)),
    ("services", ("provider",), "organisations", ("code",)),
)
_Found = dict[str, list[_Numbered[Any]]]


def load(folder: Path | None = None) -> Reference:
    """The reference data of a folder; of the one that comes with the product where it is None.

    Raises ReferenceProblem with everything that is wrong in any of the files.
    """
    place, problems = folder or PACKAGED, list[str]()
    found: _Found = {
        name: list(_rows(place / f"{name}.csv", table, problems.append))
        for name, table in TABLES.items()
    }
    cohorts = read_cohorts(place / "cohorts.yaml", problems.append)
    problems += [*_repeated(found), *(() if problems else _unknown(found))]
    if problems:
        raise ReferenceProblem("\n".join([f"reference data in {place}:", *problems]))
    return Reference(
        **{name: tuple(one.row for one in rows) for name, rows in found.items()}, cohorts=cohorts
    )


def _rows(file: Path, table: _Table, tell: Callable[[str], None]) -> Iterator[_Numbered[Any]]:
    columns = list(table.row.model_fields)
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            reader = csv.reader(text, strict=True)
            header = next(reader, [])
            if header != columns:
                tell(f"{file.name}, line 1: the columns must be {','.join(columns)}")
                return
            for values in filter(None, reader):
                where = f"{file.name}, line {reader.line_num}"
                yield from _row(where, table.row, dict(zip(columns, values, strict=False)), tell)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        tell(f"{file.name}: {getattr(error, 'strerror', None) or error}")


def _row(
    where: str, kind: type[_Row], said: dict[str, str], tell: Callable[[str], None]
) -> Iterator[_Numbered[Any]]:
    try:
        yield _Numbered(int(where.rpartition(" ")[2]), kind.model_validate_strings(said))
    except ValidationError as error:
        for one in error.errors():
            tell(f"{where}, column {'.'.join(map(str, one['loc']))}: {one['msg']}")


def _repeated(found: _Found) -> Iterator[str]:
    for name, rows in found.items():
        key, seen = TABLES[name].key, dict[tuple[Any, ...], int]()
        for line, row in rows:
            first = seen.setdefault(_values(row, key), line)
            if first != line:
                yield f"{name}.csv, line {line}, column {key[-1]}: the same as line {first}"


def _unknown(found: _Found) -> Iterator[str]:
    for name, columns, other, keys in _NAMED:
        known = {_values(row, keys) for _, row in found[other]}
        for line, row in found[name]:
            if _values(row, columns) not in known:
                yield f"{name}.csv, line {line}, column {columns[-1]}: not in {other}.csv"


def _values(row: _Row, columns: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in columns)


assert tuple(TABLES) == tuple(one.name for one in fields(Reference))[:-1]  # noqa: S101
