"""An answer reads as HL7 to another reader than ours, and says what became of the message."""

from datetime import UTC, datetime
from typing import Any

import hl7
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.errors import Problem
from schemas.hl7v2 import parse
from schemas.hl7v2.acknowledge import (
    NO_HEADER,
    Said,
    Verdict,
    acknowledge,
    is_acknowledgement,
)
from schemas.hl7v2.escapes import escaped, unescaped

AT = datetime(2026, 11, 25, 9, 30, 1, 250_000, UTC)
ACCEPTED = Said(Verdict.ACCEPT)
PROBLEM = Problem("MSH-9", "structure", "no message code & trigger, as in ADT^A01 | ADT~A02")
WRONG = Said(Verdict.ERROR, [PROBLEM], "not-hl7v2")
AWAY = Said(Verdict.REJECT, [Problem("", "transient", "send this again later")])
# Switches the characters of some sets, and ends nothing.
ESC = "\x1b"
# Neither letters nor digits nor what a line or a frame ends with.
SIGNS = "|^~\\&#!$%*+/:;<=>?@_§¬"


def header(**fields: str) -> str:
    """A message of one segment; fields by number, as in `f10="7"`."""
    said = {"f3": "APP", "f4": "FAC", "f5": "US", "f6": "HERE", "f9": "ADT^A01", "f10": "7"}
    said |= {"f11": "P", "f12": "2.5.1"} | fields
    return "|".join(["MSH|^~\\&", *(said.get(f"f{n}", "") for n in range(3, 21))])


def answer(text: str, said: Said = ACCEPTED) -> Any:
    """The answer, as the `hl7` library reads it."""
    found = acknowledge(parse(text).header, said, "own1", AT)
    assert found is not None
    return hl7.parse(found)


def code_of(said: Said, **fields: str) -> str | None:
    found = acknowledge(parse(header(**fields)).header, said, "own1", AT)
    return None if found is None else str(hl7.parse(found).segment("MSA")[1])


def test_who_sent_and_who_received_change_places_and_the_rest_is_echoed() -> None:
    said = answer(header(f3="APP^1.2^ISO", f11="T^A", f18="8859/1"))
    msh = said.segment("MSH")
    assert [str(msh[n]) for n in (3, 4, 5, 6)] == ["US", "HERE", "APP^1.2^ISO", "FAC"]
    assert str(msh[7]) == "20261125093001.250+0000"
    assert [str(msh[n]) for n in (9, 10, 11, 12, 18)] == [
        "ACK^A01^ACK",
        "own1",
        "T^A",
        "2.5.1",
        "8859/1",
    ]
    assert str(said.segment("MSA")).split("|") == ["MSA", "AA", "7"]


def test_a_message_of_no_trigger_is_answered_by_a_plain_ack() -> None:
    assert str(answer(header(f9="ADT")).segment("MSH")[9]) == "ACK"
    assert str(answer(header(f9="ADT^A\\F\\1")).segment("MSH")[9]) == "ACK"


@pytest.mark.parametrize("version", ["2.5", "2.5.1", "2.8", "2.10"])
def test_a_problem_has_a_segment_with_a_field_for_each_thing(version: str) -> None:
    said = answer(header(f12=version), WRONG)
    err = said.segment("ERR")
    assert [str(err[n]) for n in (1, 2, 3, 4, 5)] == [
        "",
        "MSH^1^9^1",
        "200^Unsupported message type^HL70357",
        "E",
        "not-hl7v2^^L",
    ]
    assert unescaped(str(err[7]), "|^~\\&") == PROBLEM.text
    assert len(said.segment("MSA")) == 3


@pytest.mark.parametrize("version", ["2.1", "2.3", "2.4", "", "two"])
def test_to_an_older_system_it_is_one_field_and_a_text(version: str) -> None:
    said = answer(header(f12=version), WRONG)
    assert str(said.segment("ERR")) == "ERR|MSH^1^9^200&Unsupported message type&HL70357"
    assert unescaped(str(said.segment("MSA")[3]), "|^~\\&") == PROBLEM.text


@pytest.mark.parametrize(
    ("problem", "where", "code"),
    [
        (Problem("MSH", "structure", "t"), "MSH^1", "100"),
        (Problem("MSH-2", "structure", "t"), "MSH^1^2^1", "102"),
        (Problem("MSH-12", "value", "t"), "MSH^1^12^1", "203"),
        (Problem("PID-3.4", "required", "t"), "PID^1^3^1^4", "101"),
        (Problem("MSH[2]-9", "structure", "t"), "MSH^2^9^1", "200"),
        (Problem("", "too-long", "t"), "", "104"),
        (Problem("Bundle.entry[3]", "a-code-of-tomorrow", "t"), "", "207"),
    ],
)
def test_a_problem_says_where_and_what(problem: Problem, where: str, code: str) -> None:
    err = answer(header(), Said(Verdict.ERROR, [problem])).segment("ERR")
    assert (str(err[2]), str(err[3][0][0])) == (where, code)


def test_every_problem_has_its_segment() -> None:
    several = Said(Verdict.ERROR, [PROBLEM, Problem("MSH", "structure", "t")])
    assert len(answer(header(), several).segments("ERR")) == 2


def test_without_a_message_there_is_still_an_answer() -> None:
    said = acknowledge(None, AWAY, "own1", AT)
    assert said is not None
    found = hl7.parse(said)
    assert str(found.segment("MSA")) == "MSA|AR|"
    assert str(found.segment("MSH")[12]) == "2.5.1" == NO_HEADER.text(12)


@pytest.mark.parametrize(
    ("said", "original", "enhanced"),
    [
        (ACCEPTED, "AA", "CA"),
        (WRONG, "AE", "CR"),
        (Said(Verdict.ERROR, [Problem("MSH", "structure", "t")]), "AE", "CE"),
        (AWAY, "AR", "CE"),
    ],
)
def test_the_mode_is_the_senders(said: Said, original: str, enhanced: str) -> None:
    assert code_of(said) == original
    assert code_of(said, f15="AL", f16="NE") == enhanced
    assert code_of(said, f15="AL", f16="AL") == enhanced  # never two answers
    # HL7: the original mode is the same as this one.
    assert code_of(said, f15="NE", f16="AL") == original
    assert code_of(said, f16="AL") == original
    assert code_of(said, f15='""', f16='""') == original


@pytest.mark.parametrize("field", ["f15", "f16"])
@pytest.mark.parametrize(
    ("condition", "of_success", "of_failure"),
    [("AL", True, True), ("NE", False, False), ("ER", False, True), ("SU", True, False)],
)
def test_an_answer_is_given_where_it_is_asked_for(
    field: str, condition: str, of_success: bool, of_failure: bool
) -> None:
    assert (code_of(ACCEPTED, **{field: condition}) is not None) is of_success
    assert (code_of(WRONG, **{field: condition}) is not None) is of_failure
    assert (code_of(AWAY, **{field: condition}) is not None) is of_failure


def test_success_and_failure_may_be_asked_for_apart() -> None:
    assert code_of(ACCEPTED, f15="ER", f16="SU") == "AA"
    assert code_of(AWAY, f15="ER", f16="SU") == "CE"
    assert code_of(ACCEPTED, f15="WHATEVER") == "CA"


def test_an_answer_is_known_as_one() -> None:
    text = acknowledge(parse(header()).header, WRONG, "own1", AT)
    assert text is not None
    assert is_acknowledgement(parse(text).header)
    assert not is_acknowledgement(parse(header()).header)


separators = st.lists(st.sampled_from(SIGNS), min_size=5, max_size=5, unique=True).map("".join)
codes = st.sampled_from(["structure", "required", "value", "too-long", "transient", "else"])
paths = st.sampled_from(["", "MSH", "MSH-9", "PID-3.1", "Bundle.type"])
problems = st.builds(Problem, paths, codes, st.text(max_size=40))
said = st.builds(
    Said, st.sampled_from(Verdict), st.lists(problems, max_size=3), st.sampled_from(["", "no-x"])
)


@given(separators, said, st.dictionaries(st.integers(3, 20), st.text(max_size=12)))
def test_whatever_a_header_holds_its_answer_is_well_formed_and_names_it(
    signs: str, said: Said, fields: dict[int, str]
) -> None:
    values = [fields.get(n, "").replace("\r", "").replace("\n", "") for n in range(3, 21)]
    message = parse(signs[0].join(["MSH" + signs, *values]))
    text = acknowledge(message.header, said, "own1", AT)
    assume(text is not None)
    assert text is not None
    assert not [sign for sign in text.replace("\r", "") if sign < " " and sign != ESC]
    ours, theirs = parse(text), hl7.parse(text)
    assert ours.separators == signs
    assert [segment.name for segment in ours] == ["MSH", "MSA", *["ERR"] * len(said.problems)]
    assert ours.first("MSA").text(2) == clean(message.control_id, keep=ESC).strip()
    assert ours.first("MSA").text(1)[1] in {said.verdict, "E", "R"}
    for number, other in ((3, 5), (4, 6), (5, 3), (6, 4)):
        assert ours.header.field(number) == clean(message.header.field(other), keep=ESC)
        assert str(theirs.segment("MSH")[number]) == ours.header.field(number)
    for segment, problem in zip(ours.segments("ERR"), said.problems, strict=True):
        if segment.field(7):
            # As it is read: what is no text is not there.
            assert segment.text(7) in {clean(problem.text, " ").strip(), ""}


def clean(text: str, instead: str = "", keep: str = "") -> str:
    return "".join(instead if (c < " " or c == "\x7f") and c not in keep else c for c in text)


@given(st.text(), separators)
def test_what_is_escaped_reads_as_it_was(text: str, signs: str) -> None:
    written = escaped(text, signs)
    assert not set(written) & (set(signs) - {signs[3]})
    assert unescaped(written, signs) == clean(text, " ")
