"""A whole system for one test: a broker of the chosen kind, a database, workers to kill."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
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
# Large histories run where Apache Kafka does: the embedded broker's are a part of them.
IS_WHOLE = CHOSEN == "kafka"
SESSION_MS = {"embedded": 2_000, "kafka": 6_000}[CHOSEN]
LARGE = 32 * 1024 * 1024
DEVELOPMENT_KEY = "a development key of forty-two characters."
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
    services: list[subprocess.Popen[bytes]] = field(default_factory=list)
    ports: dict[int, int] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """What all workers said, one after the other."""
        return self.directory / "worker.log"

    def start_worker(self, **settings: object) -> subprocess.Popen[bytes]:
        """A worker process with all stages. Keyword arguments are settings of its own."""
        worker = self._start("worker", self.log, "metrics_port", settings)
        self.workers.append(worker)
        return worker

    def start_services(self, **settings: object) -> subprocess.Popen[bytes]:
        """The HTTP services, which take development tokens, as many requests as there are."""
        development = {
            "development": True,
            "development_key": DEVELOPMENT_KEY,
            "requests_a_minute": 0,
        }
        service = self._start(
            "serve", self.directory / "serve.log", "http_port", development | settings
        )
        self.services.append(service)
        return service

    def _start(
        self, command: str, log: Path, port: str, settings: dict[str, Any]
    ) -> subprocess.Popen[bytes]:
        told = {
            "kafka": self.settings.kafka,
            "database": self.settings.database,
            "kafka_session_timeout_ms": SESSION_MS,
            "kafka_fetch_wait_ms": 10,
            "retry_max_wait_s": 1,
            port: free_port(),
            **settings,
        }
        environment = {f"THROUGHLINE_{name.upper()}": str(value) for name, value in told.items()}
        process = start_process(
            [sys.executable, "-m", "services.cli", command],
            log,
            environment={**os.environ, **environment},
        )
        self.ports[process.pid] = int(str(told[port]))
        return process

    def url_of(self, process: subprocess.Popen[bytes]) -> str:
        return f"http://127.0.0.1:{self.ports[process.pid]}"

    async def get(self, process: subprocess.Popen[bytes], path: str) -> httpx.Response | None:
        """What a process answers; None where it does not."""
        try:
            async with httpx.AsyncClient(timeout=5) as client:
                return await client.get(self.url_of(process) + path)
        except httpx.TransportError:
            return None

    async def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        answer = await self.get(process, "/health/ready")
        return answer is not None and answer.status_code == httpx.codes.OK

    async def is_held(self, process: subprocess.Popen[bytes]) -> bool:
        answer = await self.get(process, "/health/ready")
        return answer is not None and answer.json() == {"status": "held"}

    async def metric(self, process: subprocess.Popen[bytes], name: str) -> float:
        """The value of one series, written as /metrics does; 0 where it is not there yet."""
        answer = await self.get(process, "/metrics")
        lines = answer.text.splitlines() if answer is not None else []
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + " "))

    def kill_worker(self) -> None:
        """`kill -9` of the last worker."""
        worker = self.workers.pop()
        worker.kill()
        worker.wait()

    async def send(
        self,
        topic: str,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        key: bytes | None = b"k",
    ) -> None:
        """Write one record as anybody with access to the topic could."""
        producer = AIOKafkaProducer(bootstrap_servers=self.broker.address, max_request_size=LARGE)
        await producer.start()
        try:
            await producer.send_and_wait(topic, value, key=key, headers=list(headers))
        finally:
            await producer.stop()

    async def everything_on(self, topic: str) -> list[ConsumerRecord[bytes, bytes]]:
        """All records of a topic as it is now."""
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=self.broker.address,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=10,
        )
        await consumer.start()
        try:
            partitions = list(consumer.assignment())
            await consumer.seek_to_beginning(*partitions)
            found: list[ConsumerRecord[bytes, bytes]] = []
            async with asyncio.timeout(60):
                while partitions:
                    fetched = await consumer.getmany(*partitions, timeout_ms=50)
                    found += [record for records in fetched.values() for record in records]
                    partitions = [p for p in partitions if not await _is_read(consumer, p)]
            return found
        finally:
            await consumer.stop()

    async def publish(self, messages: Iterable[Inbound]) -> None:
        """Write messages straight to the inbound topic."""
        producer = AIOKafkaProducer(bootstrap_servers=self.broker.address, linger_ms=5)
        await producer.start()
        try:
            sent = [
                await producer.send(
                    Topic.INBOUND,
                    message.body,
                    key=message.message_id.encode(),
                    headers=message.headers(),
                )
                for message in messages
            ]
            # Each of them, so that one that the broker did not take is told of.
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def add_partitions(self, topic: str, total: int) -> None:
        """Give a topic partitions, so that it has `total` of them."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.address)
        await admin.start()
        try:
            await admin.create_partitions({topic: NewPartitions(total)})
        finally:
            await admin.close()

    async def until_projected(self) -> None:
        """Wait until every stage has come to the end of its topic, intake first."""
        progress = Progress(self.settings, self.database, STAGES)
        async with asyncio.timeout(240):
            while not all(await self._caught_up(progress)):
                self._none_has_failed()
                await asyncio.sleep(0.2)

    async def until(self, condition: Callable[[], Awaitable[bool]], within_s: float = 120) -> None:
        """Wait until the condition holds; what the workers said is shown where it never does."""
        try:
            async with asyncio.timeout(within_s):
                while not await condition():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(self.log.read_text()[-3_000:]) from None

    async def until_ended(self, worker: subprocess.Popen[bytes]) -> int:
        """The exit code of a worker that ends by itself; it is a worker no longer."""

        async def has_ended() -> bool:
            return worker.poll() is not None

        await self.until(has_ended)
        self.workers.remove(worker)
        return worker.wait()

    async def until_stored(self, facts: int) -> None:
        """Wait until so many facts are stored."""

        async def is_stored() -> bool:
            return await self.count("facts") >= facts

        await self.until(is_stored)

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


async def _is_read(consumer: AIOKafkaConsumer, partition: TopicPartition) -> bool:
    end = consumer.highwater(partition)
    return end is not None and await consumer.position(partition) >= end


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
    processes = [*system.workers, *system.services]
    for process in processes:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
    for process in processes:
        await asyncio.to_thread(process.wait, 30)
    await system.database.dispose()
    await system.broker.stop()
