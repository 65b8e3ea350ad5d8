"""HL7 v2 messages whose key another one holds: off the timeline, on the reject desk."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.errors import Problem, Reason
from schemas.events import CareEvent, decode
from schemas.topics import ContentType
from streams.identity.store import take_back
from streams.rejects.projector import keep, reject_id
from streams.runtime.message_keys import Claim, claim_of, content_of, settle
from streams.traits.store import withdraw

_OF_CLAIM = text("""
select event_id, event from facts
where kind like '%^%' and source = :source and message_id = :key
  and right(version, 12) = :content
""")
_WITHDRAW = text(
    "update timeline set withdrawn_at = now() where event_id = any(:ids) and withdrawn_at is null"
)
PROBLEM = Problem("MSH-10", "duplicate", "another message had this sender and control id before")


async def withhold(
    tx: AsyncConnection, events: Sequence[CareEvent], stage: str
) -> Sequence[CareEvent]:
    """The events that count: those that hold their message key, or have none.

    The others lie on the reject desk, and so does what held a key until now and is taken back.
    """
    claims = [claim_of(event) for event in events if event.is_hl7v2]
    if not claims:
        return events
    settled = await settle(tx, stage, claims)
    withheld = [
        event
        for event in events
        if event.is_hl7v2
        and settled.is_withheld(event.source, event.message_id, content_of(event.version))
    ]
    for claim in settled.displaced:
        withheld += await _taken_back(tx, claim)
    await keep(tx, list(_rejects(withheld, stage)))
    out = {event.id for event in withheld}
    return [event for event in events if event.id not in out]


async def _taken_back(tx: AsyncConnection, claim: Claim) -> list[CareEvent]:
    """The facts of a message that held its key until now, taken off the timeline."""
    values = {"source": claim.source, "key": claim.key, "content": claim.content}
    rows = (await tx.execute(_OF_CLAIM, values)).all()
    ids = [row.event_id for row in rows]
    await tx.execute(_WITHDRAW, {"ids": ids})
    await withdraw(tx, ids)
    for row in rows:
        await take_back(tx, row.event_id)
    return [decode(row.event) for row in rows]


def _rejects(events: Iterable[CareEvent], stage: str) -> Iterable[dict[str, Any]]:
    """A row of the reject desk for each message, once."""
    messages = {(event.source, event.text()): event for event in events}
    for (source, said), event in messages.items():
        original = said.encode()
        yield {
            "reject_id": reject_id(source, original),
            "stage": stage,
            "reason": Reason.MESSAGE_KEY_REUSED,
            "source": source,
            "sector": event.sector,
            "content_type": ContentType.HL7V2,
            "message_id": event.message_id,
            "problems": [list(PROBLEM)],
            "original": original,
            "received": event.received,
        }
