"""The same round trip on either broker: THROUGHLINE_TEST_BROKER is `embedded` or `kafka`."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.brokers import BrokerProcess
from deploy.embedded.broker import start_broker
from deploy.kafka.node import start_kafka, why_not
from deploy.processes import StartFailed
from deploy.topics import create_topics
from schemas.topics import TopicSpec

CHOSEN = os.environ.get("THROUGHLINE_TEST_BROKER", "embedded")
PARTITIONS = 4

pytestmark = pytest.mark.kafka


async def started(directory: Path) -> BrokerProcess:
    if CHOSEN == "embedded":
        return await start_broker(None, directory / "broker.log")
    assert CHOSEN == "kafka", f"no broker is called {CHOSEN!r}"
    if reason := why_not():
        pytest.skip(reason)
    return await start_kafka(directory)


@pytest_asyncio.fixture
async def broker(tmp_path: Path) -> AsyncIterator[BrokerProcess]:
    running = await started(tmp_path)
    yield running
    await running.stop()


async def topic_on(broker: BrokerProcess, partitions: int = PARTITIONS) -> str:
    name = f"round-trip-{uuid4()}"
    assert await create_topics(broker.address, [TopicSpec(name, partitions)]) == {name}
    return name


async def publish(broker: BrokerProcess, topic: str, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=broker.address, acks="all", max_request_size=32 << 20
    )
    await producer.start()
    try:
        for number, value in enumerate(values):
            key, headers = f"person-{number}".encode(), [("source", b"RX1")]
            await producer.send_and_wait(topic, value, key=key, headers=headers)
    finally:
        await producer.stop()


async def read_in_group(broker: BrokerProcess, topic: str, group: str, count: int) -> list[bytes]:
    """The first `count` values that a new member of the group gets; committed."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=broker.address,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=2000,
        heartbeat_interval_ms=500,
    )
    await consumer.start()
    try:
        values: list[bytes] = []
        while len(values) < count:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                assert all(record.headers == (("source", b"RX1"),) for record in records)
                values += [record.value for record in records]
        await consumer.commit()
    finally:
        await consumer.stop()
    return values


async def cluster_id(broker: BrokerProcess) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    try:
        return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()


async def beginning_and_end(broker: BrokerProcess, topic: str) -> tuple[set[int], set[int]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.address)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        begin = await consumer.beginning_offsets(partitions)
        end = await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
    return set(begin.values()), set(end.values())


async def test_a_group_reads_every_event_once_and_goes_on_where_it_stopped(
    broker: BrokerProcess,
) -> None:
    topic, group = await topic_on(broker), f"group-{uuid4()}"
    first = [f"first {number}".encode() for number in range(40)]
    later = [f"later {number}".encode() for number in range(10)]
    await publish(broker, topic, first)
    assert sorted(await read_in_group(broker, topic, group, 40)) == sorted(first)
    await publish(broker, topic, later)
    assert sorted(await read_in_group(broker, topic, group, 10)) == sorted(later)


async def test_a_message_of_twenty_megabytes_arrives_whole(broker: BrokerProcess) -> None:
    topic, letter = await topic_on(broker), os.urandom(20 << 20)
    await publish(broker, topic, [letter])
    assert await read_in_group(broker, topic, "large", 1) == [letter]


async def test_making_topics_again_changes_nothing(broker: BrokerProcess) -> None:
    spec = TopicSpec(f"again-{uuid4()}", PARTITIONS, {"cleanup.policy": "compact"})
    other = TopicSpec(f"other-{uuid4()}", 1)
    assert await create_topics(broker.address, [spec]) == {spec.topic}
    await publish(broker, spec.topic, [b"kept"])
    assert await create_topics(broker.address, [spec, other]) == {other.topic}
    assert await create_topics(broker.address, []) == set()
    assert await read_in_group(broker, spec.topic, "again", 1) == [b"kept"]


async def test_a_topic_that_the_broker_refuses_is_an_error(broker: BrokerProcess) -> None:
    if CHOSEN == "embedded":
        pytest.skip("the embedded broker takes any name")
    with pytest.raises(KafkaError):
        await create_topics(broker.address, [TopicSpec("no/slashes", 1)])


async def test_a_restart_keeps_the_address_and_a_lost_log_shows_as_a_new_cluster(
    broker: BrokerProcess,
) -> None:
    topic = await topic_on(broker)
    await publish(broker, topic, [b"before"] * 20)
    address, cluster = broker.address, await cluster_id(broker)
    broker.kill()
    await broker.restart()
    assert broker.address == address
    made = await create_topics(address, [TopicSpec(topic, PARTITIONS)])
    kept = await cluster_id(broker) == cluster
    assert kept is (CHOSEN == "kafka")
    assert made == (set() if kept else {topic})
    begin, end = await beginning_and_end(broker, topic)
    assert begin == {0}
    assert kept is (end != {0})


async def test_a_taken_port_is_refused_in_the_words_of_the_log(
    broker: BrokerProcess, tmp_path: Path
) -> None:
    if CHOSEN == "kafka":
        pytest.skip("Apache Kafka takes its time to say so")
    port = int(broker.address.rpartition(":")[2])
    with pytest.raises(StartFailed, match=r"(?s)the broker did not start.*in use"):
        await start_broker(port, tmp_path / "second.log")


async def test_the_broker_can_be_stopped_twice(broker: BrokerProcess) -> None:
    await broker.stop()
    await broker.stop()
    with pytest.raises(ValueError, match="stopped"):
        _ = broker.pid
