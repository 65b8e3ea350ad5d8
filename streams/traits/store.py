"""Traits in PostgreSQL, over a transaction that the caller owns."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import CareEvent
from streams.traits.trait import Trait

_ADD = text("""
insert into traits
  (event_id, number, kind, subject, source, thread, version, recorded, said)
select event_id, number, kind, subject, source, thread, version, recorded, cast(said as jsonb)
from unnest(
  cast(:ids as uuid[]), cast(:numbers as int[]), cast(:kinds as text[]),
  cast(:subjects as text[]), cast(:sources as text[]), cast(:threads as text[]),
  cast(:versions as text[]), cast(:recorded as timestamptz[]), cast(:said as text[])
) as t(event_id, number, kind, subject, source, thread, version, recorded, said)
on conflict do nothing
""")
_WITHDRAW = text(
    "update traits set withdrawn_at = now() where event_id = any(:ids) and withdrawn_at is null"
)

Told = tuple[CareEvent, tuple[Trait, ...]]


async def add(tx: AsyncConnection, told: Iterable[Told]) -> None:
    """Keep what events say; what is known already stays as it is."""
    columns = columns_of(told)
    if columns["ids"]:
        await tx.execute(_ADD, columns)


async def withdraw(tx: AsyncConnection, event_ids: Sequence[UUID]) -> None:
    """Take back what these facts said."""
    await tx.execute(_WITHDRAW, {"ids": list(event_ids)})


def columns_of(told: Iterable[Told]) -> dict[str, list[Any]]:
    """The traits as one list a column: what a single `unnest` statement takes."""
    rows = [(event, number, trait) for event, traits in told for number, trait in enumerate(traits)]
    return {
        "ids": [UUID(event.id) for event, _, _ in rows],
        "numbers": [number for _, number, _ in rows],
        "kinds": [trait.kind.value for _, _, trait in rows],
        "subjects": [trait.subject for _, _, trait in rows],
        "sources": [event.source for event, _, _ in rows],
        "threads": [trait.thread for _, _, trait in rows],
        "versions": [event.version for event, _, _ in rows],
        "recorded": [event.recorded for event, _, _ in rows],
        "said": [orjson.dumps(trait.said).decode() for _, _, trait in rows],
    }
