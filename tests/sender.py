"""A sending system: frames over a socket of its own, answers read by another library than ours."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import hl7
from hl7.mllp import MLLPStreamReader, MLLPStreamWriter, open_hl7_connection

VT, END = b"\x0b", b"\x1c\r"
PATIENCE_S = 20


def adt(control: str = "1", *, trigger: str = "A01", facility: str = "RX1", **fields: str) -> bytes:
    """An ADT message; header fields by number, as in `f12="2.3"`."""
    said = {"f12": "2.5.1", "f15": "", "f16": "", "f18": ""} | fields
    kind = said.get("f9", f"ADT^{trigger}")
    lines = [
        f"MSH|^~\\&|PAS|{facility}|TL|HERE|20260301101500||{kind}|{control}|P|{said['f12']}"
        f"|||{said['f15']}|{said['f16']}||{said['f18']}",
        f"EVN|{trigger}|20260301101500",
        f"PID|1||P{control}^^^RX1^MR||EXAMPLE^ADA||19500101|F",
        f"PV1|1|I|W1^1^1|||||||||||||||||V{control}",
    ]
    return "\r".join(lines).encode() + b"\r"


class Sender:
    """One connection."""

    def __init__(self, reader: MLLPStreamReader, writer: MLLPStreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, *messages: bytes) -> None:
        for message in messages:
            self.writer.writeblock(message)
        await self.writer.drain()

    async def send_raw(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def answer(self) -> Any:
        """The next answer, as the `hl7` library reads it."""
        async with asyncio.timeout(PATIENCE_S):
            return hl7.parse((await self.reader.readblock()).decode())

    async def verdict(self) -> tuple[str, str]:
        """MSA-1 and MSA-2 of the next answer."""
        msa = (await self.answer()).segment("MSA")
        return str(msa[1]), str(msa[2])

    async def ask(self, message: bytes) -> tuple[str, str]:
        await self.send(message)
        return await self.verdict()

    async def is_hung_up_on(self, within_s: float = PATIENCE_S) -> bool:
        """Whether the other end closes the connection, and says nothing more before."""
        try:
            async with asyncio.timeout(within_s):
                return await self.reader.read() == b""
        except TimeoutError:
            return False
        except OSError:
            return True


@asynccontextmanager
async def sender(port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Sender]:
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await open_hl7_connection("127.0.0.1", port, ssl=tls)
    try:
        yield Sender(reader, writer)
    finally:
        writer.transport.abort()
