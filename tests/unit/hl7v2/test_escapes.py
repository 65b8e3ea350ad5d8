"""Escape sequences stand for what the standard says; what is not known stays as it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hl7v2.escapes import unescaped
from tests.unit.hl7v2.made import SEPARATORS, segment, signs

TRUNCATING = SEPARATORS + "#"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"a\F\b", "a|b"),
        (r"a\S\b", "a^b"),
        (r"a\R\b", "a~b"),
        (r"a\E\b", "a\\b"),
        (r"a\T\b", "a&b"),
        (r"\F\\S\\R\\E\\T\ ", "|^~\\& "),
        (r"\E\F\E\ ", "\\F\\ "),
        (r"line\.br\line", "line\nline"),
        (r"a\.sp\b", "a\nb"),
        (r"a\.sp3\b", "a\n\n\nb"),
        (r"a\.sp+2\b", "a\n\nb"),
        (r"a\.sp 2\b", "a\n\nb"),
        (r"a\.sk2\b", "a  b"),
        (r"a\.sk-2\b", "ab"),
        (r"a\.ce\b", "a\nb"),
        (r"\.in+4\a\.ti-2\b\.fi\c\.nf\d", "abcd"),
        (r"\H\loud\N\ quiet", "loud quiet"),
        (r"\X0D0A\ ", "\r\n "),
        (r"caf\XC3A9\ ", "café "),
        (r"caf\XE9\ ", "café "),
        (r"\X00\ ", "\ufffd "),
        # Not known, local, or switching characters.
        (r"\Zlocal\ ", r"\Zlocal\ "),
        (r"\Q\ ", r"\Q\ "),
        (r"\C2842\ ", r"\C2842\ "),
        (r"\M2442\ ", r"\M2442\ "),
        (r"\.zz\ ", r"\.zz\ "),
        (r"\.sp9999999\ ", r"\.sp9999999\ "),
        (r"\X0\ ", r"\X0\ "),
        (r"\XZZ\ ", r"\XZZ\ "),
        (r"\f\ ", r"\f\ "),
        (r"\P\ ", r"\P\ "),
        # Signs that somebody forgot to escape.
        (r"\\server\share", r"\\server\share"),
        (r"a\b and \F\ ", r"a\b and | "),
        (r"1\2", r"1\2"),
        ("\\", "\\"),
        ("", ""),
    ],
)
def test_a_sequence_is_what_it_stands_for(written: str, meant: str) -> None:
    assert unescaped(written, SEPARATORS) == meant


def test_the_sign_of_truncation_can_be_escaped_where_a_message_chose_one() -> None:
    assert unescaped(r"a\P\b", TRUNCATING) == "a#b"
    assert unescaped(r"a\T\b", TRUNCATING) == "a&b"


@given(signs(), st.text(max_size=20))
def test_what_is_escaped_with_any_signs_is_read_back(chosen: str, said: str) -> None:
    field, component, repetition, escape, part = chosen[:5]
    names = dict(zip(chosen, "FSRETP", strict=False))
    clean = said.replace("\r", "").replace("\n", "").strip()
    written = "".join(f"{escape}{names[c]}{escape}" if c in names else c for c in clean)
    line = f"ZZZ{field}x{component}y{part}{written}{repetition}z"
    assert segment(line, chosen).text(1, 2, 2) == ("" if clean == '""' else clean)


@given(st.text(st.sampled_from("\\FSXZ.br0A~&^| ")))
def test_no_text_without_the_sign_changes_and_none_breaks(said: str) -> None:
    assert unescaped(said.replace("\\", ""), SEPARATORS) == said.replace("\\", "")
    assert isinstance(unescaped(said, SEPARATORS), str)


def test_escaped_text_is_unescaped_after_it_is_split() -> None:
    found = segment(r"PID|1|A\S\B^C\T\D&E|x\F\y")
    assert (found.text(2), found.text(2, 2), found.text(2, 2, 2)) == ("A^B", "C&D", "E")
    assert found.text(3) == "x|y"
    assert found.field(3) == r"x\F\y"
