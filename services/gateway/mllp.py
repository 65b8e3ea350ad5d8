"""The MLLP server: HL7 v2 over TCP, from known senders, as many connections as it is told."""

import asyncio
import socket
import ssl
from time import monotonic

import structlog
from hl7.mllp import HL7StreamProtocol, MLLPStreamWriter

from schemas.settings import Settings
from services.gateway.blocks import Blocks, Fault
from services.gateway.connection import Bounds, Connection, Why
from services.gateway.frames import Frames, Outcome
from services.gateway.receive import Door
from services.gateway.receive import Outcome as Kept
from services.gateway.room import Room
from services.logs import where
from streams.runtime import metrics

log = structlog.get_logger()

HANDSHAKE_WITHIN_S = 10.0
# The door gives up on Kafka after 8 s; an answer may take its time to be read.
STOP_WITHIN_S = 12.0
# A connection that was quiet for this share of the longest silence may be closed for a new one.
QUIET_SHARE = 0.01
# Largest messages in work at once, over all connections.
LARGEST_AT_ONCE = 4
OUTCOMES = (*Kept, *Outcome, *Fault)
# Ends of which a sender's operators know themselves; the others are worth a line.
ORDINARY = frozenset({Why.DONE, Why.IDLE, Why.STOPPING})


class Mllp:
    """Listens, and holds every connection until it has ended."""

    def __init__(self, settings: Settings, door: Door) -> None:
        """Raises ValueError where the certificate cannot be used."""
        self.settings, self.tls = settings, tls(settings)
        self.frames = Frames(door, settings.mllp_sources, anyone=settings.development)
        self.room = Room(LARGEST_AT_ONCE * settings.max_message_bytes)
        self.bounds = Bounds(settings.mllp_in_work, settings.mllp_idle_s, settings.mllp_patience_s)
        for outcome in OUTCOMES:
            metrics.MLLP_FRAMES.labels(outcome)  # from 0, so that a first one is an increase
        self._open: dict[Connection, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises OSError where that cannot be."""
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.BaseProtocol:
            reader = Blocks(self.settings.max_message_bytes, loop)
            answering: asyncio.BaseProtocol = HL7StreamProtocol(reader, self._connected, loop)
            return answering

        host, port = self.settings.mllp_host, self.settings.mllp_port
        within_s = HANDSHAKE_WITHIN_S if self.tls else None
        try:
            self._server = await loop.create_server(
                protocol, host, port, ssl=self.tls, ssl_handshake_timeout=within_s
            )
        except OSError as error:
            log.error("mllp-not-listening", port=port, error=type(error).__name__)
            raise
        log.info("mllp-listening", port=port, tls=self.tls is not None)

    def take_no_more(self) -> None:
        """No new connection, no new frame; what is in hand goes on to its answer."""
        if self._server is not None:
            self._server.close()
        for connection in self._open:
            connection.end(Why.STOPPING)

    async def stop(self) -> None:
        """End in order: every answer that can still be given is given."""
        self.take_no_more()
        if self._open:
            await asyncio.wait(self._open.values(), timeout=STOP_WITHIN_S)
        for task in self._open.values():
            task.cancel()
        await asyncio.gather(*self._open.values(), return_exceptions=True)

    def _connected(self, reader: Blocks, writer: MLLPStreamWriter) -> None:
        if len(self._open) >= self.settings.mllp_connections and not self._made_room():
            metrics.MLLP_CLOSED.labels(Why.FULL).inc()
            log.warning("mllp-full", connections=len(self._open))
            writer.transport.abort()
            return
        _keep_alive(writer)
        connection = Connection(reader, writer, self.frames.take, self.room, self.bounds)
        self._open[connection] = asyncio.create_task(self._serve(connection))
        metrics.MLLP_CONNECTIONS.set(len(self._open))

    def _made_room(self) -> bool:
        """End the connection that has been quiet longest: a client may forget to close its own."""
        quiet = [c for c in self._open if c.is_quiet and c.why is None]
        oldest = min(quiet, key=lambda c: c.quiet_since, default=None)
        enough_s = QUIET_SHARE * self.bounds.idle_s
        if oldest is None or monotonic() - oldest.quiet_since < enough_s:
            return False
        oldest.end(Why.FULL)
        return True

    async def _serve(self, connection: Connection) -> None:
        try:
            why = await connection.run()
            metrics.MLLP_CLOSED.labels(why).inc()
            if why not in ORDINARY:
                log.info("mllp-closed", why=why, peer=_peer(connection))
        except Exception as bug:
            log.error("bug", **where(bug))
        finally:
            del self._open[connection]
            metrics.MLLP_CONNECTIONS.set(len(self._open))


def _keep_alive(writer: MLLPStreamWriter) -> None:
    """Let the system find out that the other end is no longer there."""
    open_socket = writer.get_extra_info("socket")
    if open_socket is not None:
        open_socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _peer(connection: Connection) -> str:
    """The address of the other end: a system's, no person's."""
    found = connection.writer.get_extra_info("peername")
    return str(found[0]) if found else "unknown"


def tls(settings: Settings) -> ssl.SSLContext | None:
    """How to speak TLS; None where that is not asked for. Raises ValueError."""
    if settings.mllp_tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.mllp_tls_certificate, settings.mllp_tls_key)
        if settings.mllp_tls_client_ca:
            context.load_verify_locations(settings.mllp_tls_client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (ssl.SSLError, OSError) as error:
        names = "mllp_tls_certificate, mllp_tls_key or mllp_tls_client_ca"
        raise ValueError(f"{names} cannot be used: {type(error).__name__}") from None
    return context
