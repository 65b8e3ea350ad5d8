"""Who follows a record is told of what changes in it, and of nothing that is withheld from them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event, text

from schemas.events import CareEvent, encode
from services.access.problems import Refused
from services.access.viewer import Role, Viewer
from services.record import following as room
from services.record.changes import Part
from services.record.following import Following, Told
from services.record.stream_api import following_since
from streams.flow.projector import Flow
from streams.timeline.projector import Timeline
from tests.builders import OTHER_NHS_NUMBER, delete, event_of, history, observation, verified
from tests.store.conftest import House, Record
from tests.store.test_relationships import (
    RECEIVED,
    WHY,
    ago,
    person_of,
    registered,
    request,
    stay,
    take,
)
from tests.store.test_restricted import RESTRICTED, labelled

PRIYA = Viewer(user="u1", name="U One", role=Role.CLINICIAN, org="RX1")
AT_ONCE_S = 20.0


@pytest.fixture
def house(house: House) -> House:
    return replace(house, is_open=False)


async def holds() -> bool:
    return True


class Heard:
    """What somebody is told who follows a record."""

    def __init__(self, told: AsyncIterator[Told]) -> None:
        self._told = told

    async def first(self) -> set[Part]:
        """The parts that the first word names."""
        return set((await asyncio.wait_for(anext(self._told), AT_ONCE_S)).parts)

    async def next(self) -> set[Part]:
        """The parts of the next word that names any."""
        async with asyncio.timeout(AT_ONCE_S):
            while not (parts := await self.first()):
                pass
        return parts

    async def is_over(self) -> bool:
        rest = [told async for told in self._told]
        return not any(told.parts for told in rest)


@asynccontextmanager
async def follows(
    house: House, viewer: Viewer = PRIYA, since: datetime | None = None, still: Any = holds
) -> AsyncIterator[Heard]:
    """Somebody who follows the one person of a test, told so far that nothing has changed."""
    one = Following(house.database)
    person = UUID(await person_of(house))
    begun = since or await long_ago(house)
    try:
        async with aclosing(one.told(viewer, person, begun, still)) as told:  # type: ignore[type-var]
            yield Heard(told)
    finally:
        await one.close()


async def long_ago(house: House) -> datetime:
    """The moment now; what is stored was stored long before, so none of it is news."""
    columns = {"facts": "known_at", "stays": "known_at", "identities": "changed_at"}
    async with house.database.begin() as tx:
        for table, column in columns.items():
            await tx.execute(text(f"update {table} set {column} = {column} - interval '1 day'"))
        now: datetime = (await tx.execute(text("select now()"))).scalar_one()
        return now


async def someone_at_rx1(house: House) -> None:
    await take(house, verified(meta={"lastUpdated": ago(9)}), stay(3))


def flag(**elements: Any) -> dict[str, Any]:
    said = {"resourceType": "Flag", "id": "f1", "status": "active", "code": {"text": "A flag"}}
    about = {"subject": {"reference": "Patient/p1"}, "meta": {"lastUpdated": ago(1)}}
    return {**said, **about, **elements}


async def test_who_follows_hears_which_parts_change(house: House) -> None:
    await someone_at_rx1(house)
    async with follows(house) as heard:
        assert await heard.first() == set()
        await take(house, flag())
        assert await heard.next() == {Part.TIMELINE, Part.ALERTS}
        await take(house, stay(1, id="e2"))
        assert {Part.TIMELINE, Part.STAYS} <= await heard.next()
        await take(house, request())
        assert {Part.TIMELINE, Part.REFERRALS} <= await heard.next()
        gone = history(delete("Flag/f1") | {"response": {"status": "204", "lastModified": ago(0)}})
        await house.take(event_of(gone, received=RECEIVED))
        assert Part.TIMELINE in await heard.next()


async def test_somebody_else_is_nobodys_news(house: House) -> None:
    await someone_at_rx1(house)
    async with follows(house) as heard:
        assert await heard.first() == set()
        await take(house, verified(OTHER_NHS_NUMBER, id="p2", birthDate="1950-01-01"))
        await take(house, observation(subject={"reference": "Patient/p2"}))
        await take(house, flag())
        assert await heard.next() == {Part.TIMELINE, Part.ALERTS}


async def test_what_changed_since_one_last_heard_is_told_at_first(house: House) -> None:
    await someone_at_rx1(house)
    before = datetime.now(UTC)
    await take(house, flag())
    async with follows(house, since=before) as heard:
        assert {Part.TIMELINE, Part.ALERTS} <= await heard.first()
    async with follows(house) as heard:
        assert await heard.first() == set()


async def test_what_is_stored_by_a_slow_transaction_is_told_when_it_is_there(house: House) -> None:
    """Its rows are known from its start, which later ones that everybody saw came after."""
    await someone_at_rx1(house)
    async with follows(house) as heard:
        assert await heard.first() == set()
        async with house.database.begin() as slow:
            timeline = Timeline()
            event = event_of(flag(), source="RX1", received=RECEIVED)
            await timeline.apply(slow, timeline.read([Record(encode(event))]))
            for n in range(3):
                await take(house, observation(id=f"o{n}"))
                assert await heard.next() == {Part.TIMELINE}
        assert await heard.next() == {Part.TIMELINE, Part.ALERTS}


def secrets() -> list[dict[str, Any]]:
    """Of every kind that the record has a part for."""
    place = {"location": [{"location": {"identifier": {"value": "ZM9"}}}]}
    said = (flag(id="f9"), stay(2, id="e9", **place), request(id="s9"), observation(id="o9"))
    return [labelled(one, RESTRICTED) for one in said]


async def test_nothing_restricted_is_told_and_nothing_tells_when_it_came(house: House) -> None:
    await someone_at_rx1(house)
    await take(house, verified(), source="ZM1")
    async with follows(house) as heard:
        assert await heard.first() == set()
        for secret in secrets():
            await take(house, secret, source="ZM1")
        gone = delete("Flag/f9") | {"response": {"status": "204", "lastModified": ago(0)}}
        await house.take(event_of(history(gone), source="ZM1", received=RECEIVED))
        await take(house, observation())
        # The first that is heard of is what may be seen, and that alone.
        assert await heard.next() == {Part.TIMELINE}


async def test_who_sees_what_is_restricted_is_told_of_it(house: House) -> None:
    await someone_at_rx1(house)
    await take(house, registered("ZP1", 0))
    await take(house, verified(), source="ZM1")
    async with follows(house, PRIYA.model_copy(update={"org": "ZP1"})) as heard:
        assert await heard.first() == set()
        await take(house, secrets()[0], source="ZM1")
        assert await heard.next() == {Part.TIMELINE, Part.ALERTS}


async def flows_alone(house: House, told: CareEvent) -> None:
    flow = Flow()
    async with house.database.begin() as tx:
        await flow.apply(tx, flow.read([Record(encode(told))]))


async def test_a_stay_is_told_once_it_is_known_whether_it_is_restricted(house: House) -> None:
    """The stay is stored by another projection, which may be ahead of the one that knows."""
    await someone_at_rx1(house)
    await take(house, verified(), source="ZM1")
    secret, plain = (
        event_of(resource, source=source, received=RECEIVED)
        for resource, source in ((secrets()[1], "ZM1"), (stay(1, id="e2"), "RX1"))
    )
    async with follows(house) as heard:
        assert await heard.first() == set()
        await flows_alone(house, secret)
        await flows_alone(house, plain)
        await take(house, observation())
        assert await heard.next() == {Part.TIMELINE}
        await house.take(secret)
        await take(house, observation(id="o2"))
        assert await heard.next() == {Part.TIMELINE}
        await house.take(plain)
        assert Part.STAYS in await heard.next()


async def test_who_becomes_one_person_is_told_and_then_all_that_is_theirs(house: House) -> None:
    await someone_at_rx1(house)
    born = {"birthDate": "1950-01-01"}
    await house.take(event_of(verified(OTHER_NHS_NUMBER, id="p2", **born), source="RX2"))
    statement = text("select own_id::text from identities where key like :key order by key")
    async with house.database.connect() as tx:
        one, other = [
            (await tx.execute(statement, {"key": f"{key}%"})).scalars().first()
            for key in ("RX1/Patient/p1", "RX2/Patient/p2")
        ]
    asked = {"kind": "join", "reason": "I know them", "one": one, "other": other}
    async with follows(house) as heard:
        assert await heard.first() == set()
        async with house.visited_by(Role.ADMINISTRATOR) as staff:
            assert (await staff.post("/api/people/links", json=asked)).is_success
        assert Part.IDENTITY in await heard.next()
        theirs = flag(subject={"reference": "Patient/p2"})
        await take(house, theirs, source="RX2")
        assert await heard.next() == {Part.TIMELINE, Part.ALERTS}


async def test_it_ends_with_what_lets_one_look(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "DECIDE_EVERY_S", 0.0)
    await take(house, verified(meta={"lastUpdated": ago(9)}))
    person = await person_of(house)
    async with house.visited_by(Role.CLINICIAN) as client:
        assert (await client.post(f"/api/people/{person}/break-glass", json=WHY)).is_success
    async with follows(house) as heard:
        assert await heard.first() == set()
        async with house.database.begin() as tx:
            await tx.execute(text("update break_glass set until = now()"))
        assert await heard.is_over()


async def test_it_ends_when_the_token_does_and_tells_nothing_more(house: House) -> None:
    await someone_at_rx1(house)
    proven = [True]

    async def still() -> bool:
        return proven[0]

    async with follows(house, still=still) as heard:
        assert await heard.first() == set()
        proven[0] = False
        await take(house, flag())
        assert await heard.is_over()


async def test_it_ends_at_shutdown_and_after_a_while(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await someone_at_rx1(house)
    one, person = Following(house.database), UUID(await person_of(house))
    told = one.told(PRIYA, person, await long_ago(house), holds)
    assert (await anext(told)).parts == ()
    one.end()
    assert [word async for word in told] == []
    await one.close()
    monkeypatch.setattr(room, "LISTEN_FOR_S", 0.1)
    async with follows(house) as heard:
        assert await heard.is_over()


async def test_opening_a_stream_is_decided_and_noted(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await someone_at_rx1(house)
    person = await person_of(house)
    async with house.visited_by(Role.CLINICIAN, org="RX9") as stranger:
        refused = await stranger.get(f"/api/people/{person}/stream")
    assert refused.status_code == 403
    nobody = await clinician.get("/api/people/5bb57a61-0000-4000-8000-000000000000/stream")
    assert nobody.status_code == 404
    said = "2026-03-01T10:00:00+00:00"
    heard = await following_since(house.database, PRIYA, UUID(person), None, said)
    assert heard.isoformat() == said
    assert await following_since(house.database, PRIYA, UUID(person), None, "nonsense")
    outsider = PRIYA.model_copy(update={"org": "RX9"})
    with pytest.raises(Refused):
        await following_since(house.database, outsider, UUID(person), None, "")
    looks = [(view, allowed) for view, of, allowed in await house.looks() if of == person]
    assert looks == [("stream", False), ("stream", True), ("stream", True), ("stream", False)]


@pytest.mark.parametrize("many", [1, 40])
async def test_a_look_takes_as_many_statements_for_one_as_for_many(
    house: House, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(room, "LOOK_EVERY_S", 3_600.0)
    await someone_at_rx1(house)
    one, person = Following(house.database), UUID(await person_of(house))
    since = await long_ago(house)
    all_told = [one.told(PRIYA, person, since, holds) for _ in range(many)]
    for told in all_told:
        assert (await anext(told)).parts == ()
    while one._decided_at < 0:
        await asyncio.sleep(0.01)  # until the look that nobody asked for here has ended
    said: list[str] = []
    listener = ("before_cursor_execute", lambda *of: said.append(of[2]))
    event.listen(house.database.sync_engine, *listener)
    await one._look()
    assert len(said) == 1
    await take(house, flag())
    said.clear()
    await one._look()
    assert len(said) == 2
    event.remove(house.database.sync_engine, *listener)
    assert {(await anext(told)).parts for told in all_told} == {(Part.ALERTS, Part.TIMELINE)}
    await one.close()
    for told in all_told:
        await told.aclose()  # type: ignore[attr-defined]
