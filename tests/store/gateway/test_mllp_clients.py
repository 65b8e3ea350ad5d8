"""Clients that do wrong: each is dealt with, and none is felt by another."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from prometheus_client import REGISTRY

from deploy.brokers import BrokerProcess
from tests.sender import END, VT, Sender, adt, sender
from tests.store.conftest import House
from tests.store.gateway.mllp import serving
from tests.store.gateway.site import LIMIT, Site

# A client that is read no further has sent at most what fits into the sockets' buffers.
SMALL_BUFFER = 4096
FLOOD = 900


@pytest_asyncio.fixture
async def served(house: House, broker: BrokerProcess) -> AsyncIterator[tuple[Site, int]]:
    limits = {"mllp_patience_s": 1.0, "mllp_in_work": 4}
    async with serving(house, broker, **limits) as found:
        yield found


@pytest_asyncio.fixture
async def port(served: tuple[Site, int]) -> int:
    return served[1]


@pytest_asyncio.fixture
async def other(port: int) -> AsyncIterator[Sender]:
    """A sender that does everything right."""
    async with sender(port) as found:
        yield found


def closed(why: str) -> float:
    return REGISTRY.get_sample_value("throughline_mllp_closed_total", {"why": why}) or 0


async def until_closed(why: str, count: float) -> None:
    """Wait until so many connections have ended for that reason; never more."""
    async with asyncio.timeout(20):
        while closed(why) < count:
            await asyncio.sleep(0.01)
    assert closed(why) == count


def frames(outcome: str) -> float:
    said = {"outcome": outcome}
    return REGISTRY.get_sample_value("throughline_mllp_frames_total", said) or 0


@pytest.mark.parametrize("size", [LIMIT + 1, 40 * LIMIT])
async def test_a_message_that_is_too_large_is_refused_by_name_and_the_next_is_taken(
    served: tuple[Site, int], other: Sender, size: int
) -> None:
    before = len(await served[0].kept())
    refused = frames("too-large")
    async with sender(served[1]) as large:
        await large.send(adt("large").ljust(size, b"x"), adt("next"))
        assert await large.verdict() == ("AR", "large")
        assert await large.verdict() == ("AA", "next")
    assert await other.ask(adt("other")) == ("AA", "other")
    assert len(await served[0].kept()) == before + 2
    assert frames("too-large") == refused + 1


async def test_a_message_of_just_the_limit_is_taken(other: Sender) -> None:
    assert await other.ask(adt("full").ljust(LIMIT, b" ")) == ("AA", "full")


async def test_bytes_outside_of_a_frame_cost_nobody_a_message(other: Sender) -> None:
    await other.send_raw(b"GET / HTTP/1.0\r\n\r\n" + VT + adt("first") + END + b"\n\n\r")
    assert await other.verdict() == ("AA", "first")
    assert await other.ask(adt("second")) == ("AA", "second")


async def test_a_message_without_a_start_is_told_so(other: Sender) -> None:
    await other.send_raw(adt("unframed") + END)
    answer = await other.answer()
    assert str(answer.segment("MSA")) == "MSA|AR|unframed"
    assert "start" in str(answer.segment("ERR")[7])
    assert await other.ask(adt("framed")) == ("AA", "framed")


async def test_a_client_that_goes_away_in_the_middle_leaves_nothing(
    served: tuple[Site, int], other: Sender
) -> None:
    before, broken_off = len(await served[0].kept()), frames("broken-off")
    async with sender(served[1]) as half:
        await half.send_raw(VT + adt("half")[:50])
    async with sender(served[1]) as half:
        await half.send_raw(VT + adt("half") + b"\x1c")
        half.writer.write_eof()
        assert await half.is_hung_up_on()
    assert await other.ask(adt("other")) == ("AA", "other")
    assert len(await served[0].kept()) == before + 1
    assert frames("broken-off") == broken_off + 2


async def test_a_client_that_stops_in_the_middle_is_hung_up_on(port: int, other: Sender) -> None:
    unfinished = closed("unfinished")
    async with sender(port) as half:
        await half.send_raw(VT + adt("half")[:50])
        assert await half.is_hung_up_on()
    await until_closed("unfinished", unfinished + 1)
    await asyncio.sleep(1.5)  # longer than a frame may take: silence between two is no fault
    assert await other.ask(adt("other")) == ("AA", "other")


async def test_a_client_that_began_anew_in_its_connection_is_answered(other: Sender) -> None:
    await other.send_raw(VT + adt("half")[:60] + VT + adt("whole") + END)
    assert await other.verdict() == ("AA", "whole")


async def test_a_client_that_reads_no_answers_is_held_up_and_hung_up_on(
    port: int, other: Sender
) -> None:
    slow = closed("slow")
    # The refusals of unknown senders cost the least, so the answers pile up fastest.
    message = VT + adt("slow", facility="X" * 2_000) + END
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        deaf.setblocking(False)
        await asyncio.get_running_loop().sock_connect(deaf, ("127.0.0.1", port))
        sending = asyncio.create_task(_send_without_end(deaf, message))
        asking = [await other.ask(adt(str(number))) for number in range(20)]
        async with asyncio.timeout(30):
            await sending
    assert asking == [("AA", str(number)) for number in range(20)]
    await until_closed("slow", slow + 1)


async def _send_without_end(out: socket.socket, content: bytes) -> None:
    """Until the other end hangs up."""
    try:
        while True:
            await asyncio.get_running_loop().sock_sendall(out, content)
    except OSError:
        return


async def test_a_flood_is_held_back_at_its_own_connection(
    served: tuple[Site, int], broker: BrokerProcess
) -> None:
    """While Kafka takes nothing, no more of it is read than may be in work."""
    sent = 0

    async def flood(writer: Sender) -> None:
        nonlocal sent
        for number in range(FLOOD):
            await writer.send(adt(str(number)).ljust(20_000, b" "))
            sent += 1

    async with sender(served[1]) as flooding:
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            task = asyncio.create_task(flood(flooding))
            await asyncio.sleep(2)
            held_at = sent
            await asyncio.sleep(1)
            assert sent == held_at < FLOOD
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        said = [await flooding.verdict() for _ in range(FLOOD)]
        await task
    assert said == [("AA", str(number)) for number in range(FLOOD)]


async def test_silence_ends_a_connection_in_the_end(house: House, broker: BrokerProcess) -> None:
    idle = closed("idle")
    async with serving(house, broker, mllp_idle_s=0.5) as (_, port), sender(port) as quiet:
        assert await quiet.ask(adt("quiet")) == ("AA", "quiet")
        assert await quiet.is_hung_up_on()
    await until_closed("idle", idle + 1)


async def test_no_more_connections_than_allowed_and_a_forgotten_one_makes_room(
    house: House, broker: BrokerProcess
) -> None:
    full = closed("full")
    limits = {"mllp_connections": 2, "mllp_idle_s": 100.0}  # of which a hundredth is enough
    async with (
        serving(house, broker, **limits) as (_, port),
        sender(port) as first,
        sender(port) as second,
    ):
        assert await first.ask(adt("1")) == ("AA", "1")
        assert await second.ask(adt("2")) == ("AA", "2")
        async with sender(port) as third:
            assert await third.is_hung_up_on()
        await asyncio.sleep(1.2)
        assert await second.ask(adt("3")) == ("AA", "3")
        async with sender(port) as third:
            assert await third.ask(adt("4")) == ("AA", "4")
            assert await first.is_hung_up_on()
            assert await second.ask(adt("5")) == ("AA", "5")
    await until_closed("full", full + 2)


async def test_one_that_only_looks_whether_somebody_listens_is_no_event(
    port: int, other: Sender
) -> None:
    done = closed("done")
    for _ in range(20):
        async with sender(port) as looking:
            looking.writer.write_eof()
            assert await looking.is_hung_up_on()
    assert await other.ask(adt("other")) == ("AA", "other")
    await until_closed("done", done + 20)
