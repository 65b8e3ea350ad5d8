"""What a sending system is answered over MLLP, and when."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.brokers import BrokerProcess
from deploy.topics import create_topics
from schemas.hl7v2 import characters_of
from schemas.hl7v2.headers import headers_in
from schemas.inbound import inbound, received_at
from schemas.topics import TOPICS, ContentType
from streams.intake.read import Limits, read
from tests.sender import END, VT, Sender, adt, sender
from tests.store.conftest import House
from tests.store.gateway.mllp import serving
from tests.store.gateway.site import LIMIT, Site, with_topics

EXAMPLES = Path(__file__).parents[4] / "shared" / "examples"


@pytest_asyncio.fixture
async def served(house: House, broker: BrokerProcess) -> AsyncIterator[tuple[Site, int]]:
    async with serving(house, broker) as found:
        yield found


@pytest_asyncio.fixture
async def system(served: tuple[Site, int]) -> AsyncIterator[Sender]:
    async with sender(served[1]) as found:
        yield found


async def new(site: Site, before: int) -> list[bytes]:
    """The bodies that were kept since there were so many."""
    kept = sorted(await site.kept(), key=lambda record: record.timestamp)
    return [record.value for record in kept[before:]]


async def count(served: tuple[Site, int]) -> int:
    return len(await served[0].kept())


async def test_a_message_is_taken_and_said_to_be(served: tuple[Site, int], system: Sender) -> None:
    before = await count(served)
    assert await system.ask(adt("taken")) == ("AA", "taken")
    assert await system.ask(adt("taken")) == ("AA", "taken")
    kept = [record for record in await served[0].kept() if record.value == adt("taken")]
    assert await count(served) == before + 2
    found = [inbound(r.value, r.headers, received_at(r.timestamp)) for r in kept]
    assert {(f.source, f.sector, f.content_type, f.message_id) for f in found} == {
        ("RX1", "acute", ContentType.HL7V2, "PAS|RX1|taken")
    }
    ids = {event.id for one in found for event in read(one, Limits(LIMIT, 64))}
    assert len(ids) == 1


async def test_an_answer_waits_for_kafka(
    served: tuple[Site, int], system: Sender, broker: BrokerProcess
) -> None:
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        await system.send(adt("waits"))
        asking = asyncio.create_task(system.verdict())
        done, _ = await asyncio.wait({asking}, timeout=1)
        assert not done
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    assert await asking == ("AA", "waits")


async def test_without_kafka_nothing_is_kept_and_the_sender_is_to_come_back(
    house: House, tmp_path: Path
) -> None:
    broker = await with_topics(tmp_path)
    try:
        async with serving(house, broker) as (site, port), sender(port) as system:
            broker.kill()
            await system.send(adt("1"), adt("2"))
            assert [await system.verdict(), await system.verdict()] == [("AR", "1"), ("AR", "2")]
            await broker.restart()
            await create_topics(broker.address, TOPICS)
            assert await site.kept() == []
            assert await system.ask(adt("1")) == ("AA", "1")
    finally:
        await broker.stop()


async def test_a_message_is_taken_while_the_database_is_away(
    house: House, broker: BrokerProcess
) -> None:
    away = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
    async with serving(house, broker, database=away) as (_, port), sender(port) as system:
        assert await system.ask(adt("no-database")) == ("AA", "no-database")


async def test_what_can_never_be_a_fact_is_kept_and_told_with_its_reasons(
    served: tuple[Site, int], system: Sender
) -> None:
    wrong = adt("wrong", f9="?")
    before = await count(served)
    await system.send(wrong)
    answer = await system.answer()
    assert str(answer.segment("MSA")) == "MSA|AE|wrong"
    err = answer.segment("ERR")
    assert (str(err[2]), str(err[3][0][0]), str(err[5][0][0])) == ("MSH^1^9^1", "200", "not-hl7v2")
    assert "message code" in str(err[7])
    assert await new(served[0], before) == [wrong]
    await system.send(adt("wrong", f9="?", f12="2.3"))
    answer = await system.answer()
    assert "message code" in str(answer.segment("MSA")[3])
    assert str(answer.segment("ERR")[1]).startswith("MSH^1^9^200&")


@pytest.mark.parametrize(
    ("content", "control"),
    [
        (adt("who", facility="RX9"), "who"),
        (adt("who", facility=""), "who"),
        (adt("1") + adt("2", facility="GHH"), "1"),
        (b"", ""),
        (b"no message at all", ""),
        (b'{"resourceType": "Patient"}', ""),
        (b"MSH", ""),
        ("MSH|^~\\&|PAS|RX1".encode("utf-16"), ""),
        (b"\xff\xfe\x00\x01\x80", ""),
    ],
)
async def test_what_nobody_known_sent_is_not_kept(
    served: tuple[Site, int], system: Sender, content: bytes, control: str
) -> None:
    before = await count(served)
    assert await system.ask(content) == ("AR", control)
    assert await count(served) == before
    assert await system.ask(adt("next")) == ("AA", "next")


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not at ../shared/examples")
async def test_every_example_message_is_taken_by_its_name(
    house: House, broker: BrokerProcess
) -> None:
    """Whatever its version, line ends and marks are; three of them ask for answers themselves."""
    examples = [path.read_bytes() for path in sorted(EXAMPLES.glob("hl7v2-*/**/*.hl7"))]
    assert len(examples) == 93
    told = {"mllp_sources": {}, "max_message_bytes": 1_000_000}
    headers = [next(headers_in(characters_of(example).text)) for example in examples]
    wanted = {"": "AA", "AL": "CA"}
    expected = [(wanted[h.text(15)], h.field(10)) for h in headers if h.text(15) != "NE"]
    assert len(expected) == 91
    async with serving(house, broker, **told) as (site, port), sender(port) as system:
        await system.send(*examples)
        assert [await system.verdict() for _ in expected] == expected
        kept = {record.value for record in await site.kept()}
    assert kept >= set(examples)


async def test_a_header_that_is_hardly_one_still_names_its_message(system: Sender) -> None:
    assert await system.ask(b"MSH|^^^^|PAS|RX1||||||odd|P|2.5") == ("AE", "odd")


async def test_a_sender_is_known_by_its_application_and_facility_first(
    served: tuple[Site, int], system: Sender
) -> None:
    assert await system.ask(adt("by-two", facility="GHH")) == ("AA", "by-two")
    (kept,) = [r for r in await served[0].kept() if r.key == b"PAS|GHH|by-two"]
    assert dict(kept.headers)["source"] == b"RX2"


@pytest.mark.parametrize(("development", "verdict"), [(True, "AA"), (False, "AR")])
async def test_only_in_development_may_anybody_send_where_nobody_is_known(
    house: House, broker: BrokerProcess, development: bool, verdict: str
) -> None:
    told = {"mllp_sources": {}, "development": development}
    async with serving(house, broker, **told) as (_, port), sender(port) as system:
        assert await system.ask(adt("anybody", facility="RX7^1.2^ISO")) == (verdict, "anybody")


@pytest.mark.parametrize("signs", ["|^~\\&", "#*%!@", "|^~\\&#"])
async def test_the_answer_is_written_as_the_message_is(system: Sender, signs: str) -> None:
    usual = str.maketrans("|^~\\&", signs[:5])
    message = adt("signs").decode().translate(usual).replace(signs[1:5], signs[1:], 1)
    await system.send(message.encode())
    answer = await system.answer()
    assert answer.separators[1] == signs[0]
    assert str(answer.segment("MSA")[2]) == "signs"
    assert str(answer.segment("MSH")[9]) == signs[1].join(("ACK", "A01", "ACK"))


async def test_what_is_echoed_is_byte_for_byte_what_came(system: Sender) -> None:
    message = adt("Größe", f18="8859/1").decode().encode("latin-1")
    await system.send(message)
    block = await system.reader.readblock()
    assert "MSA|AA|Größe".encode("latin-1") in block
    assert block.split(b"\r", 1)[0].endswith(b"|8859/1")


async def test_a_batch_in_a_frame_is_one_unit_with_one_answer(
    served: tuple[Site, int], system: Sender
) -> None:
    before = await count(served)
    batch = b"BHS|^~\\&|PAS|RX1\r" + adt("b1") + adt("b2") + b"BTS|2\r"
    assert await system.ask(batch) == ("AA", "b1")
    assert await new(served[0], before) == [batch]
    assert await system.ask(adt("after")) == ("AA", "after")
    assert await system.ask(adt("b3") + adt("b4", f9="?")) == ("AE", "b3")


async def test_an_answer_is_of_the_kind_that_is_asked_for(system: Sender) -> None:
    assert await system.ask(adt("1", f15="AL", f16="NE")) == ("CA", "1")
    assert await system.ask(adt("2", f15="AL", f9="?")) == ("CR", "2")
    assert await system.ask(adt("3", f15="AL", facility="RX9")) == ("CE", "3")
    # Of these only the last one is to be answered.
    await system.send(adt("4", f15="NE"), adt("5", f15="ER"), adt("6", f15="SU"))
    assert await system.verdict() == ("CA", "6")


async def test_a_sender_that_wants_no_answer_sees_its_connection_end(system: Sender) -> None:
    await system.send(adt("lost", f15="NE", f16="NE", facility="RX9"))
    assert await system.is_hung_up_on()


async def test_an_answer_is_neither_answered_nor_kept(
    served: tuple[Site, int], system: Sender
) -> None:
    before = await count(served)
    await system.send(adt("ack", f9="ACK^A01^ACK"))
    assert await system.ask(adt("next")) == ("AA", "next")
    assert await new(served[0], before) == [adt("next")]


async def test_answers_come_in_the_order_of_the_messages(system: Sender) -> None:
    """Without waiting, and with some that need no work at all among them."""
    controls = [str(number) for number in range(300)]
    await system.send(*(adt(c, facility="RX9" if c.endswith("3") else "RX1") for c in controls))
    said = [await system.verdict() for _ in controls]
    assert said == [("AR" if c.endswith("3") else "AA", c) for c in controls]


async def test_a_client_may_close_its_side_and_still_read_its_answers(system: Sender) -> None:
    await system.send_raw(VT + adt("1") + END + VT + adt("2") + END)
    system.writer.write_eof()
    assert [await system.verdict(), await system.verdict()] == [("AA", "1"), ("AA", "2")]
    assert await system.is_hung_up_on()


async def test_what_is_in_hand_at_the_end_is_answered_first(
    house: House, broker: BrokerProcess
) -> None:
    async with serving(house, broker) as (site, port), sender(port) as system:
        assert await system.ask(adt("before")) == ("AA", "before")
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            await system.send(adt("in-hand"))
            await asyncio.sleep(0.5)
            site.app.state.take_no_more()
            await system.send(adt("too-late"))
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        assert await system.verdict() == ("AA", "in-hand")
        assert await system.is_hung_up_on()
        with pytest.raises(OSError, match=r"Connect call failed|refused"):
            await asyncio.open_connection("127.0.0.1", port)
    assert adt("too-late") not in [record.value for record in await site.kept()]
