"""Snapshots of 08:00 and midnight: taken as known then, and restated by what is known later.

What was told stays as it was told. Each later difference is a restatement: the old value, the new
one, when, and which stays and events made it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.times import micros
from services.figures.counted import Key, counted
from services.figures.moments import Moment, due, moment_of
from services.figures.publish import is_first
from services.figures.reasons import Reason, reasons, touched
from streams.flow.projector import decode_facts

# Daily situation reports are amended for 14 days; a late fact may take a month.
RESTATED_FOR: Final = timedelta(days=35)
CHECK_EVERY: Final = timedelta(minutes=10)
# Rows are known from their transaction's start, and a check may be before its end.
_OVERLAP: Final = timedelta(minutes=1)
# After a history was loaded there may be a million: nobody reads why.
MOST_STAYS: Final = 2_000

_LAST = text("select max(at) from snapshots")
_TAKE = text(
    "insert into snapshots (at, taken_at, checked_at) select at, now(), now()"
    " from unnest(cast(:at as timestamptz[])) as m(at)"
)
_KEEP = text(
    "insert into snapshot_figures (at, figure, value) select * from"
    " unnest(cast(:at as timestamptz[]), cast(:figures as text[]), cast(:values as float8[]))"
)
_CHECKED = text("select min(checked_at) from snapshots where at >= :since")
_MOMENTS = text("select at from snapshots where at >= :since order by at")
# The last value told of a figure: its latest restatement, else the snapshot's own.
_TOLD = text("""
select distinct on (at, figure) at, figure, value from (
  select at, figure, value, 0 as id from snapshot_figures where at >= :since
  union all select at, figure, value, id from restatements where at >= :since
) t order by at, figure, id desc
""")
_TOUCHED = text("""
select cast(facts as text) as facts from stays
where known_at >= :since order by known_at desc limit :most
""")
_RESTATE = text("""
insert into restatements (at, figure, was, value, why)
select at, figure, was, value, cast(why as jsonb) from unnest(
  cast(:at as timestamptz[]), cast(:figures as text[]), cast(:was as float8[]),
  cast(:values as float8[]), cast(:why as text[])) as r(at, figure, was, value, why)
""")
_CHECK = text("update snapshots set checked_at = now() where at >= :since")


class Restated(NamedTuple):
    """A figure of a snapshot that is another one now."""

    at: datetime
    figure: str
    was: float
    value: float


async def keep(database: AsyncEngine, now: datetime) -> None:
    """Take the snapshots that are due, and restate those that can still change, now and then.

    One replica does; another one leaves at once.
    """
    async with database.begin() as tx:
        if await is_first(tx):
            await take(tx, now)
            checked = (await tx.execute(_CHECKED, {"since": now - RESTATED_FOR})).scalar()
            if checked is not None and now - checked >= CHECK_EVERY:
                await restate(tx, now, checked)


async def take(tx: AsyncConnection, now: datetime) -> list[Moment]:
    """Keep the figures of each moment that has come since the last one; returns these."""
    moments = due((await tx.execute(_LAST)).scalar(), now)
    if moments:
        await tx.execute(_TAKE, {"at": [moment.at for moment in moments]})
        await tx.execute(_KEEP, _columns(await counted(tx, moments)))
    return moments


async def restate(tx: AsyncConnection, now: datetime, checked: datetime) -> list[Restated]:
    """Count every snapshot that can still change again; returns what differs, and records it.

    `checked`: when they were last held against what was known.
    """
    since = {"since": now - RESTATED_FOR}
    moments = [moment_of(row.at) for row in await tx.execute(_MOMENTS, since)]
    told = {(row.at, row.figure): row.value for row in await tx.execute(_TOLD, since)}
    found = differences(told, await counted(tx, moments))
    if found:
        why = await _why(tx, found, checked)
        await tx.execute(_RESTATE, _rows(found, why))
    await tx.execute(_CHECK, since)
    return found


def differences(told: Mapping[Key, float], now: Mapping[Key, float]) -> list[Restated]:
    """What differs from what was told last. A figure that nobody told, or that is gone, is 0."""
    both = sorted({*told, *now})
    pairs = ((key, told.get(key, 0.0), now.get(key, 0.0)) for key in both)
    return [Restated(*key, was, value) for key, was, value in pairs if was != value]


async def _why(
    tx: AsyncConnection, found: Sequence[Restated], checked: datetime
) -> dict[Key, Reason]:
    """The reasons, as far as the stays that changed last since the check tell them."""
    values = {"since": checked - _OVERLAP, "most": MOST_STAYS}
    facts = [row.facts for row in await tx.execute(_TOUCHED, values)]
    return await asyncio.to_thread(_reasons, [(r.at, r.figure) for r in found], facts, checked)


def _reasons(keys: Sequence[Key], facts: Sequence[str], checked: datetime) -> dict[Key, Reason]:
    return reasons(keys, [touched(decode_facts(one), micros(checked)) for one in facts])


def _columns(figures: Mapping[Key, float]) -> dict[str, list[Any]]:
    return {
        "at": [at for at, _ in figures],
        "figures": [figure for _, figure in figures],
        "values": list(figures.values()),
    }


def _rows(found: Sequence[Restated], why: Mapping[Key, Reason]) -> dict[str, list[Any]]:
    return {
        "at": [one.at for one in found],
        "figures": [one.figure for one in found],
        "was": [one.was for one in found],
        "values": [one.value for one in found],
        "why": [msgspec.json.encode(why[one.at, one.figure]).decode() for one in found],
    }
