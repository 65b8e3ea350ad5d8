"""Stored stays, as far as the record holds the facts that they are made of. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Row

from schemas.times import EPOCH
from streams.flow.facts import VisitFact
from streams.flow.plan import counting
from streams.flow.stay import Leave, Segment, Stay, stay_of

decode_facts = msgspec.json.Decoder(list[VisitFact]).decode
_encode = msgspec.json.Encoder().encode
_segments = msgspec.json.Decoder(tuple[Segment, ...]).decode
_leaves = msgspec.json.Decoder(tuple[Leave, ...]).decode


class StoredStay(NamedTuple):
    """A visit as it is stored. `facts`: all that was said of it, as JSON.

    `unstored`: the ids of those that the record does not hold yet. `known_at`: when it changed.
    """

    source: str
    visit: str
    person_id: UUID | None
    stay: Stay
    known_at: datetime
    facts: str
    unstored: Sequence[str]


def stored_stay(row: Row[Any]) -> StoredStay:
    """What a row of the stays says."""
    stay = Stay(
        row.status,
        getattr(row, "class"),
        row.setting,
        row.provider,
        row.admitted_at,
        row.discharged_at,
        _segments(row.segments),
        _leaves(row.leaves),
        tuple(row.flags),
        row.subject,
        expected_discharge=row.expected_discharge,
    )
    return StoredStay(
        row.source, row.visit, row.person_id, stay, row.known_at, row.facts, row.unstored
    )


def as_held(stored: StoredStay) -> StoredStay | None:
    """The stay as if those facts alone had come that the record holds.

    None where it holds none of them, or where they were about somebody else.
    """
    if not stored.unstored:
        return stored
    facts = [one for one in decode_facts(stored.facts) if one.event_id not in stored.unstored]
    here = counting(facts)
    stay = stay_of(here) if here else None
    if stay is None or stay.subject != stored.stay.subject:
        return None
    known = max(max(fact.known, fact.gone) for fact in facts)
    return stored._replace(
        stay=stay,
        known_at=EPOCH + timedelta(microseconds=known),
        facts=_encode(facts).decode(),
        unstored=(),
    )
