"""MLLP over TLS, and only with clients that have a certificate where that is asked for."""

import asyncio
import os
import signal
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from deploy.brokers import BrokerProcess
from tests.sender import Sender, adt, sender
from tests.store.conftest import House
from tests.store.gateway.mllp import serving


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in memory and in files."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    certificate_file: Path
    key_file: Path


def made(folder: Path, name: str, authority: Pair | None = None) -> Pair:
    """A certificate that the authority signed, or its own where there is none."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    extensions: list[x509.ExtensionType] = [
        x509.BasicConstraints(ca=authority is None, path_length=None),
        x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
    ]
    building = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject if authority else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
    )
    for extension in extensions:
        building = building.add_extension(extension, critical=False)
    certificate = building.sign(authority.key if authority else key, SHA256())
    pair = Pair(certificate, key, folder / f"{name}.pem", folder / f"{name}.key")
    pair.certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    pair.key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return pair


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return made(tmp_path_factory.mktemp("authority"), "authority")


@pytest.fixture
def told(authority: Pair, tmp_path: Path) -> dict[str, object]:
    """The settings of a server with a certificate."""
    server = made(tmp_path, "server", authority)
    return {
        "mllp_tls_certificate": server.certificate_file,
        "mllp_tls_key": server.key_file,
        "mllp_patience_s": 1.0,
    }


def trusting(authority: Pair, own: Pair | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.certificate_file))
    if own is not None:
        context.load_cert_chain(own.certificate_file, own.key_file)
    return context


async def asked(port: int, context: ssl.SSLContext) -> tuple[str, str]:
    async with sender(port, context) as system:
        return await system.ask(adt("secret"))


async def test_messages_are_taken_over_tls(
    house: House, broker: BrokerProcess, told: dict[str, object], authority: Pair
) -> None:
    async with serving(house, broker, **told) as (_, port):
        assert await asked(port, trusting(authority)) == ("AA", "secret")


async def test_a_client_in_plain_text_is_not_served_and_disturbs_nobody(
    house: House, broker: BrokerProcess, told: dict[str, object], authority: Pair
) -> None:
    async with (
        serving(house, broker, **told) as (site, port),
        sender(port, trusting(authority)) as secure,
    ):
        before = len(await site.kept())
        async with sender(port) as plain:
            await plain.send(adt("plain"))
            assert await _says_nothing_of_hl7(plain)
        assert len(await site.kept()) == before
        assert await secure.ask(adt("secure")) == ("AA", "secure")


async def _says_nothing_of_hl7(client: Sender) -> bool:
    """TLS may say what is wrong in its own bytes before it hangs up."""
    async with asyncio.timeout(20):
        try:
            return b"MSA" not in await client.reader.read()
        except OSError:
            return True


async def test_only_a_client_of_the_authority_is_let_in_where_there_is_one(
    house: House,
    broker: BrokerProcess,
    told: dict[str, object],
    authority: Pair,
    tmp_path: Path,
) -> None:
    known = made(tmp_path, "known", authority)
    stranger = made(tmp_path, "stranger")
    mutual = told | {"mllp_tls_client_ca": authority.certificate_file}
    async with serving(house, broker, **mutual) as (site, port):
        before = len(await site.kept())
        for refused in (trusting(authority), trusting(authority, stranger)):
            with pytest.raises((OSError, asyncio.IncompleteReadError)):
                await asked(port, refused)
        assert len(await site.kept()) == before
        assert await asked(port, trusting(authority, known)) == ("AA", "secret")


async def test_what_was_in_hand_is_answered_at_the_end_over_tls_too(
    house: House, broker: BrokerProcess, told: dict[str, object], authority: Pair
) -> None:
    async with (
        serving(house, broker, **told) as (site, port),
        sender(port, trusting(authority)) as system,
    ):
        assert await system.ask(adt("before")) == ("AA", "before")
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            await system.send(adt("1"), adt("2"), adt("3"))
            await asyncio.sleep(0.5)
            site.app.state.take_no_more()
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        assert [await system.verdict() for _ in range(3)] == [("AA", c) for c in "123"]
        assert await system.is_hung_up_on()


async def test_a_certificate_that_is_none_stops_the_start(
    house: House, broker: BrokerProcess, told: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    wrong = told | {"mllp_tls_certificate": tmp_path / "none.pem"}
    with pytest.raises(ValueError, match="mllp_tls_certificate"):
        async with serving(house, broker, **wrong):
            pass
