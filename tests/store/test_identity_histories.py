"""Random histories of who is one person: step by step, at once, by two workers, and as known."""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from schemas.events import CareEvent, LinkKind
from streams.identity.check import compared
from streams.identity.read import Membership, membership
from streams.identity.staff import Word, say, unsay
from streams.identity.store import take_back
from tests.builders import NHS_NUMBER, OTHER_NHS_NUMBER, event_of, nhs_identifier, patient
from tests.store.conftest import House
from tests.store.messages import adt, pid

Json = dict[str, Any]

NUMBERS = [f"{NHS_NUMBER}^^^NHS^NH", f"{OTHER_NHS_NUMBER}^^^NHS^NH"]
BIRTHS = ["19480229", "19480229", "19500101"]
WORD = Word("u1", "RX1", "seen at the desk")
SEEDS = range(400 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 4)


def named(number: int, rng: Random) -> str:
    """A PID of one of a few patients, with what it may say of their numbers."""
    also = rng.choice(["", "", f"~{rng.choice(NUMBERS)}", f"~{rng.randrange(3)}7^^^ED^PI"])
    verified = f"{'|' * 24}01" if rng.random() < 0.5 else ""
    return f"PID|1||p{number}^^^RX1^MR{also}||EXAMPLE^ANN||{rng.choice(BIRTHS)}|F{verified}"


def message(rng: Random) -> list[CareEvent]:
    one, other = rng.sample(range(4), 2)
    day, hour = rng.randrange(1, 29), rng.randrange(24)
    match rng.choice(["A08", "A08", "A40", "A40", "A24", "A37", "A43", "A29"]):
        case "A40" | "A43" as trigger:
            return adt(trigger, day, pid(f"p{one}"), f"MRG|p{other}^^^RX1^MR", hour=hour)
        case "A24" | "A37" as trigger:
            return adt(trigger, day, pid(f"p{one}"), pid(f"p{other}"), hour=hour)
        case "A29":
            return adt("A29", day, pid(f"p{one}"), hour=hour) if rng.random() < 0.3 else []
        case trigger:
            return adt(trigger, day, named(one, rng), hour=hour)


def resource(rng: Random) -> list[CareEvent]:
    number = rng.choice([NHS_NUMBER, OTHER_NHS_NUMBER])
    identifiers = [nhs_identifier(number, status=rng.choice(["01", "01", "02"]))]
    identifiers += (
        [{"system": "RX1", "value": f"p{rng.randrange(4)}"}] if rng.random() < 0.4 else []
    )
    made = patient(
        id=f"f{rng.randrange(3)}",
        birthDate=rng.choice(["1948-02-29", "1948-02-29", "1950-01-01"]),
        meta={"lastUpdated": f"2026-01-{rng.randrange(1, 29):02}T09:00:00Z"},
        identifier=identifiers,
    )
    if rng.random() < 0.4:
        kind = rng.choice(["replaced-by", "replaces", "seealso", "refer"])
        other = {"reference": f"Patient/f{rng.randrange(3)}"}
        made["link"] = [{"type": kind, "other": other}]
    return [event_of(made, source=rng.choice(["RX1", "RX1", "RX2"]))]


def history(seed: int, length: int = 40) -> list[CareEvent]:
    rng = Random(seed)
    made = [e for _ in range(length) for e in rng.choice([message, message, resource])(rng)]
    return list({event.id: event for event in made}.values())


async def assert_whole(house: House) -> None:
    """What is stored is what all facts and all words of staff together say."""
    async with house.database.connect() as connection:
        assert (await compared(connection)).rows == []


async def state(house: House) -> list[tuple[Any, ...]]:
    async with house.database.connect() as connection:
        people = "select string_agg(key, ' ' order by key) from identities group by person_id"
        doubts = "select kind, keys::text, pairs::text from identity_reviews"
        rows = [*await connection.execute(text(people)), *await connection.execute(text(doubts))]
        return sorted(tuple(row) for row in rows)


def batches(events: Sequence[CareEvent], rng: Random) -> list[list[CareEvent]]:
    left, found = rng.sample(events, len(events)), []
    while left:
        size = rng.choice([1, 1, 3, 8])
        found.append(left[:size])
        left = left[size:]
    return found


async def own_ids(house: House) -> dict[str, UUID]:
    async with house.database.connect() as connection:
        rows = await connection.execute(text("select key, own_id from identities order by key"))
        return {row.key: row.own_id for row in rows}


@pytest.mark.parametrize("seed", SEEDS)
async def test_step_by_step_equals_at_once_in_any_order(house: House, seed: int) -> None:
    events = history(seed)
    for batch in batches([*events, *events[:4]], Random(seed)):
        await house.take(*batch)
        await assert_whole(house)
    found = await state(house)
    async with house.database.begin() as tx:
        await tx.execute(text("truncate identities, identity_statements, identity_reviews"))
        await tx.execute(text("truncate facts, timeline, message_keys"))
    await house.take(*events)
    assert await state(house) == found


@pytest.mark.parametrize("seed", SEEDS)
async def test_words_of_staff_and_their_taking_back_in_between(house: House, seed: int) -> None:
    rng, said = Random(seed), list[UUID]()
    for batch in batches(history(seed, 25), rng):
        await house.take(*batch)
        keys = list(await own_ids(house))
        async with house.database.begin() as tx:
            if len(keys) > 1 and rng.random() < 0.6:
                one, other = rng.sample(keys, 2)
                kind = rng.choice([LinkKind.LINKED, LinkKind.PARTED])
                said += await say(tx, [(one, other)], kind, WORD)
            if said and rng.random() < 0.4:
                await unsay(tx, rng.choice(said), "u2")
        await assert_whole(house)
    before = await state(house)
    async with house.database.begin() as tx:
        for each in said:
            await unsay(tx, each, "u2")
    await assert_whole(house)
    assert before or said == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_is_withheld_was_never_said(house: House, seed: int) -> None:
    """A message that is taken back leaves nobody joined, parted or in doubt by it."""
    rng, events = Random(seed), history(seed, 20)
    out = rng.sample(events, 4)
    await house.take(*(event for event in events if event not in out))
    never = await state(house)
    for batch in batches(out, rng):
        await house.take(*batch)
    async with house.database.begin() as tx:
        for event in rng.sample(out, len(out)):
            await take_back(tx, UUID(event.id))
    await assert_whole(house)
    alone = {(key,) for event in out for key in names_in(event)}
    assert set(never) <= set(await state(house))
    assert set(await state(house)) - set(never) <= alone


def names_in(event: CareEvent) -> set[str]:
    names = {key for link in event.links for key in (link.one, link.other)} | {event.subject or ""}
    return names | {"/".join(key.split("/")[:2]) for key in names if key.startswith("nhs/")}


@pytest.mark.parametrize("seed", SEEDS)
async def test_two_workers_at_once_end_in_what_all_of_it_says(house: House, seed: int) -> None:
    events = history(seed)

    async def worker(number: int) -> None:
        """One of two, each with the subjects of its partitions, in its own order."""
        mine = [e for e in events if sum(map(ord, e.subject or "")) % 2 == number]
        for batch in batches(mine, Random(seed + number)):
            await house.take(*batch)

    await asyncio.gather(worker(0), worker(1))
    await assert_whole(house)


@pytest.mark.parametrize("seed", SEEDS)
async def test_who_somebody_was_known_to_be_never_changes(house: House, seed: int) -> None:
    rng, said = Random(seed), list[UUID]()
    known: list[tuple[UUID, datetime, Membership | None]] = []
    for batch in batches(history(seed, 25), rng):
        await house.take(*batch)
        ids = await own_ids(house)
        async with house.database.begin() as tx:
            if len(ids) > 1:
                one, other = rng.sample(list(ids), 2)
                said += await say(tx, [(one, other)], LinkKind.LINKED, WORD)
            if rng.random() < 0.5:
                await unsay(tx, rng.choice(said), "u2") if said else None
        async with house.database.connect() as tx:
            moment: datetime = (await tx.execute(text("select clock_timestamp()"))).scalar_one()
            for own_id in ids.values():
                now = await membership(tx, own_id)
                assert await membership(tx, own_id, moment) == now
                known.append((own_id, moment, now))
    async with house.database.connect() as tx:
        for own_id, moment, then in known:
            assert await membership(tx, own_id, moment) == then
