"""The Kafka topics: the only module that spells a topic's or a header's name."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Topic(StrEnum):
    INBOUND = "care.inbound.v1"
    EVENTS = "care.events.v1"
    REJECTED = "care.rejected.v1"
    TIMELINE = "care.timeline.v1"
    MEASURES = "care.measures.v1"


class Header(StrEnum):
    """Headers of `care.inbound.v1`; `care.rejected.v1` adds the last three.

    These say which stage refused it, why, and where (JSON: [[path, code, text], ...]).
    """

    SOURCE = "source"
    SECTOR = "sector"
    CONTENT_TYPE = "content-type"
    MESSAGE_ID = "message-id"
    STAGE = "stage"
    REASON = "reason"
    PROBLEMS = "problems"


class ContentType(StrEnum):
    FHIR = "application/fhir+json"
    HL7V2 = "x-application/hl7-v2+er7"


# A message as it is given to readers, whatever characters it came in.
HL7V2_TEXT: Final = f"{ContentType.HL7V2}; charset=utf-8"

PARTITIONS = 8


@dataclass(frozen=True)
class TopicSpec:
    """A topic as it should be made; what its key and value are is said for AsyncAPI.

    `config` holds Kafka's own names (`cleanup.policy`).
    """

    topic: str
    partitions: int = PARTITIONS
    description: str = ""
    key: str = ""
    value: str = ""
    config: dict[str, str] = field(default_factory=dict)


_FOREVER = {"retention.ms": "-1"}
_LARGE = {"max.message.bytes": str(24 * 1024 * 1024)}
# A refused message goes on with its problems beside it: what came in must fit here in any case.
_LARGER = {"max.message.bytes": str(28 * 1024 * 1024)}

TOPICS: tuple[TopicSpec, ...] = (
    TopicSpec(
        Topic.INBOUND,
        description="Messages as received: any order, with duplicates and errors."
        " Publishers may write here.",
        key="anything that keeps one person's messages together; may be empty",
        value="FHIR R4 JSON or HL7 v2 bytes, verbatim",
        # When it came to our door, not when a publisher's clock says that it left.
        config=_FOREVER | _LARGE | {"message.timestamp.type": "LogAppendTime"},
    ),
    TopicSpec(
        Topic.EVENTS,
        description="One valid fact each.",
        key="the person's identity at the source, else the thing that the fact is about",
        value="CareEvent",
        config=_FOREVER | _LARGE,
    ),
    TopicSpec(
        Topic.REJECTED,
        description="What cannot become a fact: reason and original bytes. Can be redriven.",
        key="the message id",
        value="the original bytes",
        config=_FOREVER | _LARGER,
    ),
    TopicSpec(
        Topic.TIMELINE,
        description="One notice for each change of a person's timeline.",
        key="the person's opaque id",
        value="TimelineNotice",
    ),
    TopicSpec(
        Topic.MEASURES,
        description="The latest value of every figure that changed.",
        key="the figure: measure and dimensions",
        value="Figure",
        config={"cleanup.policy": "compact"},
    ),
)
