"""What was pulled from PostgreSQL put in the place of what it replaces, in the engine's tables."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import duckdb

from streams.measures import shape, traits

Store = duckdb.DuckDBPyConnection

_COLUMNS: Final = {"stays": shape.STAYS, "requests": shape.REQUESTS, "traits": shape.TRAITS}


def take(store: Store, files: Mapping[str, Path]) -> None:
    """Take in what the files hold, by table: all of it, or nothing of it where that fails."""
    with store.cursor() as cursor:
        cursor.begin()
        try:
            _take(cursor, files)
            cursor.commit()
        except BaseException:
            cursor.rollback()
            raise


def _take(store: Store, files: Mapping[str, Path]) -> None:
    # The people about whom anything changed: what is worked out of all they have is made anew.
    store.execute("create or replace temp table touched (person uuid)")
    for table, file in files.items():
        _read(store, table, file)
        _TAKERS[table](store)


def _read(store: Store, table: str, file: Path) -> None:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _COLUMNS[table].items())
    store.execute(
        f"create or replace temp table fresh as select * from read_csv('{file}', header = false,"
        f" auto_detect = false, quote = '\"', escape = '\"', columns = {{{columns}}})"
    )


def _take_stays(store: Store) -> None:
    store.execute(shape.TOUCHED_BY_STAYS)
    for table in shape.OF_STAYS:
        store.execute(shape.FORGET_STAYS.format(table=table))
    store.execute(shape.READ_STAYS)
    store.execute(shape.ADD_STAYS)
    store.execute(shape.FORGET_CHAINS)
    store.execute(shape.ADD_CHAINS)


def _take_requests(store: Store) -> None:
    store.execute(shape.FORGET_REQUESTS)
    store.execute(shape.ADD_REQUESTS)


def _take_traits(store: Store) -> None:
    store.execute(traits.TOUCHED_BY_TRAITS)
    store.execute(traits.FORGET_TRAITS)
    store.execute(traits.ADD_TRAITS)
    store.execute(traits.HOLD)
    for table in traits.OF_TRAITS:
        store.execute(traits.FORGET.format(table=table))
    store.execute(traits.MAKE)
    store.execute(traits.WARDS)


_TAKERS: Final[Mapping[str, Callable[[Store], None]]] = MappingProxyType(
    {"stays": _take_stays, "requests": _take_requests, "traits": _take_traits}
)
