"""The worker: every stage's agent, its feed and the services beside them, wired once."""

from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import structlog
from aiokafka import AIOKafkaProducer, ConsumerRecord
from mode import Service
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas import fhir
from schemas.settings import Settings
from schemas.topics import Topic
from streams.flow.projector import Flow
from streams.intake.agent import STAGE, Intake, RejectShare
from streams.intake.read import Limits
from streams.referrals.projector import Referrals
from streams.rejects.projector import Rejects
from streams.runtime.batches import Batch
from streams.runtime.bookkeepers import InDatabase, InKafka
from streams.runtime.feed import Feed
from streams.runtime.frozen import FrozenWatch
from streams.runtime.kafka import consumer, log_id, producer
from streams.runtime.outbox import Relay
from streams.runtime.projection import Projection, project, read
from streams.runtime.retry import is_the_world, wait_s
from streams.runtime.shell import Shell, shell
from streams.timeline.projector import Timeline

log = structlog.get_logger()

Work = Callable[[Batch], Any]

PROJECTIONS: dict[str, tuple[Topic, Callable[[], Projection[Any]]]] = {
    Timeline.name: (Topic.EVENTS, Timeline),
    Flow.name: (Topic.EVENTS, Flow),
    Referrals.name: (Topic.EVENTS, Referrals),
    Rejects.name: (Topic.REJECTED, Rejects),
}
STAGES = (STAGE, *PROJECTIONS)
# Nobody waits for these as they do for the timeline: events a few hundredths of a second apart
# share a transaction, and leave the processor to the stages that are waited for.
ROUND_S = {Flow.name: 0.05, Referrals.name: 0.1}


class Reading(NamedTuple):
    """What a stage does: its topic, how records are read, and what is done with a batch."""

    topic: Topic
    read: Callable[[Iterable[ConsumerRecord]], Any]
    work: Work


class Worker:
    """One process's share of the work. `feeds` tell whether it moves."""

    def __init__(
        self, settings: Settings, database: AsyncEngine, stages: tuple[str, ...] = STAGES
    ) -> None:
        self.settings, self.database = settings, database
        self.app: Shell = shell("throughline", settings.kafka)
        self.producer = producer(settings)
        self.feeds: list[Feed] = []
        self._run(Opened(self.producer, settings.retry_max_wait_s))
        for stage in stages:
            self._add(stage)
        if any(stage in PROJECTIONS for stage in stages):
            self._run(FrozenWatch(database))
        if Timeline.name in stages:
            self._run(Relay(database, self.producer, settings.retry_max_wait_s))

    @property
    def is_ready(self) -> bool:
        """True while every stage has its partitions and is not held by a failure."""
        return not any(feed.waiting for feed in self.feeds)

    def _add(self, stage: str) -> None:
        taking = consumer(self.settings, stage)
        if stage == STAGE:
            fhir.warm()
            intake = self._intake()
            reading = Reading(Topic.INBOUND, intake.read, intake.take_in)
            self._feed(stage, reading, taking, InKafka(taking))
            return
        topic, make = PROJECTIONS[stage]
        into = make()
        reading = Reading(
            topic, partial(read, into), partial(project, into=into, database=self.database)
        )
        self._feed(stage, reading, taking, InDatabase(self.database, stage, topic))

    def _intake(self) -> Intake:
        limits = Limits(self.settings.max_message_bytes, self.settings.max_json_depth)
        share = RejectShare(self.settings.reject_share_limit, self.settings.reject_share_window)
        return Intake(self.producer, limits, share)

    def _feed(self, stage: str, reading: Reading, taking: Any, keeper: Any) -> None:
        channel = self.app.channel()
        self.app.agent(channel, name=stage)(agent(reading.work))
        feed = Feed(
            stage,
            reading.topic,
            channel,
            taking,
            keeper,
            partial(log_id, self.settings.kafka),
            read=reading.read,
            max_events=self.settings.batch_max_events,
            retry_max_wait_s=self.settings.retry_max_wait_s,
            round_s=ROUND_S.get(stage, 0.0),
        )
        self.feeds.append(feed)
        self._run(feed)

    def _run(self, service: Service) -> None:
        self.app.service(service)  # type: ignore[arg-type]  # an instance will do


def agent(work: Work) -> Callable[[Any], Any]:
    """A Faust agent that does one batch after the other and tells the feed how each went."""

    async def do_batches(stream: AsyncIterator[Batch]) -> None:
        async for batch in stream:
            async with batch:
                await work(batch)

    return do_batches


class Opened(Service):
    """A producer that lives as long as the app."""

    def __init__(self, sender: AIOKafkaProducer, retry_max_wait_s: float) -> None:
        super().__init__()
        self.sender, self.retry_max_wait_s = sender, retry_max_wait_s

    async def on_start(self) -> None:
        """Wait for Kafka, however long it is away."""
        tries = 0
        while not self.should_stop:
            try:
                await self.sender.start()
                break
            except Exception as error:
                if not is_the_world(error):
                    raise
                log.warning("producer-held", tries=tries, error=type(error).__name__)
                await self.sleep(wait_s(tries, self.retry_max_wait_s))
                tries += 1

    async def on_stop(self) -> None:
        await self.sender.stop()
