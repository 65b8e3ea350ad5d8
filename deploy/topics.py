"""Make the topics, on any broker, as often as you like."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from schemas.topics import TopicSpec

_POLL_S = 0.02


async def create_topics(address: str, topics: Iterable[TopicSpec], replicas: int = 1) -> set[str]:
    """The names that were made just now; every topic can be written to on return.

    A topic that is there already stays as it is, its number of partitions too: another number
    would send a person's later events to another partition than the earlier ones.
    Raises aiokafka.errors.KafkaError when the broker refuses a topic or cannot be reached.
    """
    wanted = [
        NewTopic(t.topic, t.partitions, replicas, topic_configs=dict(t.config)) for t in topics
    ]
    if not wanted:  # an empty list means "all topics" when they are described
        return set()
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        made = _made(await admin.create_topics(wanted))
        while not _led(await admin.describe_topics([t.name for t in wanted])):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)
    finally:
        await admin.close()
    return made


def _made(response: Any) -> set[str]:
    made = set()
    for name, code, message in response.topic_errors:
        error = for_code(code)
        if code == 0:
            made.add(name)
        elif error is not TopicAlreadyExistsError:
            raise error(f"{name}: {message}")
    return made


def _led(topics: list[dict[str, Any]]) -> bool:
    """Whether every partition of every topic has a leader to write to."""
    return all(
        topic["error_code"] == 0 and topic["partitions"] and _leaders(topic) for topic in topics
    )


def _leaders(topic: Mapping[str, Any]) -> bool:
    return all(partition["leader"] >= 0 for partition in topic["partitions"])
