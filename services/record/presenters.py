"""Rows and facts as what the API gives. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from schemas.times import EPOCH, micros
from services.record.models import (
    Counts,
    Look,
    Person,
    PersonFound,
    StayOut,
    TimelineLine,
    Whereabouts,
)
from services.record.patients import Details, nhs_number_text
from services.record.stored import StoredStay, decode_facts
from services.record.visit import Visit
from streams.flow.conflicts import CONFLICTING, Occupied, conflicting
from streams.flow.facts import State
from streams.flow.plan import counting
from streams.flow.stay import MOVED, Stay, stay_of
from streams.timeline.read import TimelineEntry


def person_found(person: UUID, details: Details) -> PersonFound:
    """A person as a search shows them."""
    return PersonFound(
        person_id=person,
        name=details.name,
        birth_date=details.birth_date,
        sex=details.sex,
        nhs_number=details.nhs_number,
        nhs_number_text=nhs_number_text(details.nhs_number),
        nhs_number_verified=details.verified,
    )


def person(
    found: PersonFound,
    details: Details,
    identities: int,
    stays: Sequence[StayOut],
    records: int,
    sources: int,
    *,
    is_restricted: bool,
) -> Person:
    """A person as their own page shows them."""
    here = [whereabouts(stay) for stay in stays if stay.status == "open"]
    return Person(
        **found.model_dump(),
        pronouns=details.pronouns,
        died=details.died,
        identities=identities,
        whereabouts=here,
        counts=Counts(records=records, sources=sources, stays=len(stays), open_stays=len(here)),
        is_restricted=is_restricted,
    )


def whereabouts(stay: StayOut | Visit) -> Whereabouts:
    """Where an open stay says that the person is."""
    here = stay.segments[-1] if stay.segments else None
    return Whereabouts(
        source=stay.source,
        visit=stay.visit,
        setting=stay.setting,
        provider=stay.provider,
        site=here.site if here else None,
        ward=here.ward if here else None,
        since=here.start if here else None,
        admitted_at=stay.admitted_at,
    )


_TOLD = ("at", "until", "kind", "title", "status", "place", "author", "detail", "struck")


def timeline_line(line: TimelineEntry) -> TimelineLine:
    """A timeline entry beside the fact that it comes from."""
    return TimelineLine(
        **{name: getattr(line.entry, name) for name in _TOLD},
        replaced_by=line.replaced_by,
        source=line.source,
        sector=line.sector,
        recorded=line.recorded,
        received=line.received,
        event_id=line.event_id,
        resource_type=line.resource_type,
    )


def stay_out(stored: StoredStay) -> StayOut:
    """A stored stay."""
    return _stay_out(stored, stored.stay, stored.person_id)


def stay_as_known(
    stored: StoredStay, person: UUID, keys: Collection[str], as_known_at: datetime | None
) -> StayOut | None:
    """The stay that the facts known by then describe; None where it was none of the person's.

    `keys`: the identities that were the person then.
    """
    if as_known_at is None:
        return None if stored.stay.status == MOVED.status else stay_out(stored)
    known = counting(decode_facts(stored.facts), micros(as_known_at))
    stay = stay_of(known) if known else MOVED
    return _stay_out(stored, stay, person) if stay.subject in keys else None


def stay_then(stored: StoredStay, as_known_at: datetime) -> StayOut:
    """The stay that the facts known by then describe, of whom it is now."""
    known = counting(decode_facts(stored.facts), micros(as_known_at))
    return _stay_out(stored, stay_of(known) if known else MOVED, stored.person_id)


def undone_in(stored: StoredStay, as_known_at: datetime | None) -> dict[UUID, UUID]:
    """The facts of a visit that do not count, each with the fact that cancelled it."""
    if '"change"' not in stored.facts:
        return {}
    facts = counting(decode_facts(stored.facts), micros(as_known_at) if as_known_at else None)
    return {UUID(one): UUID(by) for one, by in (stay_of(facts).undone if facts else ())}


def facts_in(stored: StoredStay, as_known_at: datetime | None) -> set[str]:
    """The ids of the facts that a visit is made of."""
    known = counting(decode_facts(stored.facts), micros(as_known_at) if as_known_at else None)
    return {fact.event_id for fact in known}


def every_fact_in(facts: str) -> set[UUID]:
    """The facts (JSON) of a visit, also those that do not count for it any more."""
    return {UUID(fact.event_id) for fact in decode_facts(facts)}


def replaced_in(stored: StoredStay) -> dict[UUID, UUID]:
    """The full states of a visit that a newer one stands for, each with the one that holds."""
    facts = counting(decode_facts(stored.facts))
    states = [(f.version, f.event_id) for f in facts if isinstance(f, State)]
    held = max(states, default=None)
    return {UUID(one): UUID(held[1]) for _, one in states if held and one != held[1]}


def latest_first(stays: Iterable[StayOut]) -> list[StayOut]:
    """The stays by their admission as the answer tells it: it may have been another one then."""
    by_name = sorted(stays, key=lambda stay: (stay.source, stay.visit))
    known = [stay for stay in by_name if stay.admitted_at is not None]
    return [
        *sorted(known, key=lambda stay: stay.admitted_at or EPOCH, reverse=True),
        *(stay for stay in by_name if stay.admitted_at is None),
    ]


def with_conflicts(stays: Sequence[StayOut]) -> list[StayOut]:
    """One person's stays, those flagged that say they are in two beds at once."""
    occupied = [Occupied(s.status, s.setting, s.admitted_at, s.discharged_at) for s in stays]
    found = conflicting(occupied)
    return [
        stay.model_copy(update={"flags": [*stay.flags, CONFLICTING]}) if at in found else stay
        for at, stay in enumerate(stays)
    ]


def _stay_out(stored: StoredStay, stay: Stay, person: UUID | None) -> StayOut:
    said = msgspec.to_builtins(stay, builtin_types=(datetime,))
    return StayOut.model_validate(
        {name: said[name] for name in _SAID}
        | {"visit": stored.visit, "source": stored.source, "person_id": person}
    )


_SAID = (
    "status",
    "visit_class",
    "setting",
    "provider",
    "admitted_at",
    "discharged_at",
    "expected_discharge",
    "segments",
    "leaves",
    "flags",
)


def look(row: Row[Any]) -> Look:
    """A line of the access log."""
    return Look(
        viewer=row.viewer,
        name=row.name,
        role=row.role,
        org=row.org,
        view=row.view,
        allowed=row.allowed,
        because=sorted((row.because or "").split()),
        at=row.known_at,
    )
