"""Frames come out of a stream as they went in, however it was cut and whatever else it holds."""

import asyncio
import tracemalloc
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.blocks import END, Block, Blocks, Fault, Idle, Unfinished

LARGEST = 60
AHEAD = 16  # shorter than a frame: what is longer than the buffer is not too large for that
VT = b"\x0b"

ordinary = st.binary(max_size=LARGEST).filter(lambda b: not {0x0B, 0x1C} & set(b))
messages = ordinary.map(lambda body: b"MSH" + body[3:])
too_large = st.integers(LARGEST + 1, 5 * LARGEST).map(lambda size: b"MSH".ljust(size, b"x"))
blanks = st.sampled_from([b"", b"\n", b"\r\n \0", b"\n" * 40])
outside = st.sampled_from([b"", b"junk", b"MSH|no start\r"])


def frame(body: bytes) -> bytes:
    return VT + body + END


async def read_all(reader: Blocks) -> list[Block]:
    found = []
    while block := await reader.next_block(10, 10):
        found.append(block)
    return found


def blocks_of(parts: Sequence[bytes], ahead: int = AHEAD) -> list[Block]:
    """What is read of a stream that arrives in these parts."""

    async def fed() -> list[Block]:
        reader = Blocks(LARGEST, asyncio.get_running_loop(), ahead)
        reading = asyncio.create_task(read_all(reader))
        for part in parts:
            reader.feed_data(part)
            await asyncio.sleep(0)
        reader.feed_eof()
        return await reading

    return asyncio.run(fed())


def cut(stream: bytes, at: Sequence[int]) -> list[bytes]:
    places = sorted({0, len(stream), *(place % (len(stream) + 1) for place in at)})
    return [stream[a:b] for a, b in pairwise(places)]


@given(st.lists(st.tuples(outside, messages | too_large, blanks)), st.lists(st.integers(0, 9_999)))
def test_every_frame_is_found_once_and_a_bad_one_spoils_no_other(
    sent: list[tuple[bytes, bytes, bytes]], places: list[int]
) -> None:
    stream = b"".join(before + frame(body) + after for before, body, after in sent)
    found = blocks_of(cut(stream, places))
    assert [block.fault for block in found] == [
        Fault.TOO_LARGE if len(body) > LARGEST else None for _, body, _ in sent
    ]
    for block, (_, body, _) in zip(found, sent, strict=True):
        assert block.body == body or (block.fault and body.startswith(block.body))
        assert not block.broken_off


@given(messages, messages, st.lists(st.integers(0, 999)))
def test_a_frame_that_is_begun_anew_is_read_from_there(
    half: bytes, whole: bytes, places: list[int]
) -> None:
    (found,) = blocks_of(cut(VT + half[: LARGEST // 2] + frame(whole[: LARGEST // 3]), places))
    assert found == Block(whole[: LARGEST // 3], broken_off=True)


def test_a_line_break_of_old_word_processors_is_no_start_of_a_frame() -> None:
    (block,) = blocks_of([frame(b"MSH|a\rNTE|||one\x0btwo")])
    assert block == Block(b"MSH|a\rNTE|||one\x0btwo")


def test_an_end_without_a_start_is_a_frame_to_be_answered() -> None:
    assert blocks_of([b"MSH|a" + END]) == [Block(b"MSH|a", Fault.UNFRAMED)]


def test_a_frame_of_just_the_limit_is_whole() -> None:
    assert blocks_of([frame(b"x" * LARGEST)]) == [Block(b"x" * LARGEST)]
    assert blocks_of([frame(b"x" * (LARGEST + 1))])[0].fault is Fault.TOO_LARGE


@pytest.mark.parametrize("sent", [VT, VT + b"MSH|half", VT + b"MSH|half\x1c", b"junk"])
def test_a_stream_that_ends_within_a_frame_says_so(sent: bytes) -> None:
    with pytest.raises(asyncio.IncompleteReadError):
        blocks_of([sent])


async def test_silence_between_frames_and_within_one_are_two_things() -> None:
    reader = Blocks(LARGEST, asyncio.get_running_loop())
    reader.feed_data(b"\r\n")
    with pytest.raises(Idle):
        await reader.next_block(0.01, 10)
    reader.feed_data(VT + b"MSH")
    with pytest.raises(Unfinished):
        await reader.next_block(10, 0.01)


@pytest.mark.parametrize("before", [b"junk" * 9, VT + b"MSH|half", b"MSH|no start\r"])
def test_what_stands_before_a_frame_does_not_count_to_its_size(before: bytes) -> None:
    whole = b"MSH".ljust(LARGEST, b"x")
    (found,) = blocks_of([before + frame(whole)])
    assert found == Block(whole, broken_off=before.startswith(VT))


def test_frames_begun_anew_for_ever_are_not_held() -> None:
    async def fed() -> int:
        reader = Blocks(LARGEST, asyncio.get_running_loop(), AHEAD)
        reading = asyncio.create_task(reader.next_block(10, 10))
        tracemalloc.start()
        for _ in range(20_000):
            reader.feed_data(VT + b"MSH|a")
            await asyncio.sleep(0)
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        reading.cancel()
        return held

    assert asyncio.run(fed()) < 50_000


def test_an_endless_frame_is_not_held() -> None:
    async def fed() -> None:
        reader = Blocks(LARGEST, asyncio.get_running_loop())
        reading = asyncio.create_task(reader.next_block(10, 10))
        reader.feed_data(VT + b"MSH|")
        for _ in range(1_000):
            reader.feed_data(b"x" * 10_000)
            await asyncio.sleep(0)
        reading.cancel()

    tracemalloc.start()
    asyncio.run(fed())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000
