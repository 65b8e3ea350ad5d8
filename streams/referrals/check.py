"""The referrals folded again from the facts: where they differ, and the mending of it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import decode
from schemas.times import EPOCH, micros
from streams.referrals.facts import ReferralFact, Role, merged, names_in
from streams.referrals.projector import Referrals
from streams.referrals.read import facts_of
from streams.referrals.referral import Referral
from streams.referrals.store import decode_facts, known, lock, write
from streams.referrals.strands import plan
from streams.runtime.difference import Difference, mark

# What is stored of a strand, beside the facts that its threads have; what only the strand knows of
# is a fact too: it came here first.
_STRANDS = text("""
select s.name, s.subjects, cast(s.facts as text) as facts,
  array(select n.name from referral_names n where n.strand = s.name) as names,
  array(select cast(r.referral as text) from referrals r where r.strand = s.name) as referrals,
  array(select r.name from referrals r where r.strand = s.name and not (
    r.name = r.referral->>'name' and r.status = r.referral->>'status'
    and r.subject is not distinct from r.referral->>'subject'
    and r.priority is not distinct from r.referral->>'priority'
    and r.owner is not distinct from
      coalesce(r.referral#>>'{owner,code}', r.referral#>>'{owner,name}')
    and r.receiver is not distinct from
      coalesce(r.referral#>>'{receiver,code}', r.referral#>>'{receiver,name}')
    and r.sent_at is not distinct from cast(r.referral->>'sent_at' as timestamptz)
    and r.answer_due is not distinct from cast(r.referral->>'answer_due' as timestamptz)
    and r.accepted_at is not distinct from cast(r.referral->>'accepted_at' as timestamptz)
    and r.first_contact_at is not distinct from
      cast(r.referral#>>'{first_contact,at}' as timestamptz)
    and r.closed_at is not distinct from cast(r.referral->>'closed_at' as timestamptz)
  )) as unlike_their_columns, f.events, f.known_at
from referral_strands s left join lateral (
  select array_agg(f.event order by f.event_id) as events,
    array_agg(f.known_at order by f.event_id) as known_at
  from referral_names n join facts f on f.thread = n.name where n.strand = s.name
) f on true
""")
_WITHOUT_A_STRAND = text("""
select f.event, f.known_at from facts f
where not exists (select from referral_names n join referral_strands s on s.name = n.strand
                  where n.name = f.thread)
""")
_OF_NO_STRAND = text("""
select name from referral_names n
where not exists (select from referral_strands s where s.name = n.strand)
union select name from referrals r
where not exists (select from referral_strands s where s.name = r.strand)
""")
# Nothing else may change a strand meanwhile, however long the comparison takes.
_PATIENCE = text("set local idle_in_transaction_session_timeout = 0")
_CLEAR = (
    text("delete from referral_strands where name = any(:strands)"),
    text(
        "delete from referral_names n where strand = any(:strands)"
        " or not exists (select from referral_strands s where s.name = n.strand)"
    ),
    text(
        "delete from referrals r where strand = any(:strands)"
        " or not exists (select from referral_strands s where s.name = r.strand)"
    ),
)

_referral = msgspec.json.Decoder(Referral).decode


class Compared(NamedTuple):
    """A strand, or what has none, whose rows are not the fold of its facts."""

    row: str
    stored: object
    folded: object
    facts: list[ReferralFact]


async def compared(connection: AsyncConnection) -> AsyncIterator[Compared]:
    """Every strand that differs, every fact that is in none, every row that belongs to none."""
    async with connection.stream(_STRANDS) as rows:
        async for row in rows:
            found = _compared(row)
            if found.stored != found.folded:
                yield found
    async with connection.stream(_WITHOUT_A_STRAND) as rows:
        async for row in rows:
            event = decode(row.event)
            facts = facts_of(event, micros(row.known_at))
            if facts:
                yield Compared(event.id, None, facts, facts)
    for row in await connection.execute(_OF_NO_STRAND):
        yield Compared(row.name, row.name, None, [])


def _compared(row: Any) -> Compared:
    kept = _decoded(row.facts)
    told = zip(row.events or (), row.known_at or (), strict=True)
    fresh = [fact for event, at in told for fact in facts_of(decode(event), micros(at))]
    facts = whole(kept, fresh)
    strands = plan(facts, []).strands
    stored = (
        [(row.name, sorted(row.names), sorted(row.subjects))],
        kept,
        sorted(map(_referral, row.referrals), key=lambda one: one.name),
        row.unlike_their_columns,
    )
    folded: tuple[object, ...] = (
        [(strand.name, strand.names, strand.subjects) for strand in strands],
        facts,
        sorted((r for strand in strands for r in strand.referrals), key=lambda one: one.name),
        [],
    )
    return Compared(row.name, stored, folded, facts)


def _decoded(facts: str) -> list[ReferralFact]:
    try:
        return decode_facts(facts)
    except msgspec.DecodeError:
        return []


def whole(kept: Sequence[ReferralFact], fresh: Sequence[ReferralFact]) -> list[ReferralFact]:
    """What is kept, as far as the stored facts say the same, and what they say beside it."""
    said = {_key(fact): fact for fact in fresh}
    sound = [fact for fact in kept if _is_same(fact, said.get(_key(fact), fact))]
    first: dict[tuple[str, Role], int] = {}
    for fact in kept:
        first[_key(fact)] = min(fact.known, first.get(_key(fact), fact.known))
    again = [replace(fact, known=first.get(_key(fact), fact.known)) for fact in fresh]
    return merged(sound, again)


def _key(fact: ReferralFact) -> tuple[str, Role]:
    return fact.event_id, fact.role


def _is_same(kept: ReferralFact, said: ReferralFact) -> bool:
    """Two reports of one fact may have been received, and so written down, at other times."""
    if kept.version == said.version:
        return replace(kept, known=said.known, rank=said.rank) == said
    return _timeless(kept) == _timeless(said)


def _timeless(fact: ReferralFact) -> ReferralFact:
    return replace(fact, known=0, version="", rank="", said_at=EPOCH)


async def differences(connection: AsyncConnection) -> AsyncIterator[Difference]:
    async for found in compared(connection):
        yield Difference(Referrals.name, found.row, mark(found.stored), mark(found.folded))


async def rebuild(reading: AsyncConnection, tx: AsyncConnection) -> int:
    """Put every strand that differs right, with its referrals; returns how many rows there were.

    The workers' referrals wait meanwhile.
    """
    await tx.execute(_PATIENCE)
    await lock(tx)
    found = [one async for one in compared(reading)]
    if not found:
        return 0
    for clear in _CLEAR:
        values = {"strands": [one.row for one in found]}
        await tx.execute(clear, values)
    facts = [fact for one in found for fact in one.facts]
    stored = await known(tx, _names(facts))
    await write(tx, plan(facts, stored.strands))
    return len(found)


def _names(facts: Iterable[ReferralFact]) -> set[str]:
    return {name for fact in facts for name in names_in(fact)}
