"""People, or the identities of one, side by side: whom each says that somebody is."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import CareEvent
from schemas.identity import NHS, birth_in
from services.access.viewer import Role, Viewer
from services.access.withheld import NOTHING, Withheld
from services.record import identity_storage, storage
from services.record.identity_models import IdentityOut, SideOut
from services.record.patients import Details, details_of, numbered, only_number
from services.record.restricted import keys_shown
from services.record.ties import stances
from streams.traits.read import traits_of
from streams.traits.trait import Kind


class _Side(NamedTuple):
    """What a side is made of: identities of one person."""

    side_id: UUID
    person: UUID
    keys: Sequence[str]


async def sides_of(tx: AsyncConnection, viewer: Viewer, keys: Collection[str]) -> list[SideOut]:
    """The people whom these identities are, each with all of theirs; of one person, each identity.

    What is kept from the viewer is left out. The caller has decided, and written it down.
    """
    known = await identity_storage.identities(tx, keys)
    people = {row.person_id for row in known.values()}
    if len(people) == 1:
        return await _sides(tx, viewer, [_alone(known[key]) for key in keys if key in known])
    all_keys = await storage.keys_of_people(tx, people)
    order = dict.fromkeys(known[key].person_id for key in keys if key in known)
    return await _sides(tx, viewer, [_Side(one, one, all_keys[one]) for one in order])


def _alone(row: Row[Any]) -> _Side:
    return _Side(row.own_id, row.person_id, [row.key])


async def _sides(tx: AsyncConnection, viewer: Viewer, sides: Sequence[_Side]) -> list[SideOut]:
    withheld = await withheld_of(tx, viewer, {side.person for side in sides})
    shown = [one._replace(keys=keys_shown(one.keys, withheld[one.person])) for one in sides]
    facts = await storage.patients_of(tx, {side.side_id: side.keys for side in shown})
    known = await identity_storage.identities(tx, {key for side in shown for key in side.keys})
    found = list[SideOut]()
    for side in shown:
        kept = withheld[side.person]
        records, _ = await storage.counts_of(tx, side.keys, kept, None)
        said = [fact for fact in facts[side.side_id] if not _hides(fact, kept)]
        found.append(_side(side, said, records, known))
    return found


async def withheld_of(
    tx: AsyncConnection, viewer: Viewer, people: Collection[UUID]
) -> Mapping[UUID, Withheld]:
    """What is kept from who gives care; administrators have to see whom they join and part."""
    if viewer.role is Role.ADMINISTRATOR:
        return dict.fromkeys(people, NOTHING)
    found = await stances(tx, viewer, people)
    return {person: found[person].withheld for person in people}


def _hides(fact: CareEvent, withheld: Withheld) -> bool:
    return withheld.hides(UUID(fact.id), fact.thread, fact.source)


def _side(
    side: _Side, facts: Sequence[CareEvent], records: int, known: Mapping[str, Row[Any]]
) -> SideOut:
    details = _details(side.keys, facts)
    return SideOut(
        side_id=side.side_id,
        person_id=side.person,
        identities=[identity_out(known[key]) for key in side.keys],
        name=details.name,
        birth_date=details.birth_date,
        sex=details.sex,
        nhs_number=details.nhs_number,
        area=area_of(facts),
        records=records,
        sources=sorted({key.partition("/")[0] for key in side.keys} - {NHS}),
    )


def _details(keys: Sequence[str], facts: Sequence[CareEvent]) -> Details:
    """Who the facts say it is; a number tells itself, and the birth that it was proven with."""
    details = numbered(details_of(facts), only_number(keys))
    births = {birth for key in keys if (birth := birth_in(key))}
    if details.birth_date is None and len(births) == 1:
        return details._replace(birth_date=births.pop())
    return details


def area_of(facts: Sequence[CareEvent]) -> str | None:
    """The first half of the postcode that was written last; it names no house."""
    latest = sorted(facts, key=lambda fact: (fact.recorded, fact.id), reverse=True)
    said = (trait.said for fact in latest for trait in traits_of(fact) if trait.kind is Kind.PERSON)
    postcodes: list[str] = [one["postcode"] for one in said if one.get("postcode")]
    return postcodes[0].partition(" ")[0] if postcodes else None


def identity_out(row: Row[Any]) -> IdentityOut:
    """A stored identity."""
    return IdentityOut(identity_id=row.own_id, person_id=row.person_id, identity=row.key)
