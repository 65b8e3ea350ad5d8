"""What was pulled from PostgreSQL put in the place of what it replaces, in the engine's tables."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import duckdb

from streams.measures import cohorts, sequels, shape, traits

Store = duckdb.DuckDBPyConnection

_COLUMNS: Final = {"stays": shape.STAYS, "requests": shape.REQUESTS, "traits": shape.TRAITS}


def take(store: Store, files: Mapping[str, Path], as_of: datetime) -> None:
    """Take in what the files hold, by table: all of it, or nothing of it where that fails."""
    with store.cursor() as cursor:
        cursor.begin()
        try:
            put(cursor, files, as_of, touched="select null::uuid as person limit 0")
            cursor.commit()
        except BaseException:
            cursor.rollback()
            raise


def put(store: Store, files: Mapping[str, Path], as_of: datetime, touched: str) -> None:
    """Take in what the files hold, within the caller's transaction.

    `touched`: a query for people about whom something changed beside what is in the files. What
    is worked out of all that is known of a person is made anew for them and for those.
    """
    store.execute("delete from moment")
    store.execute("insert into moment values (?)", [as_of])
    if not files:
        return
    store.execute(f"create or replace temp table touched as from ({touched}) as t(person)")
    for table, file in files.items():
        _read(store, table, file)
        _TAKERS[table](store)
    store.execute(cohorts.MEMBERS)
    store.execute(sequels.SEQUELS)


def stand_in(cursor: Store, file: Path) -> None:
    """Put the stays of a file in the place of all others, for what this cursor asks alone."""
    for table in (*shape.OF_STAYS, "chains", *sequels.OF_PEOPLE):
        cursor.execute(f"create or replace temp table {table} as from main.{table} limit 0")
    cursor.execute("create or replace temp table touched (person uuid)")
    _read(cursor, "stays", file)
    _take_stays(cursor)
    cursor.execute(sequels.SEQUELS)


def _read(store: Store, table: str, file: Path) -> None:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _COLUMNS[table].items())
    try:
        store.execute(
            f"create or replace temp table fresh as select * from read_csv('{file}',"
            " header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"',"
            f" new_line = '\\n', columns = {{{columns}}})"
        )
    except duckdb.Error as error:
        # Its text would quote what a row says of a person.
        raise ValueError(f"what was pulled of {table}: {type(error).__name__}") from None


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
    store.execute(traits.HOLD + traits.BEFORE)
    for table in traits.OF_TRAITS:
        store.execute(traits.FORGET.format(table=table))
    store.execute(cohorts.SIGNS)
    store.execute(traits.MAKE + traits.CHANGED)
    if store.execute("select 1 from changed limit 1").fetchone():
        for table in traits.OF_SOMEBODY:
            store.execute(traits.CARRY.format(table=table))
    store.execute("drop table changed")
    if store.execute(traits.HAS_BEDS).fetchone():
        store.execute(traits.WARDS)


_TAKERS: Final[Mapping[str, Callable[[Store], None]]] = MappingProxyType(
    {"stays": _take_stays, "requests": _take_requests, "traits": _take_traits}
)
