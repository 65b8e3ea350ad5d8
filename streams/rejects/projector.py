"""Stores `care.rejected.v1`, so that people can look, filter and send again."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from aiokafka import ConsumerRecord
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.errors import Problem, Reason
from schemas.inbound import header_text, received_at
from schemas.tables import rejects
from schemas.topics import Header, Topic

# Headers that are kept as columns.
SHORT = frozenset(set(Header) - {Header.PROBLEMS})


class Rejects:
    """The projection of the rejected topic into the rejects table."""

    name = "rejects"

    def read(self, records: Iterable[ConsumerRecord]) -> list[dict[str, Any]]:
        """A row of the rejects table for each record."""
        return [row_of(record) for record in records]

    async def apply(self, tx: AsyncConnection, work: list[dict[str, Any]]) -> None:
        await keep(tx, work)


async def keep(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Store rejects, each once however often it came."""
    if rows:
        await tx.execute(insert(rejects).on_conflict_do_nothing(), list(rows))


def row_of(record: ConsumerRecord) -> dict[str, Any]:
    """The reject in a record: its headers say why, its value is the original."""
    headers = {name: header_text(value) for name, value in record.headers if name in SHORT}
    return {
        "reject_id": reject_id(headers.get(Header.SOURCE, ""), record.value or b""),
        "stage": headers.get(Header.STAGE, Topic.REJECTED),
        "reason": headers.get(Header.REASON, Reason.NOT_AN_EVENT),
        "source": headers.get(Header.SOURCE),
        "sector": headers.get(Header.SECTOR),
        "content_type": headers.get(Header.CONTENT_TYPE),
        "message_id": headers.get(Header.MESSAGE_ID),
        "problems": problems_of(record),
        "original": record.value or b"",
        "received": received_at(record.timestamp),
    }


def problems_of(record: ConsumerRecord) -> list[Any]:
    """What intake said is wrong; nothing where somebody else wrote the record."""
    said = dict(record.headers).get(Header.PROBLEMS) or b"[]"
    try:
        return [list(problem) for problem in msgspec.json.decode(said, type=list[Problem])]
    except msgspec.DecodeError:
        return []


def stranger_row(record: ConsumerRecord, stage: str) -> dict[str, Any]:
    """The reject that a record of `care.events.v1` is when it holds no care event."""
    problem = Problem("", "structure", "not a care event; only intake writes to this topic")
    return row_of(record) | {
        "stage": stage,
        "reason": Reason.NOT_AN_EVENT,
        "problems": [list(problem)],
    }


def reject_id(source: str, original: bytes) -> UUID:
    """One id for one refused content of one source."""
    return UUID(bytes=blake2b(source.encode() + b"\0" + original, digest_size=16).digest())
