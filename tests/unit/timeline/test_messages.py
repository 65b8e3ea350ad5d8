"""What HL7 v2 messages say on a timeline: each trigger with where, who and why."""

from datetime import UTC, datetime
from itertools import count

import pytest

from schemas.hl7v2.triggers import EFFECTS, KNOWN_CODES, OTHERS
from schemas.topics import ContentType
from streams.timeline.entries import entries_of
from streams.timeline.entry import Entry
from streams.timeline.triggers import OF_CODE, OF_TRIGGER, TITLES
from tests.builders import events_of

NUMBERS = count()
PID = "PID|1||7^^^RX1^MR||DOE^JO"
PV1 = "PV1|1|I|W2^R1^B1^SITE|||W1|9^SMITH^ANN"


def segment(name: str, **fields: str) -> str:
    """A segment by the numbers of its fields: `segment("RF1", f1="A", f10="two falls")`."""
    numbered = {int(number[1:]): value for number, value in fields.items()}
    return "|".join([name, *(numbered.get(n, "") for n in range(1, max(numbered) + 1))])


def told(kind: str, *segments: str) -> list[Entry]:
    header = f"MSH|^~\\&|PAS|RX1|||20260201090000||{kind}|{next(NUMBERS)}|P|2.5"
    text = "\r".join([header, "EVN||20260201090000", *segments])
    events = events_of(text.encode(), content_type=ContentType.HL7V2)
    return [entry for event in events for entry in entries_of(event)]


def one(kind: str, *segments: str) -> Entry:
    (entry,) = told(kind, *segments)
    return entry


@pytest.mark.parametrize("trigger", sorted({*EFFECTS, *OTHERS}))
def test_every_trigger_that_is_known_has_words(trigger: str) -> None:
    assert one(f"ADT^{trigger}", PID, PV1).title == OF_TRIGGER[f"ADT^{trigger}"].title


@pytest.mark.parametrize("code", sorted(KNOWN_CODES))
def test_every_message_code_that_is_known_has_words(code: str) -> None:
    assert code in OF_CODE
    entry = one(f"{code}^X99", PID)
    assert entry.title
    assert entry.kind == OF_CODE[code].kind


@pytest.mark.parametrize(("kind", "title"), TITLES.items())
def test_a_trigger_that_says_what_happened_is_told_so(kind: str, title: str) -> None:
    assert one(kind, PID).title == title


def test_an_unknown_kind_is_told_by_its_name() -> None:
    entry = one("ZZZ^Z01", PID)
    assert (entry.title, entry.detail) == ("Message of an unknown kind", "ZZZ^Z01")


def test_an_admission_says_where_with_whom_and_why() -> None:
    entry = one("ADT^A01", PID, PV1, "PV2|||386661006^Fever^SCT")
    assert (entry.place, entry.author, entry.detail) == ("W2", "ANN SMITH", "Fever")


def test_a_move_says_from_where() -> None:
    assert one("ADT^A02", PID, PV1).detail == "from W1"


def test_each_of_two_who_swap_beds_is_told_their_own() -> None:
    other = PV1.replace("W2^R1", "W1^R9").replace("|W1|", "|W2|")
    entries = told("ADT^A17", PID, PV1, PID.replace("7^", "8^"), other)
    assert [(e.place, e.detail) for e in entries] == [("W2", "from W1"), ("W1", "from W2")]


def test_an_expected_discharge_says_when() -> None:
    entry = one("ADT^A16", PID, PV1, segment("PV2", f9="202602051500"))
    assert entry.detail == "on 5 February 2026, 3:00pm"


def test_a_leave_says_from_where_and_until_when() -> None:
    back = segment("PV2", f47="20260203")
    entry = one("ADT^A21", PID, PV1, back)
    assert (entry.kind, entry.detail) == ("leave", "from W2; back on 3 February 2026")


def test_a_cancel_says_its_reason_in_words_and_never_a_bare_code() -> None:
    reasons = ["01^Patient request", "01"]
    details = [one("ADT^A11", f"EVN||20260201||{r}", PID, PV1).detail for r in reasons]
    assert details == [None, None]  # the first EVN counts
    text = f"EVN|A11|20260201||{reasons[0]}"
    header = f"MSH|^~\\&|PAS|RX1|||20260201090000||ADT^A11|{next(NUMBERS)}|P|2.5"
    (event,) = events_of("\r".join([header, text, PID]).encode(), content_type=ContentType.HL7V2)
    assert entries_of(event)[0].detail == "Patient request"


def test_a_merge_says_which_number_was_given_up() -> None:
    assert one("ADT^A40", PID, "MRG|6^^^RX1^MR").detail == "number given up: 6"


APPOINTMENT = (
    segment("SCH", f1="A1", f7="386^Review^L", f11="^^^202602101000^202602101030", f25="Booked"),
    PID,
    "RGS|1",
    "AIS|1||310^Podiatry^L",
    "AIL|1||CLINIC2^^^SITE",
    "AIP|1||5^JONES^ALEX",
)


def test_an_appointment_says_what_where_with_whom_and_when() -> None:
    entry = one("SIU^S12", *APPOINTMENT)
    assert (entry.title, entry.detail) == ("Appointment booked", "Podiatry; Review")
    assert (entry.place, entry.author, entry.status) == ("CLINIC2", "ALEX JONES", "Booked")
    assert entry.at == datetime(2026, 2, 10, 10, tzinfo=UTC)
    assert entry.until == datetime(2026, 2, 10, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(("kind", "struck"), [("SIU^S17", True), ("SIU^S15", False)])
def test_what_is_deleted_is_struck_through_what_is_cancelled_is_not(
    kind: str, struck: bool
) -> None:
    assert one(kind, *APPOINTMENT).struck is struck


@pytest.mark.parametrize(
    ("kind", "state", "title"),
    [
        ("REF^I12", "A^Accepted", "Referral accepted"),
        ("REF^I12", "R^Rejected", "Referral rejected"),
        ("REF^I12", "P^Pending", "Referral"),
        ("REF^I14", "P^Pending", "Referral cancelled"),
    ],
)
def test_a_referral_says_how_it_stands_who_sent_it_to_whom_and_why(
    kind: str, state: str, title: str
) -> None:
    entry = one(
        kind,
        segment("RF1", f1=state, f10="two falls"),
        "PRD|RP|POWELL^ROB",
        "PRD|RT|KHAN^BEA||^^^FALLS CLINIC",
        PID,
    )
    assert entry.title == title
    assert entry.author == "ROB POWELL"
    assert entry.place == "FALLS CLINIC"
    assert entry.detail == "to BEA KHAN; two falls"


def test_a_document_is_called_by_its_type_and_names_its_author() -> None:
    about = segment("TXA", f2="DS", f9="8^KHAN^BEA", f12="D1", f17="AU^Authenticated")
    entry = one("MDM^T02", PID, about)
    assert (entry.title, entry.author, entry.status) == (
        "Discharge summary",
        "BEA KHAN",
        "Authenticated",
    )


def test_a_document_that_takes_the_place_of_another_names_it() -> None:
    assert one("MDM^T10", PID, segment("TXA", f2="DS", f12="D2", f13="D1")).replaces == (
        "RX1|MDM/D1",
    )
    assert one("MDM^T06", PID, segment("TXA", f2="DS", f12="D2", f13="D1")).replaces == ()


def test_a_cancelled_document_is_struck_through() -> None:
    entry = one("MDM^T11", PID, segment("TXA", f2="DS", f12="D1"))
    assert (entry.title, entry.detail, entry.struck) == (
        "Document cancelled",
        "Discharge summary",
        True,
    )


def test_each_thing_that_was_looked_into_is_a_line_with_what_was_found() -> None:
    entries = told(
        "ORU^R01",
        PID,
        "OBR|1|||CBC^Blood count|||202602010800||||||||||||||||||F",
        "OBX|1|NM|HB^Haemoglobin||98|g/L|130-170|L|||F",
        "OBX|2|NM|WBC^White cells||7.5|10*9/L|4-11|N|||F",
        "OBR|2|||CUL^Culture|||202602010900||||||||||||||||||F",
        "OBX|1|CE|ORG^Organism||1^Staphylococcus aureus||||||F||||||KHAN",
    )
    assert [(e.slot, e.title, e.detail) for e in entries] == [
        ("message", "Blood count", "Haemoglobin 98 g/L (L); White cells 7.5 10*9/L"),
        ("message-1", "Culture", "Organism Staphylococcus aureus"),
    ]
    assert entries[1].at == datetime(2026, 2, 1, 9, tzinfo=UTC)


def test_a_result_that_was_wrong_is_struck_through() -> None:
    wrong = one("ORU^R01", PID, "OBR|1|||CBC^Count", "OBX|1|NM|HB^Haemoglobin||98|g/L|||||W")
    assert wrong.struck
    assert wrong.detail is None


def test_results_without_an_order_are_still_told() -> None:
    entry = one("ORU^R01", PID, "OBX|1|NM|HB^Haemoglobin||98|g/L|||||F")
    assert (entry.title, entry.detail) == ("Haemoglobin", "Haemoglobin 98 g/L")


@pytest.mark.parametrize(
    ("control", "title"), [("NW", "Order"), ("CA", "Order cancelled"), ("DC", "Order stopped")]
)
def test_an_order_says_what_becomes_of_it(control: str, title: str) -> None:
    entry = one("ORM^O01", PID, f"ORC|{control}|1||||||||||5^KHAN^BEA", "OBR|1|||CBC^Blood count")
    assert (entry.title, entry.detail, entry.author) == (title, "Blood count", "BEA KHAN")


def test_allergies_are_named() -> None:
    assert one("ADT^A60", PID, "IAM|1||1^Peanut", "IAM|2||2^Latex").detail == "Peanut; Latex"
