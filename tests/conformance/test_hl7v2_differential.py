"""Our reading of HL7 v2 against the `hl7` library's: the same parts and texts, or a listed reason.

Of the example messages and of generated ones. A difference that no row of `DIFFERENCES` explains
fails; a row that no message needs any more fails too.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hl7v2 import Message, Segment, characters_of, parse
from tests.unit.hl7v2.made import signs

EXAMPLES = Path(__file__).parents[3] / "shared" / "examples"

# The library tells what it cannot unescape through a method of loggers that is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:hl7")


class Difference(NamedTuple):
    """`written`: how a value is written that reads otherwise, `#` standing for its escape sign."""

    name: str
    written: re.Pattern[str]
    why_ours: str


DIFFERENCES = (
    Difference(
        "spaces",
        re.compile(r"^\s|\s$"),
        "Spaces around a value pad it (2.8, 2.6.2): codes and numbers must compare equal.",
    ),
    Difference(
        "delete",
        re.compile(r'^""$'),
        'Two quotes say that the value is to be deleted (2.8, 2.5.3.3): nobody is called `""`.',
    ),
    Difference(
        "line break",
        re.compile(r"#\.(?:br|sp|ce)"),
        "A text's line break is a new line here; theirs is a carriage return, which ends segments.",
    ),
    Difference(
        "layout",
        re.compile(r"#(?:H|N|\.in|\.ti|\.sk|\.fi|\.nf)"),
        "Highlighting and indents are how a page looks; theirs makes `_` and spaces of them.",
    ),
    Difference(
        "bytes",
        re.compile(r"#X(?:[0-7][0-9A-F])*(?:[89A-F]|00)"),
        "Escaped bytes are in the message's characters, here UTF-8 or else 8859/1, and a NUL cannot"
        " be stored; theirs is always 8859/1.",
    ),
    Difference(
        "unknown",
        re.compile(r"#(?:[A-EGI-MO-QU-WYZ][A-Za-z0-9]*|X[0-9A-F]?)#"),
        "A sequence that is local or not known is kept as written (2.8, 2.7.1); theirs loses it.",
    ),
    Difference(
        "no sequence",
        re.compile(r"#[^#]*[^A-Za-z0-9.#+-][^#]*#|#[a-z0-9][^#]*#|##|#[^#]*$"),
        "An escape sign that begins no sequence is a sign that somebody forgot to escape, as in"
        " `\\\\server\\share`; theirs loses what follows it.",
    ),
)


class Value(NamedTuple):
    """One subcomponent: where it is, how it is written, what ours and theirs read there."""

    where: str
    written: str
    ours: str
    theirs: str


def values(text: str) -> Iterator[Value]:
    """Every value of a message, read by both. Asserts that both split it in the same parts."""
    ours, theirs = parse(text), hl7.parse(with_carriage_returns(text))
    segments = [segment for segment in theirs if str(segment).strip()]
    assert [one.name for one in ours] == [str(one[0]).strip() for one in segments]
    for mine, other in zip(ours, segments, strict=True):
        for number in range(1, len(other)):
            yield from _values_of(mine, number, other[number], theirs)
        assert mine.field(len(other)) == ""


def with_carriage_returns(text: str) -> str:
    """As the library needs it: to it a segment ends with nothing else."""
    return text.replace("\r\n", "\r").replace("\n", "\r")


def _values_of(mine: Segment, number: int, other: Any, theirs: Any) -> Iterator[Value]:
    where = f"{mine.name}-{number}"
    # A segment ends before the spaces that end its line.
    assert mine.field(number).rstrip() == str(other).rstrip(), where
    if mine.name == "MSH" and number <= 2:
        assert mine.text(number) == str(other), where
        return
    repeats = levels(other, 3)
    # An empty field has no repetition at all; theirs has an empty one.
    assert len(mine.repeats(number) or [""]) == len(repeats), where
    for said, components in zip(mine.repeats(number) or [""], repeats, strict=True):
        for component, parts in enumerate(components, 1):
            for part, written in enumerate(parts, 1):
                read = mine.part_of(said, component, part)
                yield Value(where, written, read, theirs.unescape(written))
            assert mine.part_of(said, component, len(parts) + 1) == "", where
        assert mine.part_of(said, len(components) + 1) == "", where


def levels(node: Any, depth: int) -> Any:
    """Repetitions, components, subcomponents: the library leaves out levels with one part."""
    if depth == 0:
        return str(node)
    if isinstance(node, str):
        return [levels(node, depth - 1)]
    return [levels(child, depth - 1) for child in node]


def reasons(value: Value, escape: str) -> list[str]:
    """The differences that may be in a value, as it is written."""
    signs = {ord("#"): "?", ord(escape): "#"}
    plain = value.written.translate(signs)
    return [each.name for each in DIFFERENCES if each.written.search(plain)]


@cache
def example_texts() -> dict[str, str]:
    files = sorted(EXAMPLES.glob("hl7v2-*/*.hl7"))
    return {path.name: characters_of(path.read_bytes()).text for path in files}


needs_examples = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="no example messages at ../shared/examples"
)


@needs_examples
def test_every_example_is_split_and_read_as_the_library_does() -> None:
    assert len(example_texts()) == 93
    count = 0
    for name, text in example_texts().items():
        for value in values(text):
            count += 1
            differs = value.ours != value.theirs
            assert not differs or reasons(value, "\\"), (name, value.where)
    assert count > 10_000


SEQUENCES = st.sampled_from(
    [
        *"FSRETHNXQ",
        *(".br", ".br+1", ".sp", ".sp3", ".ce", ".in+4", ".ti-2", ".sk2", ".fi", ".nf"),
        *("X41", "X0D0A", "XC3A9", "XE9", "X00", "X4", "ZZ9", "C2842", "M244242"),
    ]
)


def written_values(chosen: str) -> st.SearchStrategy[str]:
    """Values with every escape sequence, known or not, and with signs that were not escaped."""
    escape = chosen[3]
    usable = st.characters(codec="utf-8", exclude_characters=chosen[:5] + "\r\n\0\x1a\x1c\ufeff")
    sequence = SEQUENCES.map(lambda name: f"{escape}{name}{escape}")
    part = st.text(usable, max_size=4) | sequence
    return st.lists(part, max_size=3).map("".join) | st.just('""')


def nested(chosen: str) -> st.SearchStrategy[str]:
    """A field of repetitions of components of subcomponents."""
    _, component, repetition, _, part, *_ = tuple(chosen)
    level = written_values(chosen)
    for sign in (part, component, repetition):
        level = st.lists(level, max_size=3).map(sign.join)
    return level


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, str]:
    """The signs and the text of a message."""
    chosen = draw(signs())
    field, end = chosen[0], draw(st.sampled_from(["\r", "\n", "\r\n"]))
    lines = [f"MSH{chosen}{field}{draw(nested(chosen))}"]
    names = st.sampled_from(["PID", "PV1", "OBX", "ZZ1", "PIX"])
    for _ in range(draw(st.integers(0, 3))):
        fields = draw(st.lists(nested(chosen), max_size=3))
        lines.append(field.join([draw(names), *fields]))
    return chosen, end.join(lines)


@given(messages())
def test_a_generated_message_is_split_and_read_as_the_library_does(
    message: tuple[str, str],
) -> None:
    chosen, text = message
    for value in values(text):
        assert value.ours == value.theirs or reasons(value, chosen[3]), value


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda each: each.name)
def test_each_listed_difference_is_still_one(difference: Difference) -> None:
    shown = {
        "spaces": " a ",
        "delete": '""',
        "line break": "a\\.br\\b",
        "layout": "\\H\\a\\N\\",
        "bytes": "\\XC3A9\\",
        "unknown": "a\\Zlocal\\b",
        "no sequence": "\\\\server\\share",
    }
    (value,) = (
        v for v in values(f"MSH|^~\\&|\rZZZ|{shown[difference.name]}") if v.where == "ZZZ-1"
    )
    assert value.ours != value.theirs
    assert difference.name in reasons(value, "\\")
    assert difference.why_ours


@needs_examples
def test_most_values_need_no_reason() -> None:
    """The reasons explain few values: they are no way round the comparison."""
    seen = Counter(
        "explained" if reasons(value, "\\") else "plain"
        for text in example_texts().values()
        for value in values(text)
    )
    assert seen["plain"] > 50 * seen["explained"]


class Whole(NamedTuple):
    """A text that the library takes otherwise as a whole; `names` are ours of its segments."""

    text: str
    names: list[str]
    why_ours: str


WHOLE = {
    "mark": Whole(
        "\ufeffMSH|^~\\&|A\rPID|1",
        ["MSH", "PID"],
        "Editors put a mark before UTF-8; the library refuses the message.",
    ),
    "line feeds": Whole(
        "MSH|^~\\&|A\nPID|1\n",
        ["MSH", "PID"],
        "Files are kept with line feeds; to the library all of it is one MSH.",
    ),
    "blank lines": Whole(
        "MSH|^~\\&|A\r\r\rPID|1",
        ["MSH", "PID"],
        "A line with nothing on it is no segment.",
    ),
    "header alone": Whole(
        "MSH|^~\\&",
        ["MSH"],
        "The library loses the last separator where no field follows.",
    ),
    "longer name": Whole(
        "MSH|^~\\&|A\rMSHX|1|2",
        ["MSH", "MSHX"],
        "A segment whose name only begins like a header's has fields like any other.",
    ),
}


@pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE)
def test_what_the_library_takes_otherwise_as_a_whole_is_still_so(whole: Whole) -> None:
    found = parse(whole.text)
    assert [one.name for one in found] == whole.names
    assert shape_of(whole.text) != fields_of(found)
    assert whole.why_ours


def fields_of(found: Message) -> list[list[str]]:
    return [[one.name, *(one.field(n) for n in range(1, 5))] for one in found]


def shape_of(text: str) -> list[list[str]] | None:
    """The library's segments as ours are listed; None where it cannot read the text."""
    try:
        segments = list(hl7.parse(text))
    except hl7.ParseException:
        return None
    return [[str(one[n]) if n < len(one) else "" for n in range(5)] for one in segments]
