"""Referrals as the API gives them: stored ones, and those that were known at a moment. Pure."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row

from schemas.times import EPOCH, micros
from streams.referrals.answer_times import VERSION
from streams.referrals.facts import ReferralFact
from streams.referrals.fold import referrals_of
from streams.referrals.referral import Referral, is_silent, next_step

_referral = msgspec.json.Decoder(Referral).decode
_facts = msgspec.json.Decoder(list[ReferralFact]).decode


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PartyOut(_Frozen):
    """An organisation, service, team or person, as far as the facts name it."""

    code: str | None = Field(None, description="ODS code, or the code that its source has for it")
    name: str | None = None


class ContactOut(_Frozen):
    """The person was seen or spoken to. UTC."""

    at: datetime
    how: str = Field(description="visit, appointment or message")


class ReferralOut(_Frozen):
    """One referral as it is known. Times in UTC."""

    referral: str = Field(description="what its sender calls it, with the sender's code")
    person_id: UUID
    status: str = Field(
        description="draft, sent, received, accepted, waiting, booked, being-seen, on-hold,"
        " completed, rejected, cancelled or entered-in-error"
    )
    what_for: str | None
    priority: str | None = Field(description="routine, urgent, asap or stat")
    requester: PartyOut | None
    receiver: PartyOut | None
    owner: PartyOut | None = Field(description="who has it now; nobody once it is closed")
    next_action: str | None = Field(
        description="send, answer, book, attend, record-outcome, review, resume or decide"
    )
    next_by: PartyOut | None = Field(description="who is to do it")
    due: datetime | None = Field(description="by when")
    first_contact: ContactOut | None
    last_contact: ContactOut | None = Field(description="when the person was last seen or told")
    outcome: str | None
    is_silent: bool = Field(description="nobody has answered within the answer time")
    sent_at: datetime | None
    received_at: datetime | None
    accepted_at: datetime | None
    closed_at: datetime | None
    wanted_by: datetime | None
    answer_due: datetime | None
    answer_times: str = Field(description="version of the table of answer times")
    names: list[str] = Field(description="everything that it is called")
    flags: list[str] = Field(description="what its facts contradict each other in")
    event_ids: list[UUID] = Field(description="the facts behind it, by time")


def stored(rows: Iterable[Row[Any]], person: UUID, now: datetime) -> list[ReferralOut]:
    """Stored referrals of a person as they are at `now`, the latest sent first.

    Of those of which the record does not hold every fact yet, what the others say.
    """
    rows = list(rows)
    subjects = {row.subject for row in rows}
    behind = {row.strand: row for row in rows if row.unstored}
    found = [_referral(row.referral) for row in rows if not row.unstored]
    for strand in behind.values():
        found += [one for one in referrals_of(_held(strand)) if one.subject in subjects]
    return _in_order([_shown(one, person, now) for one in found])


def as_known(
    strands: Iterable[Row[Any]], keys: Collection[str], person: UUID, at: datetime
) -> list[ReferralOut]:
    """What the facts that were known at a moment said then of a person by these keys."""
    found = []
    for strand in strands:
        known = [fact for fact in _held(strand) if fact.known <= micros(at)]
        found += [one for one in referrals_of(known) if one.subject in keys]
    return _in_order([_shown(one, person, at) for one in found])


def _held(strand: Row[Any]) -> list[ReferralFact]:
    """The facts of a strand that the record holds."""
    return [fact for fact in _facts(strand.facts) if fact.event_id not in strand.unstored]


def facts_in_strand(strand: str) -> set[UUID]:
    """Every fact (JSON) that a referral, or another one of its strand, is made of."""
    return {UUID(fact.event_id) for fact in _facts(strand)}


def _in_order(referrals: list[ReferralOut]) -> list[ReferralOut]:
    by_name = sorted(referrals, key=lambda one: one.referral)
    return sorted(by_name, key=lambda one: one.sent_at or EPOCH, reverse=True)


def _shown(one: Referral, person: UUID, now: datetime) -> ReferralOut:
    said = msgspec.to_builtins(one, builtin_types=(datetime,))
    step = next_step(one, now)
    return ReferralOut.model_validate(
        {name: said[name] for name in _SAID}
        | {
            "referral": one.name,
            "person_id": person,
            "what_for": one.what,
            "next_action": step.action if step else None,
            "next_by": msgspec.to_builtins(step.by) if step else None,
            "due": step.due if step else None,
            "is_silent": is_silent(one, now),
            "answer_times": VERSION,
        }
    )


_SAID = (
    "status",
    "priority",
    "requester",
    "receiver",
    "owner",
    "first_contact",
    "last_contact",
    "outcome",
    "sent_at",
    "received_at",
    "accepted_at",
    "closed_at",
    "wanted_by",
    "answer_due",
    "names",
    "flags",
    "event_ids",
)
