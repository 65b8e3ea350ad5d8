"""One frame that came over MLLP: whose it is, what the door does with it, what is answered."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import uuid4

import structlog
from aiokafka.errors import KafkaError

from schemas.errors import Problem, Reason
from schemas.hl7v2 import Segment, characters_of
from schemas.hl7v2.acknowledge import Said, Verdict, acknowledge, is_acknowledgement
from schemas.hl7v2.headers import headers_in, key_of
from schemas.inbound import Inbound, inbound
from schemas.senders import Sender, sender_of
from schemas.topics import ContentType
from services.gateway.blocks import Block, Fault
from services.gateway.receive import LARGE_BYTES, Door, Receipt
from services.gateway.receive import Outcome as Kept
from services.logs import where
from streams.runtime import metrics

log = structlog.get_logger()

OWN_ID_LENGTH = 20  # MSH-10 of the oldest versions
_BYTES = "latin-1"  # one character for each byte


class Outcome(StrEnum):
    """What became of a frame that is not kept, beside the faults of framing."""

    NOT_HL7V2 = "not-hl7v2"
    SENDER_UNKNOWN = "sender-unknown"
    UNAVAILABLE = "unavailable"
    ACKNOWLEDGEMENT = "acknowledgement"
    FAILED = "failed"
    BROKEN_OFF = "broken-off"


class Taken(NamedTuple):
    """How a frame went. `is_lost`: it is not kept, and its sender wants no answer."""

    outcome: str
    answer: bytes | None
    is_lost: bool = False


class NotKept(Exception):
    """The sender must send this again, or mend it."""

    def __init__(self, outcome: str, problem: Problem) -> None:
        super().__init__(outcome)
        self.outcome, self.problem = outcome, problem


class Frames:
    """Takes frames in through the door that HTTP uses, and answers as HL7 has it."""

    def __init__(self, door: Door, senders: Mapping[str, Sender], *, anyone: bool) -> None:
        self.door, self.senders, self.anyone = door, senders, anyone

    async def take(self, block: Block) -> Taken:
        """Keep what the frame holds, if it can be kept, and its answer. Raises nothing.

        A frame is one unit, all of its facts or none, batch or not: so it has one answer, which
        names its first message.
        """
        # Byte for byte: what is echoed is what came, whatever characters it means.
        header = next(headers_in(block.body.decode(_BYTES)), None)
        if header is not None and is_acknowledgement(header):
            return _counted(Taken(Outcome.ACKNOWLEDGEMENT, None))
        outcome, said = await self._said(block, header)
        own_id = uuid4().hex[:OWN_ID_LENGTH]
        text = acknowledge(header, said, own_id, datetime.now(UTC))
        is_lost = text is None and said.verdict is Verdict.REJECT
        return _counted(Taken(outcome, None if text is None else text.encode(_BYTES), is_lost))

    async def _said(self, block: Block, header: Segment | None) -> tuple[str, Said]:
        try:
            check_framing(block, header, self.door.limits.max_bytes)
            message = await self._message(block.body)
            # Taken and taken before have one answer, AA: who sends again after a break is right.
            receipt = await self.door.receive(message, tells_repeats=False)
        except NotKept as refusal:
            return refusal.outcome, Said(Verdict.REJECT, [refusal.problem], refusal.outcome)
        except KafkaError:
            problem = Problem("", "transient", "the event log is away; send this again later")
            return Outcome.UNAVAILABLE, Said(Verdict.REJECT, [problem], Outcome.UNAVAILABLE)
        except Exception as bug:
            log.error("bug", **where(bug))
            problem = Problem("", "exception", "this could not be worked on; nothing was kept")
            return Outcome.FAILED, Said(Verdict.REJECT, [problem], Outcome.FAILED)
        return receipt.outcome, _of(receipt)

    async def _message(self, body: bytes) -> Inbound:
        """The message as intake will have it. Raises NotKept where it is not to be kept."""
        if len(body) < LARGE_BYTES:
            return message_of(body, self.senders, anyone=self.anyone)
        return await asyncio.to_thread(message_of, body, self.senders, anyone=self.anyone)


def check_framing(block: Block, header: Segment | None, limit: int) -> None:
    """Raises NotKept where there is nothing that could be kept."""
    if block.fault is Fault.TOO_LARGE:
        raise NotKept(Reason.TOO_LARGE, Problem("", "too-long", f"over {limit} bytes"))
    if block.fault is Fault.UNFRAMED:
        raise NotKept(block.fault, Problem("", "structure", "no start of the frame (0x0B)"))
    # Nor is there one in UTF-16, which may hold the end of a frame within a character.
    if header is None:
        raise NotKept(Outcome.NOT_HL7V2, Problem("MSH", "structure", "no message header (MSH)"))


def message_of(body: bytes, senders: Mapping[str, Sender], *, anyone: bool) -> Inbound:
    """What a frame holds, with whose it is. Raises NotKept where that is nobody, or several."""
    headers = headers_in(characters_of(body).text)
    first = next(headers, None)
    sender = sender_of(first, senders, anyone=anyone) if first else None
    if first is None or sender is None:
        text = "not a sender that is known here"
        raise NotKept(Outcome.SENDER_UNKNOWN, Problem("MSH-4", "forbidden", text))
    if any(sender_of(header, senders, anyone=anyone) != sender for header in headers):
        text = "several senders in one frame"
        raise NotKept(Outcome.SENDER_UNKNOWN, Problem("MSH-4", "forbidden", text))
    now = datetime.now(UTC)
    made = Inbound(body, *sender, ContentType.HL7V2, key_of(first), now)
    return inbound(body, made.headers(), now)


def _of(receipt: Receipt) -> Said:
    if receipt.outcome is Kept.REJECTED:
        return Said(Verdict.ERROR, receipt.problems, receipt.reason or "")
    return Said(Verdict.ACCEPT)


def _counted(taken: Taken) -> Taken:
    metrics.MLLP_FRAMES.labels(taken.outcome).inc()
    return taken
