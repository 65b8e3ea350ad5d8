"""Batch files and MLLP dumps are taken apart into messages; nothing in them is lost silently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hl7v2 import NotHl7v2, bodies, characters_of, texts
from tests.unit.hl7v2.made import adt, msh, pid, signs

FHS, BHS, BTS, FTS = "FHS|^~\\&|PAS", "BHS|^~\\&|PAS", "BTS|2", "FTS|1"
ONE = adt("A01", msh_10="M1")
OTHER = adt("A03", msh_10="M2")
ENDS = ["\r", "\n", "\r\n"]


def joined(*lines: str, end: str = "\r") -> str:
    return end.join(lines)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    "lines",
    [
        (FHS, BHS, ONE, OTHER, BTS, FTS),
        (BHS, ONE, OTHER, BTS),
        (FHS, ONE, OTHER, FTS),
        (FHS, BHS, ONE, BTS, BHS, OTHER, BTS, FTS),
        (BHS, ONE, OTHER),
        (ONE, OTHER, "BTS"),
        (ONE, OTHER, "BTS|2 ", "FTS "),
        (ONE, OTHER),
        (ONE, "", "", OTHER, ""),
        (f"\x0b{ONE}\x1c", f"\x0b{OTHER}\x1c", ""),
        (f"{ONE}\x1c", f"{OTHER}\x1a"),
        (f"\ufeff{ONE}", f"\ufeff{OTHER}"),
        (f"  {ONE}", f"\t{OTHER}"),
    ],
)
def test_each_message_of_a_file_is_itself(lines: tuple[str, ...], end: str) -> None:
    text = joined(*lines, end=end).replace("\r", end)
    wanted = [ONE.replace("\r", end), OTHER.replace("\r", end)]
    assert texts(text) == wanted
    assert [texts(characters_of(one).text) for one in bodies(text.encode())] == [
        [one] for one in wanted
    ]


def test_frames_without_any_line_end_between_them_are_apart() -> None:
    assert texts(f"\x0b{ONE}\x1c\x0b{OTHER}\x1c") == [ONE, OTHER]


@pytest.mark.parametrize(
    "around", ["{}", "\x0b{}\x1c\r", "\ufeff{}", "\r\n {}\r\n\r\n", "{}\x1a", "\x0b{}\r\x1c\r"]
)
def test_what_transport_puts_around_a_message_is_no_part_of_it(around: str) -> None:
    assert texts(around.format(ONE)) == [ONE]
    assert [texts(one.decode()) for one in bodies(around.format(ONE).encode())] == [[ONE]]


def test_blanks_that_end_the_last_field_are_part_of_it() -> None:
    assert texts(f"{ONE}|x \t\r\n") == [f"{ONE}|x \t"]


@pytest.mark.parametrize(
    "said",
    [
        "MSH is a header",
        "MSHA|not one",
        "BTS count unknown",
        "FTSX|1",
        "text MSH|^~\\&|",
        "text\x0bMSH|^~\\&|",
        " BHSs",
    ],
)
def test_free_text_that_broke_into_lines_is_not_a_header(said: str) -> None:
    text = joined(msh(), pid(), "NTE|1||first line", said, "NTE|2||x")
    assert texts(text) == [text]
    assert bodies(text.encode()) == [text.encode()]


@pytest.mark.parametrize(
    "text",
    [
        joined(FHS, BHS, BTS, FTS),
        BHS,
        joined(BHS, "NTE|1||whose?", ONE),
        joined(BHS, ONE, BTS, "PID|lost"),
        joined(ONE, "FTS|1", "OBX|lost"),
        joined("PID|1", ONE),
        f"hello\r{ONE}",
    ],
)
def test_what_belongs_to_no_message_is_refused_not_dropped(text: str) -> None:
    with pytest.raises(NotHl7v2):
        texts(text)
    assert bodies(text.encode()) == [text.encode()]


def test_each_message_of_a_file_has_characters_of_its_own() -> None:
    latin = adt("A01", pid(fields={5: "ZOË"}), msh_18="8859/1").encode("iso8859-1")
    unicode = adt("A01", pid(fields={5: "ŁÓDŹ"}), msh_18="UNICODE UTF-8").encode()
    found = [characters_of(one) for one in bodies(b"\r".join([BHS.encode(), latin, unicode]))]
    assert ["ZOË" in found[0].text, "ŁÓDŹ" in found[1].text] == [True, True]
    assert [one.doubtful for one in found] == [False, False]


@given(signs())
def test_messages_of_any_signs_are_apart(chosen: str) -> None:
    one = f"MSH{chosen}{chosen[0]}\rPID{chosen[0]}1"
    assert texts(f"{ONE}\r{one}\r\x0b{one}\x1c\r") == [ONE, one, one]
    found = bodies(f"{one}\r{one}\r".encode())
    assert [text for body in found for text in texts(body.decode())] == [one, one]


def test_a_file_of_wide_characters_is_taken_apart_as_text() -> None:
    body = joined(BHS, ONE, OTHER, BTS).encode("utf-16")
    assert bodies(body) == [body]
    assert texts(characters_of(body).text) == [ONE, OTHER]


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xfe\x00", b"PID|1"])
def test_bytes_without_a_message_are_one_body(body: bytes) -> None:
    assert bodies(body) == [body]


some_lines = st.lists(
    st.sampled_from([ONE, OTHER, FHS, BHS, BTS, FTS, "PID|1", "x", "", " ", "\x1c", "MSH", "MSH|"])
    | st.text(max_size=8),
    max_size=8,
)


@given(some_lines, st.sampled_from(ENDS))
def test_bytes_and_text_are_taken_apart_alike(lines: list[str], end: str) -> None:
    text = joined(*lines, end=end)
    try:
        wanted = texts(text)
    except NotHl7v2:
        return
    found = [one for body in bodies(text.encode()) for one in texts(body.decode())]
    assert found == wanted


@given(some_lines, st.sampled_from(ENDS))
def test_every_line_of_a_file_is_in_a_message_or_is_its_frame(lines: list[str], end: str) -> None:
    text = joined(*lines, end=end)
    try:
        found = texts(text)
    except NotHl7v2:
        return
    rest = text
    for one in found:
        before, _, rest = rest.partition(one)
        assert all(_is_frame(line) for line in before.replace("\n", "\r").split("\r"))
    assert all(_is_frame(line) for line in rest.replace("\n", "\r").split("\r"))


def _is_frame(line: str) -> bool:
    clean = line.strip("\x0b\x1c\x1a\t \ufeff")
    return not clean or clean.startswith(("FHS", "BHS", "BTS", "FTS"))
