"""What the simulator publishes, as messages to send and as what they must end in."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from services.simulator import Message, Truth
from streams.intake.read import Limits, read
from streams.verify import verify
from tests.stream.system import System

LIMITS = Limits(max_bytes=1_000_000, max_depth=64)
CONTACTS = {"AMB", "HH"}

inbound = Message.inbound


def facts_in(messages: Iterable[Message]) -> set[UUID]:
    """The ids of all facts that the messages hold."""
    return {UUID(event.id) for m in messages for event in read(inbound(m), LIMITS)}


async def state_of(system: System) -> dict[str, list[Any]]:
    """Timelines, people, stays and referrals in terms that two runs share."""
    timelines = await system.rows(
        "select distinct on (thread) subject, thread, version, cast(entries as text) from timeline"
        + " order by thread, version desc, event_id"
    )
    people = await system.rows(
        "select string_agg(key, ' ' order by key) from identities group by person_id order by 1"
    )
    stays = await system.rows(
        "select source, visit, status, class, admitted_at, discharged_at, segments, leaves, nights,"
        " flags, subject from stays order by source, visit"
    )
    referrals = await system.rows(
        "select name, status, sent_at, accepted_at,"
        " cast(referral->>'received_at' as timestamptz) as received_at,"
        " first_contact_at, closed_at, referral from referrals order by name"
    )
    return {"timelines": timelines, "people": people, "stays": stays, "referrals": referrals}


def stays_of(state: dict[str, list[Any]]) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        (row.source, row.visit): (
            row.status,
            row[3],
            row.admitted_at,
            row.discharged_at,
            [(s["ward"], s["site"], s["start"], s["end"]) for s in row.segments],
            [(leave["start"], leave["end"]) for leave in row.leaves],
        )
        for row in state["stays"]
        if row[3] not in CONTACTS
    }


def true_stays(truth: Truth) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        (stay.source, stay.visit): (
            stay.status,
            stay.class_code,
            stay.admitted_at,
            stay.discharged_at,
            msgspec.to_builtins([(s.ward, s.site, s.start, s.end) for s in stay.segments]),
            msgspec.to_builtins([(leave.start, leave.end) for leave in stay.leaves]),
        )
        for stay in truth.stays
    }


def referrals_in(state: dict[str, list[Any]]) -> dict[str, tuple[Any, ...]]:
    return {
        row.name: (
            row.status,
            row.sent_at,
            row.received_at,
            row.accepted_at,
            row.first_contact_at,
            row.closed_at,
        )
        for row in state["referrals"]
    }


def true_referrals(truth: Truth) -> dict[str, tuple[Any, ...]]:
    """How far each referral is, and when it got there, by the thread of its request."""
    return {
        f"{one.source}|ServiceRequest/{one.referral}": (
            one.status,
            one.sent_at,
            one.received_at,
            one.accepted_at,
            one.first_contact_at,
            one.closed_at,
        )
        for one in truth.referrals
    }


async def assert_stored(system: System, messages: Iterable[Message]) -> None:
    """Exactly the facts of these messages are stored, and every projection agrees with them."""
    stored = {row.event_id for row in await system.rows("select event_id from facts")}
    assert stored == facts_in(messages)
    assert await verify(system.database) == []


async def assert_true(system: System, messages: Iterable[Message], truth: Truth) -> None:
    """As above, and the stays and referrals are what really happened."""
    await assert_stored(system, messages)
    state = await state_of(system)
    assert stays_of(state) == true_stays(truth)
    assert referrals_in(state) == true_referrals(truth)
