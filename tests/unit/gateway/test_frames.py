"""Whatever a frame holds, it is answered as HL7 has it, or not at all."""

import asyncio
from datetime import UTC, datetime

import hl7
import pytest
from aiokafka.errors import KafkaTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Reject
from schemas.inbound import Inbound
from schemas.senders import Sender
from services.gateway.blocks import Block, Fault
from services.gateway.frames import Frames, Taken, message_of
from services.gateway.receive import LARGE_BYTES, Outcome, Receipt
from services.gateway.room import Room
from streams.intake.read import Limits, read
from tests.sender import adt

LIMITS = Limits(1_000_000, 64)
SENDERS = {"RX1": Sender("RX1", "acute")}


class Kept:
    """A door that reads as the true one does, and keeps what it is given in a list."""

    limits = LIMITS

    def __init__(self, failure: Exception | None = None) -> None:
        self.messages: list[Inbound] = []
        self.failure = failure

    async def receive(self, message: Inbound, *, tells_repeats: bool) -> Receipt:
        if self.failure:
            raise self.failure
        self.messages.append(message)
        try:
            read(message, LIMITS)
        except Reject as refusal:
            name = message.message_id
            return Receipt(Outcome.REJECTED, name, 0, 0, refusal.reason, refusal.problems)
        return Receipt(Outcome.ACCEPTED, message.message_id, 0, 0)


def taken(block: Block, door: Kept | None = None) -> Taken:
    frames = Frames(door or Kept(), SENDERS, anyone=False)  # type: ignore[arg-type]
    return asyncio.run(frames.take(block))


def verdict(block: Block, door: Kept | None = None) -> tuple[str, str]:
    answer = taken(block, door).answer
    assert answer is not None
    msa = hl7.parse(answer.decode()).segment("MSA")
    return str(msa[1]), str(msa[2])


cuts = st.binary(max_size=6)
mangled = st.builds(
    lambda at, cut, by: adt("1")[:at] + by + adt("1")[at + cut :],
    st.integers(0, 200),
    st.integers(0, 40),
    cuts,
)


@given(st.binary() | mangled, st.sampled_from([None, *Fault]))
def test_nothing_that_comes_is_a_bug_and_every_answer_can_be_read(
    body: bytes, fault: Fault | None
) -> None:
    door = Kept()
    found = taken(Block(body, fault), door)
    assert found.outcome != "failed"
    assert len(door.messages) == (found.outcome in {"accepted", "rejected"})
    if found.answer is not None:
        assert b"\x0b" not in found.answer
        assert b"\x1c" not in found.answer
        read_back = hl7.parse(found.answer.decode("latin-1"))
        code = str(read_back.segment("MSA")[1])
        assert code[0] in "AC"
        assert (code[1] == "A") == (found.outcome == "accepted")


def test_what_is_kept_is_what_came_under_its_senders_name() -> None:
    door = Kept()
    assert verdict(Block(adt("7")), door) == ("AA", "7")
    (kept,) = door.messages
    assert (kept.body, kept.source, kept.sector) == (adt("7"), "RX1", "acute")
    assert kept.message_id == "PAS|RX1|7"
    assert (datetime.now(UTC) - kept.received).total_seconds() < 60


def test_a_large_message_is_taken_as_a_small_one_is() -> None:
    large = adt("7") + b"NTE|1||" + b"x" * LARGE_BYTES + b"\r"
    assert verdict(Block(large)) == ("AA", "7")
    assert verdict(Block(adt("7", facility="RX9") + large)) == ("AR", "7")


@pytest.mark.parametrize(
    ("failure", "outcome"), [(KafkaTimeoutError(), "unavailable"), (ValueError("x"), "failed")]
)
def test_what_the_door_cannot_take_is_to_be_sent_again(failure: Exception, outcome: str) -> None:
    door = Kept(failure)
    assert verdict(Block(adt("7")), door) == ("AR", "7")
    assert taken(Block(adt("7")), door).outcome == outcome
    wants_nothing = taken(Block(adt("7", f15="NE", f16="NE")), door)
    assert wants_nothing == Taken(outcome, None, is_lost=True)


def test_a_frame_of_blanks_hangs_nothing() -> None:
    """Blank lines, starts and ends of frames are not gone through again from each of them."""
    began = datetime.now(UTC)
    for filler in (b"\x0b", b"\x1c", b"\n", b"\r \t", b" "):
        message_of(adt("1") + filler * 200_000 + adt("2"), SENDERS, anyone=False)
    assert (datetime.now(UTC) - began).total_seconds() < 30


@given(st.lists(st.integers(0, 15), max_size=30))
def test_no_more_is_in_work_than_there_is_room_for_and_everything_has_its_turn(
    sizes: list[int],
) -> None:
    async def together() -> int:
        room, now, most = Room(10), 0, 0

        async def one(size: int) -> None:
            nonlocal now, most
            await room.take(size)
            now += min(size, 10)
            most = max(most, now)
            await asyncio.sleep(0)
            now -= min(size, 10)
            room.give(size)

        async with asyncio.timeout(20):
            await asyncio.gather(*map(one, sizes))
        return most

    assert asyncio.run(together()) <= 10
