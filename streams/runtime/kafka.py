"""Consumers and producers as this product uses them."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from schemas.settings import Settings

GROUP_PREFIX = "throughline."
BATCH_BYTES = 512 * 1024
# Held batches wait for a database that may take long to come back.
MAX_POLL_INTERVAL_MS = 30 * 60 * 1000
# How soon partitions are noticed that a topic got since a client looked; records wait in them. The
# usual five minutes would be seen as lost: a broker that comes back empty may make a topic with
# few partitions at the first question about it, and get the others a moment later.
METADATA_MAX_AGE_MS = 10_000


def consumer(settings: Settings, stage: str) -> AIOKafkaConsumer:
    """A member of a stage's group that commits nothing by itself."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        group_id=f"{GROUP_PREFIX}{stage}",
        client_id=f"{GROUP_PREFIX}{stage}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=settings.kafka_session_timeout_ms,
        heartbeat_interval_ms=settings.kafka_session_timeout_ms // 5,
        rebalance_timeout_ms=settings.kafka_session_timeout_ms,
        max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
        fetch_max_wait_ms=settings.kafka_fetch_wait_ms,
        max_partition_fetch_bytes=settings.max_message_bytes * 2,
        metadata_max_age_ms=METADATA_MAX_AGE_MS,
    )


def producer(settings: Settings, give_up_ms: int = 40_000) -> AIOKafkaProducer:
    """A producer whose sends are answered when every replica has them, or fail in `give_up_ms`.

    Order and repeats do not matter to what is sent, so it need not be idempotent.
    """
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka,
        client_id="throughline",
        acks="all",
        request_timeout_ms=give_up_ms,
        max_batch_size=BATCH_BYTES,
        max_request_size=settings.max_message_bytes * 2,
        metadata_max_age_ms=METADATA_MAX_AGE_MS,
    )


async def log_id(kafka: str) -> str:
    """The id of the Kafka cluster: another id is another log, whose offsets begin anew."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        described = await admin.describe_cluster()
        return str(described["cluster_id"])
    finally:
        await admin.close()
