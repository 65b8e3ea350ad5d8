"""What the reject desk reads and sends again, over a connection that the caller owns."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer
from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.hl7v2 import characters_of, is_hl7v2
from schemas.inbound import Inbound
from schemas.tables import rejects
from schemas.topics import ContentType, Topic

SHOWN = (
    rejects.c.reject_id,
    rejects.c.stage,
    rejects.c.reason,
    rejects.c.source,
    rejects.c.sector,
    rejects.c.content_type,
    rejects.c.message_id,
    rejects.c.problems,
    rejects.c.received,
    rejects.c.known_at,
    rejects.c.redriven_at,
    rejects.c.redriven_by,
)


async def listed(
    tx: AsyncConnection, *, reason: str | None, source: str | None, after: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Rejects by id, without their content; `after` is the last id of the page before."""
    query = select(*SHOWN).order_by(rejects.c.reject_id).limit(limit)
    for column, value in ((rejects.c.reason, reason), (rejects.c.source, source)):
        query = query.where(column == value) if value else query
    query = query.where(rejects.c.reject_id > after) if after else query
    return (await tx.execute(query)).mappings().all()


async def shown(tx: AsyncConnection, reject: UUID) -> RowMapping | None:
    """One reject with its original bytes; None where there is none."""
    query = select(*SHOWN, rejects.c.original).where(rejects.c.reject_id == reject)
    return (await tx.execute(query)).mappings().one_or_none()


def text_of(original: bytes) -> str:
    """Original bytes for somebody to read: HL7 v2 in the characters that it says it is in."""
    if is_hl7v2(original):
        return characters_of(original).text
    return original.decode(errors="replace")


async def redrive(
    tx: AsyncConnection, producer: AIOKafkaProducer, chosen: Sequence[UUID], by: str
) -> int:
    """Send rejects to intake again, and note who did; returns how many were sent.

    What is still wrong comes back as the same reject.
    """
    query = select(rejects).where(rejects.c.reject_id.in_(chosen)).with_for_update()
    rows = (await tx.execute(query)).mappings().all()
    for row in rows:
        again = _as_received(row)
        await producer.send_and_wait(
            Topic.INBOUND, again.body, key=again.message_id.encode(), headers=again.headers()
        )
    noted = {"redriven_at": func.now(), "redriven_by": by}
    await tx.execute(update(rejects).where(rejects.c.reject_id.in_(chosen)).values(**noted))
    return len(rows)


def _as_received(row: Any) -> Inbound:
    return Inbound(
        bytes(row["original"]),
        row["source"] or "",
        row["sector"] or "unknown",
        row["content_type"] or ContentType.FHIR,
        row["message_id"] or "",
        row["received"],
    )
