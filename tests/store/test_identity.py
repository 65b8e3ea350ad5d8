"""Who is one person, on real PostgreSQL: what is stored is what facts say, in any order."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from schemas.events import CareEvent
from streams.identity.store import take_back
from streams.verify import rebuild, verify
from tests.builders import (
    NHS_NUMBER,
    OTHER_NHS_NUMBER,
    delete,
    encounter,
    event_of,
    events_of,
    history,
    nhs_identifier,
    observation,
    patient,
    verified,
)
from tests.store.conftest import House

Json = dict[str, Any]


def at(day: int) -> Json:
    """The meta of what was written on that day of January."""
    return {"lastUpdated": f"2026-01-{day:02}T09:00:00Z", "versionId": f"{day}"}


async def together(house: House, *keys: str) -> bool:
    """True where all of these identities are one person."""
    async with house.database.connect() as connection:
        rows = await connection.execute(
            text("select person_id from identities where key = any(:keys)"), {"keys": list(keys)}
        )
        people = [row.person_id for row in rows]
    assert len(people) == len(keys)
    return len(set(people)) == 1


async def reviews(house: House) -> list[str]:
    async with house.database.connect() as connection:
        rows = await connection.execute(text("select kind from identity_reviews order by kind"))
        return list(rows.scalars())


def deleted(name: str, day: int, **beside: Any) -> CareEvent:
    (event,) = events_of(history(delete(name), timestamp=f"2026-01-{day:02}T09:00:00Z"), **beside)
    return event


P1, P2 = "RX1/Patient/p1", "RX2/Patient/p2"


async def test_a_patient_that_is_corrected_or_deleted_takes_its_number_back(house: House) -> None:
    await house.take(
        event_of(verified(meta=at(1))), event_of(verified(id="p2", meta=at(1)), source="RX2")
    )
    assert await together(house, P1, P2)
    await house.take(event_of(verified(OTHER_NHS_NUMBER, meta=at(3))))
    assert not await together(house, P1, P2)
    await house.take(event_of(verified(meta=at(2))))
    assert not await together(house, P1, P2)
    await house.take(event_of(verified(meta=at(4))))
    assert await together(house, P1, P2)
    await house.take(deleted("Patient/p1", 5))
    assert not await together(house, P1, P2)
    assert await reviews(house) == ["deleted-at-source"]
    assert await verify(house.database) == []


async def test_a_patient_who_has_no_number_any_more_is_on_their_own(house: House) -> None:
    await house.take(
        event_of(patient(meta=at(2))),
        event_of(verified(id="p2", meta=at(1)), source="RX2"),
    )
    await house.take(event_of(verified(meta=at(1))))
    assert not await together(house, P1, P2)
    await house.take(event_of(verified(meta=at(3))), event_of(patient(meta=at(4))))
    assert not await together(house, P1, P2)
    assert await verify(house.database) == []


def some_facts() -> list[CareEvent]:
    """Patients of three sources over a week, each state of them true for a day."""
    rng = Random(3)
    numbers = [NHS_NUMBER, OTHER_NHS_NUMBER]
    births = ["1948-02-29", "1950-01-01"]
    found = [deleted("Patient/p1", 7)]
    for day in range(1, 9):
        for source in ("RX1", "RX2", "RX3"):
            for person in ("p1", "p2"):
                identifier = nhs_identifier(rng.choice(numbers), status=rng.choice(["01", "02"]))
                elements = {"id": person, "birthDate": rng.choice(births), "meta": at(day)}
                named = {"identifier": [identifier]} if rng.random() < 0.8 else {}
                made = patient(**named, **elements)
                found.append(event_of(made, source=source))
    return found


async def state(house: House) -> tuple[list[Any], list[Any]]:
    async with house.database.connect() as connection:
        people = await connection.execute(
            text(
                "select string_agg(key, ' ' order by key) as keys from identities"
                " group by person_id order by 1"
            )
        )
        kept = await connection.execute(
            text("select kind, keys, cast(pairs as text) from identity_reviews order by 1, 2, 3")
        )
        return [tuple(row) for row in people], [tuple(row) for row in kept]


def batches(events: Sequence[CareEvent], rng: Random) -> list[list[CareEvent]]:
    left, found = list(events), []
    while left:
        size = rng.choice([1, 2, 5, 30])
        found.append(left[:size])
        left = left[size:]
    return found


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_and_any_batching_end_in_what_the_facts_say(
    house: House, seed: int
) -> None:
    events, rng = some_facts(), Random(seed)
    for batch in batches(rng.sample([*events, *events[:5]], len(events) + 5), rng):
        await house.take(*batch)
        assert await verify(house.database) == []
    found = await state(house)
    async with house.database.begin() as tx:
        await tx.execute(text("truncate identities, identity_statements, identity_reviews"))
    await house.take(*events)
    assert await state(house) == found


async def test_two_workers_at_once_join_what_each_saw_half_of(house: House) -> None:
    for number in range(8):
        one = verified(id=f"a{number}", meta=at(1))
        other = verified(id=f"b{number}", meta=at(1))
        await asyncio.gather(
            house.take(event_of(one)),
            house.take(event_of(other, source="RX2")),
            house.take(
                event_of(observation(id=f"o{number}", subject={"identifier": nhs_identifier()}))
            ),
        )
    keys = [f"RX1/Patient/a{n}" for n in range(8)] + [f"RX2/Patient/b{n}" for n in range(8)]
    assert await together(house, *keys, f"nhs/{NHS_NUMBER}")
    assert await verify(house.database) == []


async def test_what_a_withheld_message_said_is_taken_back(house: House) -> None:
    wrong = event_of(verified(OTHER_NHS_NUMBER, meta=at(2)))
    await house.take(event_of(verified(meta=at(1))), wrong)
    assert not await together(house, P1, f"nhs/{NHS_NUMBER}")
    async with house.database.begin() as tx:
        assert await take_back(tx, UUID(wrong.id))
        assert not await take_back(tx, UUID(wrong.id))
    assert await together(house, P1, f"nhs/{NHS_NUMBER}")
    await house.take(wrong)
    assert await together(house, P1, f"nhs/{NHS_NUMBER}")
    assert await verify(house.database) == []


async def test_what_somebody_changed_in_the_tables_is_seen_and_mended(house: House) -> None:
    await house.take(
        event_of(verified(meta=at(1))),
        event_of(verified(id="p2", meta=at(1)), source="RX2"),
        event_of(encounter()),
    )
    before = await state(house)
    async with house.database.begin() as tx:
        await tx.execute(text("update identities set person_id = own_id"))
        await tx.execute(text("delete from identity_statements where one = :key"), {"key": P1})
        await tx.execute(
            text("update identity_statements set version = '0' where one = :key"), {"key": P2}
        )
    assert {difference.projection for difference in await verify(house.database)} == {"identity"}
    assert await rebuild(house.database, "record") > 0
    assert await verify(house.database) == []
    assert await state(house) == before
