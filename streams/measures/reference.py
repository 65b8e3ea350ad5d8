"""Reference data in the engine: organisations, services, places, beds and target groups."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import duckdb

from schemas.reference import Reference
from streams.measures import cohorts

# Each file's rows as `rows`, by the columns that are read of them.
_FILES: Final = {
    "organisations": ("code", "name", "sector"),
    "services": ("provider", "service", "preventative", "neighbourhood"),
    "practices": ("practice", "neighbourhood", "place", "valid_from"),
    "postcodes": ("postcode", "lsoa"),
    "deprivation": ("lsoa", "decile"),
    "wards": ("provider", "site", "ward", "specialty", "staffed_beds", "valid_from"),
}
_LOAD: Final = """
insert into organisations select code, name, sector from read_organisations;
insert into services
  select provider, service, preventative::boolean, neighbourhood::boolean from read_services;
insert into practices
  select practice, arg_max(neighbourhood, valid_from), arg_max(place, valid_from)
  from read_practices group by practice;
insert into postcodes
  select p.postcode, ((d.decile::integer + 1) // 2)::varchar
  from read_postcodes p join read_deprivation d using (lsoa);
insert into ward_rows
  select provider, site, ward, staffed_beds::integer, valid_from::date from read_wards;
insert into specialties
  select provider, site, ward, arg_max(specialty, valid_from) from read_wards
  group by provider, site, ward;
insert into criteria
  select cohort, clause::integer, kind, code, number::integer, days::integer from read_criteria;
"""


def load(store: duckdb.DuckDBPyConnection, reference: Reference) -> None:
    """Fill the engine's reference tables."""
    for name, columns in _FILES.items():
        rows = getattr(reference, name)
        _read(store, name, columns, ([getattr(row, name) for name in columns] for row in rows))
    _read(store, "criteria", cohorts.Asked._fields, cohorts.criteria(reference.cohorts))
    store.execute(_LOAD)
    for name in (*_FILES, "criteria"):
        store.execute(f"drop table read_{name}")


def _read(
    store: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """A temporary table of the rows, as text."""
    found = [[None if value is None else str(value) for value in row] for row in rows]
    lists = [[row[place] for row in found] for place in range(len(columns))]
    said = ", ".join(f"unnest(?::varchar[]) as {column}" for column in columns)
    store.execute(f"create temp table read_{name} as select {said}", lists)
