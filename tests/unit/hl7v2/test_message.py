"""A message is split where its own separators say, whatever they are, and kept as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hl7v2 import Message, NotHl7v2, messages_in, parse
from tests.unit.hl7v2.made import adt, msh, parsed, pid, segment, signs

ENDS = ["\r", "\n", "\r\n", "\n\r", "\r\r\n"]


def texts_without(separators: str) -> st.SearchStrategy[str]:
    """Values that need no escape, without spaces around them."""
    unusable = set(separators) | set("\r\n\0\x1a\ufeff")
    some = st.characters(codec="utf-8").filter(lambda c: c not in unusable and not c.isspace())
    return st.text(some, max_size=6).filter(lambda text: text != '""')


def test_values_are_found_by_segment_field_repetition_component_and_subcomponent() -> None:
    found = parsed("PID|1||A1^2^M11^NS&1.2&ISO^MR~B7^^^OTHER||NAME").first("PID")
    assert found.text(1) == "1"
    assert found.text(2) == ""
    assert found.text(3) == "A1"
    assert found.text(3, 4) == "NS"
    assert found.text(3, 4, 2) == "1.2"
    assert found.text(3, 4, 9) == found.text(3, 99) == found.text(99) == ""
    assert [found.part_of(one, 4) for one in found.repeats(3)] == ["NS", "OTHER"]
    assert found.field(3) == "A1^2^M11^NS&1.2&ISO^MR~B7^^^OTHER"
    assert found.repeats(2) == []


def test_the_fields_of_a_header_are_numbered_from_its_separator() -> None:
    header = parse(msh()).header
    assert (header.text(1), header.text(2), header.text(3)) == ("|", "^~\\&", "PAS")
    assert header.repeats(2) == ["^~\\&"]
    assert header.field(12) == "2.4"


@given(signs(), st.data())
def test_any_signs_can_separate(chosen: str, data: st.DataObject) -> None:
    field, component, repetition, _, part = chosen[:5]
    value = texts_without(chosen)
    first, second, third, fourth = (data.draw(value) for _ in range(4))
    body = f"{first}{component}{second}{part}{third}{repetition}{fourth}"
    text = f"MSH{field}{chosen[1:]}{field}\rZZZ{field}{body}"
    found = parse(text).first("ZZZ")
    assert found.separators == chosen
    assert (found.text(1), found.text(1, 2), found.text(1, 2, 2)) == (first, second, third)
    # An empty field has no repetitions, an empty repetition no text.
    assert [found.part_of(one) for one in found.repeats(1)][1:] == [fourth]


@pytest.mark.parametrize(
    ("header", "separators"),
    [
        ("MSH||", "|^~\\&"),
        ("MSH|", "|^~\\&"),
        ("MSH|^|", "|^~\\&"),
        ("MSH|^~|", "|^~\\&"),
        ("MSH|^~\\|", "|^~\\&"),
        ("MSH|^~\\&#|", "|^~\\&#"),
        ("MSH|^~\\&#!$|", "|^~\\&#"),
        ("MSH|^~&|", "|^~\\&"),
        ("MSH$%*/!$", "$%*/!"),
    ],
)
def test_separators_that_are_not_chosen_are_the_usual_ones(header: str, separators: str) -> None:
    assert Message(header).separators == separators


def test_a_usual_separator_that_is_chosen_for_something_else_separates_nothing_else() -> None:
    found = Message("MSH&^~\\&\rZZZ&a^b~c&d").first("ZZZ")
    assert (found.text(1), found.text(1, 2), found.text(2)) == ("a", "b", "d")
    assert found.text(1, 1, 2) == ""
    assert segment("ZZZ&x\\T\\y", found.separators).text(1) == "x\\T\\y"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("MSH", "MSH-1"),
        ("MSH\rPID|1", "MSH-1"),
        ("MSHA^~\\&A", "MSH-1"),
        ("MSH ^~\\& ", "MSH-1"),
        ("MSH|^^\\&|", "MSH-2"),
        ("MSH|^~\\^|", "MSH-2"),
        ("MSH|AB\\&|", "MSH-2"),
        ("MSH|^ ~\\|", "MSH-2"),
        ("PID|1", "MSH"),
        ("", "MSH"),
        (" \r\n", "MSH"),
        ("{}", "MSH"),
    ],
)
def test_what_is_no_message_is_refused_with_a_path(text: str, where: str) -> None:
    with pytest.raises(NotHl7v2) as caught:
        parse(text)
    assert caught.value.where == where
    assert caught.value.text


@pytest.mark.parametrize("end", ENDS)
def test_line_ends_of_every_kind_end_segments(end: str) -> None:
    lines = adt().split("\r")
    found = parse(end.join(lines) + end)
    assert found.lines() == lines
    assert [one.name for one in found] == ["MSH", "EVN", "PID", "PV1"]
    assert found.text == end.join(lines)


def test_other_line_breaks_of_unicode_are_content() -> None:
    said = "a\x0bb\x0cc\x1dd\x85e\u2028f"
    assert parsed(f"NTE|1||{said}").first("NTE").text(3) == said


def test_blank_lines_and_spaces_around_segments_are_nothing() -> None:
    found = parse(f"{msh()}\r\r  \r\t{pid()}  \r \rZZ1|x\r\r")
    assert [one.name for one in found] == ["MSH", "PID", "ZZ1"]


def test_repeated_segments_are_found_in_order_and_missing_ones_are_empty() -> None:
    found = parsed("OBX|1", "NTE|1", "OBX|2")
    assert [one.text(1) for one in found.segments("OBX")] == ["1", "2"]
    assert found.first("OBX").text(1) == "1"
    assert list(found.segments("ZZZ")) == []
    assert (found.first("ZZZ").text(1), found.has("ZZZ"), found.has("NTE")) == ("", False, True)


def test_a_segment_without_fields_and_one_with_a_longer_name_are_only_themselves() -> None:
    found = parsed("PID", "PV1|", "PIDX|1", "PI|2")
    assert found.first("PID").text(3) == found.first("PV1").text(3) == ""
    assert [len(list(found.segments(name))) for name in ("PID", "PIDX", "PI")] == [1, 1, 1]


def test_local_segments_are_kept_verbatim() -> None:
    found = parsed("ZBE|42|\\Zx\\^&~", "Z12|a^b")
    assert found.first("ZBE").field(2) == "\\Zx\\^&~"
    assert found.lines()[1:] == ["ZBE|42|\\Zx\\^&~", "Z12|a^b"]


def test_deleted_values_are_empty_and_their_field_says_so() -> None:
    found = parsed('PID|""|a^""^c').first("PID")
    assert (found.text(1), found.text(2, 2), found.text(2, 3)) == ("", "", "c")
    assert found.field(1) == '""'


def test_groups_begin_with_each_opening_segment() -> None:
    found = parsed("PV1|0", "PID|1", "PV1|1", "OBX|1", "PID|2", "MRG|2", "PV1|2")
    groups = found.groups("PID", frozenset({"PV1", "MRG"}))
    names = [[(one.name, one.text(1)) for one in group] for group in groups]
    assert names == [[("PID", "1"), ("PV1", "1")], [("PID", "2"), ("MRG", "2"), ("PV1", "2")]]
    assert found.groups("ZZZ", frozenset({"PV1"})) == []


@pytest.mark.parametrize(
    ("code", "event", "kind"),
    [
        ("ADT^A08^ADT_A01", "A01", "ADT^A08"),
        ("adt^a08", "", "ADT^A08"),
        ("ADT", "A04", "ADT^A04"),
        ("", "A04", "ADT^A04"),
        ("ADT", "", "ADT"),
        ("ORU", "R01", "ORU"),
        ("", "", ""),
    ],
)
def test_the_kind_is_in_the_header_else_in_the_event_segment(
    code: str, event: str, kind: str
) -> None:
    assert parse(f"{msh(code)}\rEVN|{event}").kind == kind


def test_several_messages_are_not_one() -> None:
    with pytest.raises(NotHl7v2) as caught:
        parse(f"{adt()}\r{adt()}")
    assert caught.value.where == "MSH"
    assert "2" in caught.value.text


lines_of_text = st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=6)


@given(lines_of_text, st.sampled_from(ENDS))
def test_the_text_of_a_message_reads_as_the_same_message(said: list[str], end: str) -> None:
    try:
        found = messages_in(end.join([msh(), *said]))
    except NotHl7v2:
        return
    for message in found:
        again = parse(message.text)
        assert (again.text, again.lines()) == (message.text, message.lines())


@given(lines_of_text)
def test_every_line_end_gives_the_same_segments(said: list[str]) -> None:
    clean = [one.replace("\r", "").replace("\n", "") for one in said]
    try:
        wanted = [message.lines() for message in messages_in("\r".join([msh(), *clean]))]
    except NotHl7v2:
        return
    for end in ENDS:
        assert [one.lines() for one in messages_in(end.join([msh(), *clean]) + end)] == wanted
