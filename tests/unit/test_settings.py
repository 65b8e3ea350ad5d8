"""A process is told what it needs, or does not start and names what is missing or wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.events import Sector
from schemas.hl7v2 import parse
from schemas.senders import Sender, sender_of, senders
from schemas.settings import Settings

NEEDED = {"kafka": "k:1", "database": "postgresql+asyncpg://d"}


def told(monkeypatch: pytest.MonkeyPatch, **settings: object) -> Settings:
    """The settings of a process with this environment."""
    for name, value in (NEEDED | settings).items():
        monkeypatch.setenv(f"THROUGHLINE_{name.upper()}", str(value))
    return Settings()


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    (tmp_path / "file.pem").touch()
    return tmp_path / "file.pem"


def test_senders_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "RX1=RX1:acute, PAS|GHH=RX2:community,OLD=RX3,"
    assert told(monkeypatch, mllp_sources=said).mllp_sources == {
        "RX1": Sender("RX1", "acute"),
        "PAS|GHH": Sender("RX2", "community"),
        "OLD": Sender("RX3", "unknown"),
    }
    assert told(monkeypatch, mllp_sources="").mllp_sources == {}


@pytest.mark.parametrize("said", ["RX1", "=RX1", "RX1=", "RX1=:acute", "RX1=RX1:hospital"])
def test_a_sender_that_cannot_be_read_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    with pytest.raises(ValidationError, match="mllp_sources"):
        told(monkeypatch, mllp_sources=said)


@pytest.mark.parametrize(
    "given_files",
    [
        ["mllp_tls_certificate"],
        ["mllp_tls_key"],
        ["mllp_tls_client_ca"],
        ["mllp_tls_key", "mllp_tls_client_ca"],
    ],
    ids=" ".join,
)
def test_half_a_tls_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, pem: Path, given_files: list[str]
) -> None:
    with pytest.raises(ValidationError, match=r"mllp_tls_certificate.*mllp_tls_key"):
        told(monkeypatch, **dict.fromkeys(given_files, pem))


def test_a_whole_tls_does_not(monkeypatch: pytest.MonkeyPatch, pem: Path) -> None:
    both = {"mllp_tls_certificate": pem, "mllp_tls_key": pem}
    assert told(monkeypatch, **both).mllp_tls_certificate == pem
    assert told(monkeypatch, **both, mllp_tls_client_ca=pem).mllp_tls_client_ca == pem


def test_a_file_that_is_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="mllp_tls_key"):
        told(monkeypatch, mllp_tls_key="/not/there")


def test_an_error_repeats_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError) as refused:
        told(monkeypatch, development_key="a secret", mllp_idle_s=-1, database_pool="b secret")
    assert "mllp_idle_s" in str(refused.value)
    assert "secret" not in str(refused.value)


names = st.text("ABC123 _-.", min_size=1).map(str.strip).filter(bool)
known = st.builds(Sender, names.filter(lambda n: ":" not in n), st.sampled_from(Sector))


@given(st.dictionaries(names, known))
def test_senders_read_as_they_are_written(wanted: dict[str, Sender]) -> None:
    said = ",".join(f"{name}={who.source}:{who.sector}" for name, who in wanted.items())
    assert senders(said) == wanted


@given(names, names, known, known)
def test_the_application_decides_before_the_facility(
    application: str, facility: str, first: Sender, second: Sender
) -> None:
    header = parse(f"MSH|^~\\&|{application}|{facility}^1.2.3^ISO||").header
    both = {f"{application}|{facility}": first, facility: second}
    assert sender_of(header, both, anyone=True) == first
    assert sender_of(header, {facility: second}, anyone=True) == second
    assert sender_of(header, {f"{facility}?": second}, anyone=True) is None
    assert sender_of(header, {}, anyone=False) is None
    assert sender_of(header, {}, anyone=True) == Sender(facility)


def test_the_keys_of_the_audit_are_read_the_one_that_signs_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert told(monkeypatch).audit_keys == ()
    assert told(monkeypatch, audit_key="").audit_keys == ()
    assert told(monkeypatch, audit_key="the new one, the old one").audit_keys == (
        b"the new one",
        b"the old one",
    )
