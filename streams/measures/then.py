"""Stays, referrals and people as they were known at a past moment, where that has changed since.

What was known then is folded again from the facts that were known then, so it never changes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.times import EPOCH, micros
from streams.flow import projector
from streams.flow.facts import VisitFact, VisitKey
from streams.flow.plan import Row, counting
from streams.flow.stay import MOVED, stay_of
from streams.identity.people import people
from streams.identity.reach import reached
from streams.identity.statements import said_by
from streams.referrals.fold import referrals_of
from streams.referrals.store import answers_of
from streams.referrals.store import decode_facts as decode_referral_facts

AT_ONCE: Final = 2_000
People = Mapping[str, UUID | None]
Line = Sequence[Any]
Folded = Iterable[tuple[str | None, Line]]

# An identity that nothing was known of then was nobody's.
_CHANGED: Final = text("""
select key, exists (select from timeline t where t.subject = key and t.known_at <= :at) as was_there
from identities where changed_at > :at
""")
_NOW: Final = text("select key, person_id from identities where key = any(:keys)")
_STAYS: Final = text("""
select source, visit, cast(facts as text) as facts from stays where known_at > :at
""")
_STRANDS: Final = text("""
select cast(facts as text) as facts from referral_strands
where name in (select strand from referrals where known_at > :at)
""")
_encode = msgspec.json.Encoder().encode


async def people_then(tx: AsyncConnection, at: datetime) -> dict[str, UUID | None]:
    """The person of each identity that has another one since a moment, or had none then."""
    rows = (await tx.execute(_CHANGED, {"at": at})).all()
    were = [row.key for row in rows if row.was_there]
    found: dict[str, UUID] = {}
    if were:
        around = await reached(tx, were, at)
        found = people(around.own_ids, said_by(around.statements)).person
    return {row.key: found.get(row.key) if row.was_there else None for row in rows}


async def folded(
    tx: AsyncConnection, table: str, at: datetime, then: People
) -> AsyncIterator[list[Line]]:
    """The rows of a table that changed after a moment, as they were known then, part by part."""
    if table not in _FOLDS:
        return
    query, fold = _FOLDS[table]
    async with tx.stream(query, {"at": at}) as rows:
        async for part in rows.partitions(AT_ONCE):
            lines = await asyncio.to_thread(lambda rows: list(fold(rows, at)), part)
            yield await _with_people(tx, lines, then)


async def _with_people(
    tx: AsyncConnection, lines: Sequence[tuple[str | None, Line]], then: People
) -> list[Line]:
    """The lines, each with the person in the place of its subject."""
    keys = sorted({subject for subject, _ in lines if subject})
    now = {row.key: row.person_id for row in await tx.execute(_NOW, {"keys": keys})}
    person = now | dict(then)
    return [
        [person.get(subject) if value is _PERSON else value for value in line]
        for subject, line in lines
    ]


_PERSON: Final = object()


def stay_line(key: VisitKey, known: list[VisitFact], person: UUID | None) -> Line:
    """The stay that these facts describe, as the engine reads it."""
    _, line = _stay(key, known)
    return [person if value is _PERSON else value for value in line]


def _stays(rows: Iterable[Any], at: datetime) -> Folded:
    """In the order of the columns that the engine reads; what was not known then has moved."""
    for row in rows:
        known = counting(projector.decode_facts(row.facts), micros(at))
        yield _stay(VisitKey(row.source, row.visit), known)


def _stay(key: VisitKey, known: list[VisitFact]) -> tuple[str | None, Line]:
    stay = stay_of(known) if known else MOVED
    said = projector.columns_of([Row(key, 0, known, stay)])
    changed = max((fact.known for fact in known), default=0)
    return stay.subject, [
        key.source,
        key.visit,
        _PERSON,
        stay.provider,
        stay.visit_class,
        stay.setting.value,
        stay.status,
        stay.admitted_at,
        stay.discharged_at,
        stay.expected_discharge,
        *(said[name][0] for name in ("segments", "leaves", "nights")),
        _encode(stay.flags).decode(),
        EPOCH + timedelta(microseconds=changed),
    ]


_REQUEST: Final = ("statuses", "sent", "due", "accepted", "contacts", "closed")


def _requests(rows: Iterable[Any], at: datetime) -> Folded:
    for row in rows:
        known = [f for f in decode_referral_facts(row.facts) if f.known <= micros(at)]
        changed = max((fact.known for fact in known), default=0)
        for one in referrals_of(known):
            said = answers_of([("", one)])
            values = [said[name][0] for name in _REQUEST]
            when = EPOCH + timedelta(microseconds=changed)
            yield one.subject, [one.name, _PERSON, said["receivers"][0], *values, when]


_FOLDS: Final[Mapping[str, tuple[TextClause, Callable[[Iterable[Any], datetime], Folded]]]] = (
    MappingProxyType({"stays": (_STAYS, _stays), "requests": (_STRANDS, _requests)})
)
