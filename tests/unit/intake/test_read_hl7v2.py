"""HL7 v2 messages as facts: verbatim, one for each patient, the same however they were sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Reason, Reject
from schemas.events import CareEvent, Flag, decode, encode
from schemas.hl7v2 import parse
from schemas.topics import ContentType
from streams.intake.read import Limits, read
from streams.runtime.strangers import is_forged, is_storable
from streams.timeline.entries import entries_of
from tests.builders import LIMITS, received
from tests.unit.hl7v2.made import EVENT, SENT, WRITTEN, adt, evn, line, msh, pid, pv1

FHS, BHS, BTS, FTS = "FHS|^~\\&|PAS", "BHS|^~\\&|PAS", "BTS|2", "FTS|1"
DOUBTS = {Flag.DOUBTFUL_TIME, Flag.DOUBTFUL_CHARACTERS, Flag.UNKNOWN_TRIGGER}


def facts(body: str | bytes, limits: Limits = LIMITS, **beside: str) -> list[CareEvent]:
    raw = body.encode() if isinstance(body, str) else body
    return read(received(raw, **{"content_type": ContentType.HL7V2, **beside}), limits)


def fact(body: str | bytes, **beside: str) -> CareEvent:
    (found,) = facts(body, **beside)
    return found


def refusal(body: str | bytes, limits: Limits = LIMITS, **beside: str) -> Reject:
    with pytest.raises(Reject) as caught:
        facts(body, limits, **beside)
    assert caught.value.problems
    return caught.value


def what_it_says(event: CareEvent) -> tuple[object, ...]:
    return (
        event.id,
        event.kind,
        event.thread,
        event.version,
        event.recorded,
        event.message_id,
        event.subject,
        event.occurred_start,
        event.occurred_end,
        event.links,
        event.flags,
        event.part,
    )


def test_a_message_becomes_a_fact_that_holds_it_verbatim() -> None:
    said = adt("A01", pid(), pv1(), "ZXY|\\Zlocal\\|a~b", "NTE|1||caf\\XC3A9\\ ünd\ttab ")
    event = fact(said)
    assert event.text() == said
    assert event.is_hl7v2
    assert (event.kind, event.part, event.message_id) == ("ADT^A01", 0, "PAS|RX1|M1")
    assert event.subject == "RX1/id/PAS|1001"
    assert f"{event.occurred_start:%Y%m%d%H%M%S%z}" == EVENT
    assert f"{event.recorded:%Y%m%d%H%M%S%z}" == WRITTEN
    assert set(event.flags) & DOUBTS == set()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\r"])
@pytest.mark.parametrize("around", ["{}", "\x0b{}\x1c\r", "\ufeff{}", "\r\n{}\r\n\r\n"])
def test_the_same_facts_come_of_every_line_end_and_frame(end: str, around: str) -> None:
    said = adt("A40", pid("1"), "MRG|9", pid("2"), "MRG|8")
    wanted = [what_it_says(event) for event in facts(said)]
    sent = said.replace("\r", end)
    found = facts(around.format(sent))
    assert [what_it_says(event) for event in found] == wanted
    assert {event.text() for event in found} == {sent}


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_the_same_facts_come_of_every_encoding_that_is_declared(codec: str) -> None:
    said = adt("A01", pid(fields={5: "ŁÓDŹ^山田"}))
    found = fact(said.encode(codec))
    assert what_it_says(found) == what_it_says(fact(said))
    assert found.text() == said


def test_each_patient_of_a_message_has_a_fact_of_the_whole_message() -> None:
    said = adt("A17", pid("1"), pv1("W1"), pid("2"), pv1("W2"))
    found = facts(said)
    assert [event.part for event in found] == [0, 1]
    assert [event.subject for event in found] == ["RX1/id/|1", "RX1/id/|2"]
    assert {event.text() for event in found} == {said}
    assert len({event.id for event in found}) == len({event.thread for event in found}) == 2
    assert [entries_of(event)[0].place for event in found] == ["W1", "W2"]


@pytest.mark.parametrize(
    "content_type",
    [
        ContentType.HL7V2,
        ContentType.FHIR,
        "application/hl7-v2; charset=utf-8",
        "X-Application/HL7-v2+ER7",
        "text/plain",
        "",
    ],
)
def test_a_message_is_read_whatever_its_label_says(content_type: str) -> None:
    for body in (adt(), f"\x0b{adt()}\x1c\r", f"\r\n{adt()}", f"{BHS}\r{adt()}"):
        assert facts(body, content_type=content_type)


def test_a_body_of_neither_format_is_refused_by_its_label() -> None:
    assert refusal("PID|1", content_type="text/plain").reason is Reason.UNKNOWN_CONTENT_TYPE
    assert refusal("PID|1", content_type=ContentType.HL7V2).reason is Reason.NOT_HL7V2
    assert refusal("PID|1", content_type=ContentType.FHIR).reason is Reason.NOT_JSON


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("", "MSH"),
        ("{}", "MSH"),
        ("MSH|^^^^|", "MSH-2"),
        ("MSHX", "MSH-1"),
        (msh(""), "MSH-9"),
        (msh("A1"), "MSH-9"),
        (msh("^A01"), "MSH-9"),
        (msh("ADT^A001X"), "MSH-9"),
        (f"{FHS}\r{BHS}\r{BTS}\r{FTS}", "MSH"),
        (f"{BHS}\r{adt()}\r{msh('?')}\r{BTS}", "MSH[2]-9"),
        (f"{adt()}\r{BTS}\rPID|1", "BTS"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_path(body: str, path: str) -> None:
    refused = refusal(body)
    assert refused.reason is Reason.NOT_HL7V2
    assert [problem.path for problem in refused.problems] == [path]
    assert all(problem.text for problem in refused.problems)


def test_every_bad_message_of_a_batch_is_named() -> None:
    refused = refusal("\r".join([BHS, msh("?"), adt(), "MSH|^^^^|ADT"]))
    assert [problem.path for problem in refused.problems] == ["MSH[1]-9", "MSH[3]-2"]


@pytest.mark.parametrize("where", ["PID|1||1\x00", "\x00", "NTE|\x00"])
def test_a_nul_is_refused(where: str) -> None:
    assert refusal(f"{adt()}\r{where}").reason is Reason.NUL_CHARACTER


def test_a_batch_gives_the_facts_of_its_messages_in_order() -> None:
    first, second = adt("A01", msh_10="M1"), adt("A03", msh_10="M2")
    found = facts("\r".join([FHS, BHS, first, second, BTS, FTS]))
    assert [event.text() for event in found] == [first, second]
    alone = [fact(first), fact(second)]
    assert [what_it_says(event) for event in found] == [what_it_says(event) for event in alone]


@pytest.mark.parametrize(
    ("message", "flags"),
    [
        (adt("A01"), set()),
        (msh("ADT^A01", {7: "20261025013000"}), {Flag.DOUBTFUL_TIME}),
        (f"{msh()}\r{evn(fields={6: '20260329013000'})}", {Flag.DOUBTFUL_TIME}),
        (adt("A99"), {Flag.UNKNOWN_TRIGGER}),
        (adt("Z01"), {Flag.UNKNOWN_TRIGGER}),
        (msh("ZZZ^Z01"), {Flag.UNKNOWN_TRIGGER}),
        (msh("ACK"), {Flag.UNKNOWN_TRIGGER}),
        (msh("ORU^R01"), set()),
        (msh("ADT^A01", {18: "UNICODE UTF-16"}), {Flag.DOUBTFUL_CHARACTERS}),
    ],
)
def test_what_is_doubtful_is_flagged_and_kept(message: str, flags: set[Flag]) -> None:
    event = fact(message)
    assert set(event.flags) & DOUBTS == flags
    assert event.text() == message


def test_a_wrong_character_set_is_flagged_never_refused() -> None:
    event = fact(adt("A01", pid(fields={5: "ZOË"})).encode("iso8859-1"))
    assert Flag.DOUBTFUL_CHARACTERS in event.flags
    assert "ZOË" in event.text()


@pytest.mark.parametrize(
    ("fields", "recorded"),
    [
        ({2: WRITTEN}, WRITTEN),
        ({2: ""}, SENT),
        ({2: "soon"}, SENT),
    ],
)
def test_a_fact_is_recorded_when_the_event_segment_says_else_when_it_was_sent(
    fields: dict[int, str], recorded: str
) -> None:
    event = fact(f"{msh()}\r{evn(fields=fields)}\r{pid()}")
    assert f"{event.recorded:%Y%m%d%H%M%S%z}" == recorded


@pytest.mark.parametrize(
    ("kind", "segments", "start", "end"),
    [
        ("SIU^S12", ["SCH|1|2|||||||||^^30^20260401100000^20260401103000"], "0900", "0930"),
        ("SIU^S12", ["SCH|1", "TQ1|||||||20260401100000|20260401110000"], "0900", "1000"),
        ("SIU^S12", ["SCH|1", "AIS|1||X|20260401100000"], "0900", None),
        ("REF^I12", [line("RF1", {7: "20260401100000"})], "0900", None),
        ("MDM^T02", [line("TXA", {4: "20260401100000"})], "0900", None),
        ("ORU^R01", [line("OBR", {7: "20260401100000"})], "0900", None),
        # An end before its start is none.
        ("SIU^S12", ["SCH|1|2|||||||||^^30^20260401100000^20260401093000"], "0900", None),
    ],
)
def test_each_kind_of_message_says_in_its_own_place_when_it_happens(
    kind: str, segments: list[str], start: str, end: str | None
) -> None:
    event = fact("\r".join([msh(kind), *segments, pid()]))
    assert event.occurred_start is not None
    assert f"{event.occurred_start:%H%M}" == start
    assert (f"{event.occurred_end:%H%M}" if event.occurred_end else None) == end


def test_messages_about_one_named_thing_are_states_of_one_thread() -> None:
    first = fact("\r".join([msh("SIU^S12", {10: "9"}), "SCH|77|78"]))
    later = fact("\r".join([msh("SIU^S15", {10: "10"}), "SCH|77|78"]))
    assert first.thread == later.thread == "RX1|SIU/78"
    assert first.version < later.version


@given(st.lists(st.integers(0, 10**25), min_size=2, max_size=2))
def test_control_ids_sort_by_their_numbers(numbers: list[int]) -> None:
    few, many = sorted(number % 10**20 for number in numbers)
    versions = [fact(adt("A01", msh_10=f"M{number}")).version for number in (few, many)]
    assert (versions[0].rpartition(".")[0] < versions[1].rpartition(".")[0]) is (few < many)


def test_a_long_or_odd_control_id_still_makes_names_that_can_be_indexed() -> None:
    for control in ("x" * 5_000, "1a" * 3_000, "\\X0D0A\\\\F\\", "山" * 500):
        event = fact(adt("A01", msh_10=control))
        assert is_storable(event, encode(event))


def test_a_message_without_a_control_id_is_named_by_its_content() -> None:
    found = fact(adt("A01", msh_10=""))
    assert found.message_id == received(adt("A01", msh_10="").encode()).message_id
    assert found.thread.startswith("RX1|v2/")


def test_facts_may_not_be_far_larger_than_their_message() -> None:
    many = adt("A39", *[pid(f"{number}") for number in range(1_000)])
    assert refusal(many).reason is Reason.TOO_LARGE
    few = adt("A39", *[pid(f"{number}") for number in range(10)])
    assert len(facts(few)) == 10
    swollen = adt("A01", pid(), "OBX|" + "\x01" * 60_000)
    assert refusal(swollen).reason is Reason.TOO_LARGE


def test_a_message_may_not_say_too_much_of_other_identities() -> None:
    many = adt("A40", pid(), "MRG|" + "~".join(f"{number}" for number in range(2_000)))
    refused = refusal(many)
    assert (refused.reason, refused.problems[0].path) == (Reason.TOO_LARGE, "MRG-1")


segments_of_any_kind = st.lists(
    st.sampled_from([pid(), pv1(), "MRG|9", "PD1|||||||||||Y", "ZZZ|1", evn("A03"), "PID", "x"])
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    max_size=6,
)


@given(segments_of_any_kind, st.sampled_from(["A01", "A17", "A24", "A37", "A40", "A99", ""]))
def test_every_fact_of_a_message_can_be_stored_told_and_read_again(
    segments: list[str], trigger: str
) -> None:
    body = "\r".join([msh(f"ADT^{trigger}"), *segments])
    try:
        found = facts(body)
    except Reject:
        return
    assert found
    for event in found:
        sent = encode(event)
        assert decode(sent) == event
        assert is_storable(event, sent)
        assert not is_forged(sent)
        assert entries_of(event)
        assert parse(event.text()).text == event.text()
        assert event.text() in body
