"""The audit held against its seals: every seal from the first, and every line behind each."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import func, insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.tables import access_log, audit_checks, audit_seals
from services.access.sealing import behind, columns_of, line_of, seal_of
from services.access.seals import (
    Anchor,
    Check,
    Fault,
    Keys,
    Line,
    Of,
    Place,
    Seal,
    Wrong,
    until_of,
)

# Of no transaction that there was: such a line would never be sealed.
_TO_COME = text("(pg_snapshot_xmax(pg_current_snapshot())::text)::bigint")


class Checked(NamedTuple):
    """What was found: how many seals there are, and all that is not as it was sealed."""

    seals: int
    faults: list[Fault]


async def check(database: AsyncEngine, keys: Keys, anchors: Iterable[Anchor] = ()) -> Checked:
    """Hold the audit against its seals, as they all are at one moment; keep when that was done."""
    async with database.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        async with connection.begin():
            found = await _checked(connection, Check(keys, tuple(anchors)))
    async with database.begin() as tx:
        said = {"checked_at": func.clock_timestamp(), "seals": found.seals}
        await tx.execute(insert(audit_checks).values(**said, faults=len(found.faults)))
    return found


async def _checked(tx: AsyncConnection, of: Check) -> Checked:
    faults: list[Fault] = []
    numbers = select(audit_seals.c.number).order_by(audit_seals.c.number)
    held = (await tx.execute(numbers)).scalars().all()
    for number in held:
        row = (await tx.execute(select(audit_seals).where(audit_seals.c.number == number))).one()
        seal = seal_of(row, row.leaves)
        faults += of.take(seal, await _lines(tx, seal, until_of(of.before)))
    return Checked(len(held), [*faults, *of.end(), *await _of_no_transaction(tx)])


async def _lines(tx: AsyncConnection, seal: Seal, after: Place) -> list[Line]:
    """The lines that lie where a seal says that its own do."""
    place = tuple_(access_log.c.xid, access_log.c.id)
    lines = select(*columns_of(seal.form)).where(behind(after), place <= seal.until)
    return [line_of(row) for row in await tx.execute(lines)]


async def _of_no_transaction(tx: AsyncConnection) -> list[Fault]:
    made_up = select(access_log.c.id).where(access_log.c.xid >= _TO_COME)
    ids = (await tx.execute(made_up.order_by(access_log.c.id))).scalars()
    return [Fault(Of.LOOK, number, Wrong.ADDED) for number in ids]
