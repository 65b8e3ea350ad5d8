"""Strands and their referrals in PostgreSQL, over a transaction that the caller owns."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.referrals.facts import Party, ReferralFact
from streams.referrals.referral import Referral
from streams.referrals.strands import Changes, Strand

# The two sides of a referral publish in different partitions: two workers that each join half of
# its names would leave it in two parts, and one would always have to try again.
_LOCK = text("select pg_advisory_xact_lock(7420003)")
_READ = text("""
select now() as known, s.name, cast(s.facts as text) as facts
from (select 1) as one left join lateral (
  select distinct strand from referral_names where name = any(:names)
) n on true left join referral_strands s on s.name = n.strand
""")
_WRITE = text("""
with gone as (
  delete from referral_strands where name = any(:gone)
), strands as (
  insert into referral_strands as s (name, subjects, facts)
  select name, array(select jsonb_array_elements_text(cast(subjects as jsonb))),
    cast(facts as json)
  from unnest(cast(:strands as text[]), cast(:subjects as text[]), cast(:facts as text[]))
    as i(name, subjects, facts)
  on conflict (name) do update set subjects = excluded.subjects, facts = excluded.facts,
    known_at = now()
), names as (
  insert into referral_names as n (name, strand)
  select * from unnest(cast(:names as text[]), cast(:strands_of_names as text[]))
  on conflict (name) do update set strand = excluded.strand where n.strand <> excluded.strand
), left_behind as (
  delete from referrals where strand = any(:touched) and name <> all(:referrals)
)
insert into referrals as r (name, strand, subject, status, priority, owner, receiver, sent_at,
  answer_due, accepted_at, first_contact_at, closed_at, referral)
select name, strand, subject, status, priority, owner, receiver, sent_at, answer_due, accepted_at,
  first_contact_at, closed_at, cast(referral as jsonb)
from unnest(
  cast(:referrals as text[]), cast(:strands_of_referrals as text[]), cast(:people as text[]),
  cast(:statuses as text[]), cast(:priorities as text[]), cast(:owners as text[]),
  cast(:receivers as text[]), cast(:sent as timestamptz[]), cast(:due as timestamptz[]),
  cast(:accepted as timestamptz[]), cast(:contacts as timestamptz[]),
  cast(:closed as timestamptz[]), cast(:answers as text[])
) as i(name, strand, subject, status, priority, owner, receiver, sent_at, answer_due, accepted_at,
       first_contact_at, closed_at, referral)
on conflict (name) do update set strand = excluded.strand, subject = excluded.subject,
  status = excluded.status, priority = excluded.priority, owner = excluded.owner,
  receiver = excluded.receiver, sent_at = excluded.sent_at, answer_due = excluded.answer_due,
  accepted_at = excluded.accepted_at, first_contact_at = excluded.first_contact_at,
  closed_at = excluded.closed_at, referral = excluded.referral, known_at = now()
""")

_encode = msgspec.json.Encoder().encode
decode_facts = msgspec.json.Decoder(list[ReferralFact]).decode


class Known(NamedTuple):
    """The strands that have any of the names asked for, and the transaction's own moment."""

    strands: list[Strand]
    at: datetime


async def lock(tx: AsyncConnection) -> None:
    """Wait until no other transaction changes strands; the next statement sees what it did."""
    await tx.execute(_LOCK)


async def known(tx: AsyncConnection, names: Iterable[str]) -> Known:
    """What is stored under these names: one statement."""
    rows = (await tx.execute(_READ, {"names": sorted(names)})).all()
    strands = [Strand(row.name, decode_facts(row.facts)) for row in rows if row.name is not None]
    return Known(sorted(strands), rows[0].known)


async def write(tx: AsyncConnection, changes: Changes) -> None:
    """Store the changes: one statement, none where nothing changed."""
    if changes.strands or changes.gone:
        await tx.execute(_WRITE, columns_of(changes))


def columns_of(changes: Changes) -> dict[str, list[Any]]:
    """The changes as one list a column: what a single `unnest` statement takes."""
    strands = changes.strands
    names = [(name, strand.name) for strand in strands for name in strand.names]
    return {
        "gone": changes.gone,
        "touched": [*changes.gone, *(strand.name for strand in strands)],
        "strands": [strand.name for strand in strands],
        "subjects": [_encode(strand.subjects).decode() for strand in strands],
        "facts": [_encode(strand.facts).decode() for strand in strands],
        "names": [name for name, _ in names],
        "strands_of_names": [strand for _, strand in names],
        **answers_of([(strand.name, r) for strand in strands for r in strand.referrals]),
    }


def answers_of(referrals: Sequence[tuple[str, Referral]]) -> dict[str, list[Any]]:
    """The referrals' own columns, each with the strand that it comes from."""
    return {
        "strands_of_referrals": [strand for strand, _ in referrals],
        "referrals": [one.name for _, one in referrals],
        "people": [one.subject for _, one in referrals],
        "statuses": [one.status for _, one in referrals],
        "priorities": [one.priority for _, one in referrals],
        "owners": [_code(one.owner) for _, one in referrals],
        "receivers": [_code(one.receiver) for _, one in referrals],
        "sent": [one.sent_at for _, one in referrals],
        "due": [one.answer_due for _, one in referrals],
        "accepted": [one.accepted_at for _, one in referrals],
        "contacts": [one.first_contact.at if one.first_contact else None for _, one in referrals],
        "closed": [one.closed_at for _, one in referrals],
        "answers": [_encode(one).decode() for _, one in referrals],
    }


def _code(party: Party | None) -> str | None:
    """What a party is counted by: its code, else its name."""
    return (party.code or party.name) if party else None
