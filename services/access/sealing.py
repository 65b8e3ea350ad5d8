"""Seals what was written to the audit, block by block, behind all who still write.

Nobody who reads a record waits for it: lines are read once every transaction that began before them
has ended, no lock is taken that a look would need, and whoever is not first to seal leaves at once.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import Row, func, insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.tables import access_log, audit_checks, audit_seals
from services.access.seals import (
    COLUMNS,
    FORM,
    Keys,
    Line,
    Place,
    Seal,
    needs_signing,
    packed,
    sealed,
    unpacked,
    until_of,
)
from services.logs import where
from streams.runtime import metrics
from streams.runtime.retry import is_the_world, wait_s

log = structlog.get_logger()

# As long as a line can be taken away without a trace: shorter costs a seal more often.
SEAL_EVERY_S: Final = 5.0
LONGEST_PAUSE_S: Final = 60.0
# Of one seal. A history of looks from before there were seals comes in blocks of this size.
MOST_LINES: Final = 10_000

_FIRST = text("select pg_try_advisory_xact_lock(7420004)")
# Every transaction with a smaller id has ended: none of them can add a line.
_ENDED = text("(pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")
_NOW = text("select clock_timestamp()")


class State(NamedTuple):
    """How far the audit is sealed. `waiting`: lines that are not yet.

    `until`: every look before that moment is sealed. `checked_at`: when it was last held against
    its seals, `faults`: how many were found then; None where it never was.
    """

    number: int
    until: datetime
    waiting: int
    checked_at: datetime | None
    faults: int | None


async def seal(database: AsyncEngine, keys: Keys, most: int = MOST_LINES) -> Seal | None:
    """Seal what is settled, at most so many lines; None where another does or there is none."""
    async with database.begin() as tx:
        if not (await tx.execute(_FIRST)).scalar():
            return None
        last = await last_seal(tx)
        lines = await _settled(tx, until_of(last), most)
        if not lines and not needs_signing(last, keys):
            return None
        at = (await tx.execute(_NOW)).scalar_one()
        made = await asyncio.to_thread(sealed, last, lines, at, keys)
        await tx.execute(insert(audit_seals).values(**_stored(made)))
    return made


async def seal_all(database: AsyncEngine, keys: Keys) -> list[Seal]:
    """Seal block by block until nothing that is settled is left."""
    made: list[Seal] = []
    while found := await seal(database, keys):
        made.append(found)
        # What is kept of a log outside tells later that the chain was cut behind it.
        log.info("audit-sealed", number=found.number, looks=len(found.leaves), **_marks(found))
    return made


def _marks(seal: Seal) -> dict[str, object]:
    return {"digest": seal.digest.hex(), "signed": seal.mac is not None}


async def last_seal(tx: AsyncConnection) -> Seal | None:
    """The end of the chain, without its leaves."""
    newest = select(*_HEAD).order_by(audit_seals.c.number.desc()).limit(1)
    row = (await tx.execute(newest)).one_or_none()
    return seal_of(row, b"") if row else None


_HEAD = [column for column in audit_seals.c if column.name != "leaves"]


def seal_of(row: Row[Any], leaves: bytes) -> Seal:
    """A seal as it is stored."""
    until = Place(row.until_xid, row.until_id)
    return Seal(
        row.number,
        row.form,
        until,
        unpacked(leaves),
        row.previous,
        row.sealed_at,
        row.digest,
        row.mac,
    )


def _stored(seal: Seal) -> dict[str, object]:
    return {
        "number": seal.number,
        "form": seal.form,
        "until_xid": seal.until.xid,
        "until_id": seal.until.id,
        "lines": len(seal.leaves),
        "leaves": packed(seal.leaves),
        "previous": seal.previous,
        "sealed_at": seal.sealed_at,
        "digest": seal.digest,
        "mac": seal.mac,
    }


async def _settled(tx: AsyncConnection, after: Place, most: int) -> list[Line]:
    lines = (
        select(*columns_of(FORM))
        .where(behind(after), access_log.c.xid < _ENDED)
        .order_by(access_log.c.xid, access_log.c.id)
        .limit(most)
    )
    return [line_of(row) for row in await tx.execute(lines)]


def behind(place: Place) -> Any:
    """Of the audit: what comes behind a place in the order of sealing."""
    return tuple_(access_log.c.xid, access_log.c.id) > place


def columns_of(form: int) -> Sequence[Any]:
    """The columns that a form is made of; of one that is not known, those of the last."""
    return [access_log.c[name] for name in COLUMNS.get(form, COLUMNS[FORM])]


def line_of(row: Row[Any]) -> Line:
    """A line of the audit as it is stored."""
    return Line(Place(row.xid, row.id), tuple(row))


async def state(tx: AsyncConnection) -> State:
    """How far the audit is sealed, and when it was last checked."""
    last = await last_seal(tx)
    lines = select(func.count(), func.min(access_log.c.known_at)).where(behind(until_of(last)))
    waiting, oldest = (await tx.execute(lines)).one()
    newest = select(audit_checks).order_by(audit_checks.c.id.desc()).limit(1)
    check = (await tx.execute(newest)).one_or_none()
    return State(
        last.number if last else 0,
        oldest or (await tx.execute(_NOW)).scalar_one(),
        waiting,
        check.checked_at if check else None,
        check.faults if check else None,
    )


class Sealing:
    """Seals again and again while the process runs, and shows how far it came."""

    def __init__(self, database: AsyncEngine, keys: Keys) -> None:
        self.database, self.keys = database, keys
        self._reached = 0

    async def run(self) -> None:
        """Until it is cancelled. What fails is tried again; the gauge stands still meanwhile."""
        tries = 0
        while True:
            try:
                await self.once()
                tries = 0
            except Exception as error:
                _report(error)
                tries += 1
            await asyncio.sleep(wait_s(tries, LONGEST_PAUSE_S) if tries else SEAL_EVERY_S)

    async def once(self) -> None:
        """Seal what there is, and show the state, which another process may have made."""
        await seal_all(self.database, self.keys)
        async with self.database.connect() as connection:
            found = await state(connection)
        metrics.AUDIT_SEALS.set(found.number)
        metrics.AUDIT_SEALED_UNTIL.set(found.until.timestamp())
        if found.number < self._reached:
            log.error("audit-cut", reached=self._reached, number=found.number)
        self._reached = found.number


def _report(error: Exception) -> None:
    if is_the_world(error):
        log.warning("sealing-held", error=type(error).__name__)
    else:
        log.error("bug", **where(error))
