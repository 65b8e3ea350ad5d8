"""What staff say of who is one person: a statement of their own, that they can take back."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import LinkKind
from streams.identity.statements import Pair
from streams.identity.store import take_back
from streams.identity.work import lock, work_out

# Known from now on, and not from the transaction's start: only from its first write on do those
# who ask for the past wait for a service (`streams.runtime.horizon`).
_SAY = text("""
insert into identity_statements
  (event_id, number, one, other, kind, source, version, said_at, known_at, who, reason)
select :id, 0, :one, :other, :kind, :source, '', at, at, :who, :reason from clock_timestamp() at
returning event_id, one, other, thread
""")
# The last that staff said of a pair, whoever was named first, if it still stands.
_STANDS = text("""
select event_id, kind from identity_statements
where who is not null and withdrawn_at is null
  and (one = :one and other = :other or one = :other and other = :one)
order by said_at desc, version desc, event_id desc limit 1
""")
_IS_STAFFS = text("""
select one, other from identity_statements where event_id = :id and who is not null
  and withdrawn_at is null for update
""")
_DISMISS = text("""
insert into review_dismissals (review_id, who, reason) values (:id, :who, :reason)
on conflict do nothing
""")


class Word(NamedTuple):
    """A member of staff's word: who, of which organisation (ODS code), and why."""

    who: str
    org: str
    reason: str


async def say(tx: AsyncConnection, pairs: Sequence[Pair], kind: LinkKind, word: Word) -> list[UUID]:
    """Say that each pair is one person (LINKED), or is not (PARTED); returns the statements' ids.

    What was said already, and not taken back, is not said again.
    """
    if not pairs:
        return []
    await lock(tx)
    ids, changes = [], []
    for one, other in pairs:
        stands = (await tx.execute(_STANDS, {"one": one, "other": other})).one_or_none()
        if stands is not None and stands.kind == kind:
            ids.append(stands.event_id)
            continue
        values = {"id": uuid4(), "one": one, "other": other, "kind": kind.value}
        said = values | {"source": word.org, "who": word.who, "reason": word.reason}
        changes.append((await tx.execute(_SAY, said)).one())
        ids.append(values["id"])
    await work_out(tx, changes)
    return ids


async def unsay(tx: AsyncConnection, statement: UUID, who: str) -> Pair | None:
    """Take back what a member of staff said, with whom it was about; None where nothing stands."""
    await lock(tx)
    pair = (await tx.execute(_IS_STAFFS, {"id": statement})).one_or_none()
    if pair is None:
        return None
    await take_back(tx, statement, who)
    return pair.one, pair.other


async def dismiss(tx: AsyncConnection, review: UUID, word: Word) -> None:
    """Leave what a review asks as it is. The same question is not asked again."""
    await tx.execute(_DISMISS, {"id": review, "who": word.who, "reason": word.reason})
