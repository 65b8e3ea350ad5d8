"""The engine's tables as they were known at a past moment, each frame in a schema of its own."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from streams.measures import shape, takes, traits

Store = duckdb.DuckDBPyConnection

# A frame holds as much as the engine itself.
AT_MOST: Final = 2
LIVE: Final = "main"

# Copied whole; what is put in then takes the place of what has changed since.
_COPIED: Final = """
select table_name from duckdb_tables()
where schema_name = '{frame}' and table_name not in ('moment', 'traits')
"""
_KNOWN: Final = "insert into {frame}.traits select * from main.traits where known_at <= ?"
# What became known of them later is taken from them.
_TOUCHED: Final = "select person from main.traits where known_at > '{at}'::timestamp"


def begin(cursor: Store) -> datetime:
    """Hold what is in the engine now, until the transaction ends; returns its moment."""
    cursor.begin()
    found = cursor.execute("select as_of from main.moment").fetchone()
    if found is None:
        raise LookupError("nothing has been loaded yet")
    as_of: datetime = found[0]
    return as_of


def make(cursor: Store, frame: str, at: datetime, files: Mapping[str, Path]) -> None:
    """Make a frame of what `begin` holds, and commit it.

    `files`: what changed since then, as it was known then.
    """
    cursor.execute(f"create schema {frame}")
    cursor.execute(f"set search_path = '{frame},main'")
    cursor.execute(shape.TABLES)
    for (table,) in cursor.execute(_COPIED.format(frame=frame)).fetchall():
        cursor.execute(f"insert into {frame}.{table} select * from main.{table}")
    naive = at.replace(tzinfo=None)
    cursor.execute(_KNOWN.format(frame=frame), [naive])
    takes.put(cursor, files, at, _TOUCHED.format(at=naive.isoformat()))
    cursor.execute(traits.WARDS)
    # Measures are asked of what was worked out of them.
    cursor.execute(f"drop table {frame}.traits")
    cursor.commit()


def drop(store: Store, frame: str) -> None:
    """Give a frame's memory back."""
    store.execute(f"drop schema {frame} cascade")
