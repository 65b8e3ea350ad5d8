"""The doors without Kafka, without the database."""

import asyncio
from pathlib import Path

from deploy.brokers import BrokerProcess
from deploy.topics import create_topics
from schemas.topics import TOPICS
from services.web import create_app
from tests.builders import (
    encounter,
)
from tests.store.conftest import House
from tests.store.gateway.site import Site, issues_of, with_topics


async def test_the_doors_stay_open_while_the_database_is_away(
    house: House, broker: BrokerProcess
) -> None:
    away = {"database": "postgresql+asyncpg://nobody@127.0.0.1:1/none", "kafka": broker.address}
    settings = house.settings.model_copy(update=away)
    app = create_app(settings)
    async with app.router.lifespan_context(app), Site(app, settings).visited() as client:
        first = await client.post("/fhir/Encounter", json=encounter())
        again = await client.post("/fhir/Encounter", json=encounter())
    assert [first.headers["x-outcome"], again.headers["x-outcome"]] == ["accepted", "duplicate"]


async def test_a_database_that_hangs_holds_no_publisher_up(
    house: House, broker: BrokerProcess
) -> None:
    silent = await asyncio.start_server(_never_answer, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    hanging = {"database": f"postgresql+asyncpg://nobody@127.0.0.1:{port}/none"}
    settings = house.settings.model_copy(update=hanging | {"kafka": broker.address})
    app = create_app(settings)
    async with silent, app.router.lifespan_context(app), Site(app, settings).visited() as client:
        async with asyncio.timeout(20):  # without a limit of our own it would be a minute
            answer = await client.post("/fhir/Encounter", json=encounter(id="hanging"))
        assert answer.headers["x-outcome"] == "accepted"


async def test_without_kafka_nothing_is_kept_and_the_sender_is_told_to_come_back(
    house: House, tmp_path: Path
) -> None:
    broker = await with_topics(tmp_path)
    settings = house.settings.model_copy(update={"kafka": broker.address})
    app = create_app(settings)
    try:
        async with app.router.lifespan_context(app), Site(app, settings).visited() as client:
            broker.kill()
            paths = ("/fhir/Encounter", "/fhir/$process-message")
            for answer in await asyncio.gather(*(client.post(p, json=encounter()) for p in paths)):
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) > 0
                assert [issue["code"] for issue in issues_of(answer)] == ["transient"]
            progress = await client.get("/api/progress")
            assert progress.status_code == 503
            assert progress.headers["content-type"] == "application/problem+json"
            await _started_again(broker)
            assert await Site(app, settings).kept() == []
            again = await client.post("/fhir/Encounter", json=encounter())
            assert again.headers["x-outcome"] == "accepted"
            assert len(await Site(app, settings).kept()) == 1
    finally:
        await broker.stop()


async def _started_again(broker: BrokerProcess) -> None:
    await broker.restart()
    await create_topics(broker.address, TOPICS)


async def _never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()
