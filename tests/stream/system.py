"""A whole system for one test: a broker of the chosen kind, a database, workers to kill."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.brokers import BrokerProcess
from deploy.embedded.broker import start_broker
from deploy.embedded.postgres import Postgres
from deploy.kafka.node import start_kafka, why_not
from deploy.migrations.run import migrate
from deploy.processes import free_port, start_process
from deploy.topics import create_topics
from schemas.inbound import Inbound
from schemas.settings import Settings
from schemas.topics import TOPICS, Topic
from services.web import STAGES
from streams.runtime.progress import Progress

CHOSEN = os.environ.get("THROUGHLINE_TEST_BROKER", "embedded")
# Kafka accepts no session under 6 s; the embedded broker lets a member wait as long as a session.
SESSION_MS = {"embedded": 2_000, "kafka": 6_000}[CHOSEN]
_numbers = count(1)


async def started_broker(directory: Path) -> BrokerProcess:
    """The broker that THROUGHLINE_TEST_BROKER names, new and empty."""
    if CHOSEN == "embedded":
        return await start_broker(None, directory / "broker.log")
    if reason := why_not():
        pytest.skip(reason)
    return await start_kafka(directory)


@dataclass
class System:
    """A broker, a database, and the workers started on them."""

    broker: BrokerProcess
    settings: Settings
    database: AsyncEngine
    directory: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self, **settings: object) -> subprocess.Popen[bytes]:
        """A worker process with all stages. Keyword arguments are settings of its own."""
        told = {
            "kafka": self.settings.kafka,
            "database": self.settings.database,
            "kafka_session_timeout_ms": SESSION_MS,
            "kafka_fetch_wait_ms": 10,
            "metrics_port": free_port(),
            **settings,
        }
        environment = {f"THROUGHLINE_{name.upper()}": str(value) for name, value in told.items()}
        worker = start_process(
            [sys.executable, "-m", "services.cli", "worker"],
            self.directory / "worker.log",
            environment={**os.environ, **environment},
        )
        self.workers.append(worker)
        return worker

    def kill_worker(self) -> None:
        """`kill -9` of the last worker."""
        worker = self.workers.pop()
        worker.kill()
        worker.wait()

    async def publish(self, messages: Iterable[Inbound]) -> None:
        """Write messages straight to the inbound topic."""
        producer = AIOKafkaProducer(bootstrap_servers=self.broker.address, linger_ms=5)
        await producer.start()
        try:
            for message in messages:
                key = message.message_id.encode()
                await producer.send(Topic.INBOUND, message.body, key=key, headers=message.headers())
            await producer.flush()
        finally:
            await producer.stop()

    async def until_projected(self) -> None:
        """Wait until every stage has come to the end of its topic, intake first."""
        progress = Progress(self.settings, self.database, STAGES)
        async with asyncio.timeout(240):
            while not all(await self._caught_up(progress)):
                self._none_has_failed()
                await asyncio.sleep(0.2)

    async def _caught_up(self, progress: Progress) -> Sequence[bool]:
        first, then = await progress.reached(), await progress.reached()
        intake = all(at.done >= at.end for at in first["intake"].values())
        others = [at for stage, by in then.items() if stage != "intake" for at in by.values()]
        return [intake, *(at.done >= at.end for at in others)]

    def _none_has_failed(self) -> None:
        ended = [worker for worker in self.workers if worker.poll() is not None]
        assert not ended, (self.directory / "worker.log").read_text()

    async def count(self, table: str) -> int:
        async with self.database.connect() as connection:
            found: int = (await connection.execute(text(f"select count(*) from {table}"))).scalar()
            return found

    async def rows(self, query: str) -> list[Any]:
        async with self.database.connect() as connection:
            return list((await connection.execute(text(query))).all())


async def new_system(postgres: Postgres, directory: Path) -> System:
    directory.mkdir(parents=True, exist_ok=True)
    broker = await started_broker(directory)
    name = f"stream_{os.getpid()}_{next(_numbers)}"
    maintenance = create_async_engine(postgres.url, isolation_level="AUTOCOMMIT")
    async with maintenance.connect() as connection:
        await connection.execute(text(f"create database {name} template template0"))
    await maintenance.dispose()
    url = postgres.url.replace("/throughline?", f"/{name}?")
    await migrate(url)
    await create_topics(broker.address, TOPICS)
    settings = Settings(kafka=broker.address, database=url)
    return System(broker, settings, create_async_engine(url), directory)


async def end(system: System) -> None:
    for worker in system.workers:
        worker.send_signal(signal.SIGTERM)
    for worker in system.workers:
        await asyncio.to_thread(worker.wait, 30)
    await system.database.dispose()
    await system.broker.stop()
