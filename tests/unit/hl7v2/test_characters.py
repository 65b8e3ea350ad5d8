"""Bytes are read as MSH-18 says; where it cannot be right the text is still read, and flagged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hl7v2 import characters_of, is_hl7v2, parse
from tests.unit.hl7v2.made import adt, pid

NAME = "ZOË^NÍ É"
GREEK, JAPANESE = "ΑΒΓ", "山田"


def message(said: str = "", name: str = NAME) -> str:
    return adt("A01", pid(fields={5: name}), msh_18=said)


def name_in(text: str) -> str:
    return parse(text).first("PID").field(5)


@pytest.mark.parametrize(
    ("said", "codec", "name"),
    [
        ("", "utf-8", NAME),
        ("UNICODE UTF-8", "utf-8", JAPANESE),
        ("unicode utf-8", "utf-8", JAPANESE),
        ("UTF-8", "utf-8", NAME),
        ("8859/1", "iso8859-1", NAME),
        ("ISO-8859-1", "iso8859-1", NAME),
        ("8859/2", "iso8859-2", "ŁÓDŹ"),
        ("8859/7", "iso8859-7", GREEK),
        ("8859/15", "iso8859-15", "ŒUVRE €"),
        ("WINDOWS-1252", "cp1252", "O’BRIEN"),
        ("GB 18030-2000", "gb18030", JAPANESE),
        ("BIG-5", "big5", "山"),
        ("KS X 1001", "euc_kr", "김"),
        ("ASCII", "ascii", "NAME"),
        ("~ISO IR87", "iso2022_jp", JAPANESE),
        ("ASCII~8859/15", "iso8859-15", "€"),
        ("8859/1~8859/2", "iso8859-1", NAME),
    ],
)
def test_a_declared_set_is_read(said: str, codec: str, name: str) -> None:
    found = characters_of(message(said, name).encode(codec))
    assert (name_in(found.text), found.doubtful) == (name, False)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_wide_characters_are_known_by_their_bytes_with_a_mark_and_without(codec: str) -> None:
    said = f"UNICODE {codec[:6].upper()}"
    body = message(said, JAPANESE).encode(codec)
    found = characters_of(body)
    assert is_hl7v2(body)
    assert (name_in(found.text), found.doubtful) == (JAPANESE, False)
    assert characters_of(message("", JAPANESE).encode(codec)).doubtful is False


@pytest.mark.parametrize(
    ("said", "codec", "name"),
    [
        # Letters of one byte that are declared as something else, or not at all.
        ("", "iso8859-1", NAME),
        ("UNICODE UTF-8", "iso8859-1", NAME),
        ("ASCII", "cp1252", "O’BRIEN"),
        # Signs that 8859/1 does not have.
        ("8859/1", "cp1252", "O’BRIEN"),
        # UTF-8 that is declared as something else.
        ("8859/1", "utf-8", NAME),
        ("8859/15", "utf-8", NAME),
        ("ASCII", "utf-8", NAME),
        ("KLINGON", "utf-8", NAME),
        ("KLINGON", "iso8859-1", NAME),
        # Wide characters that are none.
        ("UNICODE UTF-16", "utf-8", NAME),
        ("UNICODE UTF-32", "ascii", "NAME"),
        # And none that are.
        ("8859/1", "utf-16", NAME),
    ],
)
def test_a_wrong_declaration_is_flagged_and_the_text_is_what_it_most_likely_is(
    said: str, codec: str, name: str
) -> None:
    found = characters_of(message(said, name).encode(codec))
    assert (name_in(found.text), found.doubtful) == (name, True)


def test_a_byte_that_no_set_has_is_flagged_and_kept() -> None:
    found = characters_of(message("UNICODE UTF-8", "A?B").encode().replace(b"?", b"\x81\xff"))
    assert (name_in(found.text), found.doubtful) == ("A\x81ÿB", True)


def test_a_mark_of_utf_8_is_not_part_of_the_text_and_outweighs_msh_18() -> None:
    plain = message("", NAME)
    found = characters_of(b"\xef\xbb\xbf" + plain.encode())
    assert (found.text, found.doubtful) == (plain, False)
    greek = characters_of(b"\xef\xbb\xbf" + message("8859/7", GREEK).encode())
    assert (name_in(greek.text), greek.doubtful) == (GREEK, True)


def test_ascii_needs_no_declaration_that_is_known() -> None:
    assert characters_of(message("KLINGON", "NAME").encode()).doubtful is False


def test_the_set_is_found_whatever_separates_the_fields() -> None:
    text = message("8859/15", "€").replace("|", "$").replace("~", "!")
    found = characters_of(text.encode("iso8859-15"))
    assert (found.text, found.doubtful) == (text, False)


def test_odd_wide_bytes_are_flagged() -> None:
    assert characters_of(message("UNICODE UTF-16").encode("utf-16") + b"\r").doubtful


@given(st.binary(max_size=200), st.sampled_from(["", "8859/1", "BIG-5", "ISO IR87", "UNICODE"]))
def test_any_bytes_are_text_that_can_be_stored(rest: bytes, said: str) -> None:
    for body in (rest, message(said, "X").encode() + rest):
        text = characters_of(body).text
        assert text.encode().decode() == text


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        (b"MSH|^~\\&|", True),
        (b"FHS|^~\\&|", True),
        (b"BHS|^~\\&|", True),
        (b"\x0bMSH|^~\\&|", True),
        (b"\xef\xbb\xbfMSH|", True),
        (b"\r\n \tMSH|", True),
        (b"M\0S\0H\0|\0", True),
        (b"\0M\0S\0H\0|", True),
        ("MSH|".encode("utf-16"), True),
        (b"", False),
        (b"{}", False),
        ("{}".encode("utf-16"), False),
        (b"M\0", False),
        (b"PID|1", False),
        (b" " * 100 + b"MSH|", False),
    ],
)
def test_hl7_v2_is_known_by_its_first_bytes(body: bytes, is_one: bool) -> None:
    assert is_hl7v2(body) is is_one
