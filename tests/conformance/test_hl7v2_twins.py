"""Our reading of HL7 v2 beside another converter's FHIR of the same messages: they agree, or why.

Who, where, when and what of 47 messages. Each row of `ROWS` is a difference, with the reason why
ours is right. A difference that has no row fails, and so does a row that no longer differs.
"""

from typing import NamedTuple

import pytest

from tests.conformance.twins import EXAMPLES, Reading, names, ours, theirs

pytestmark = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="the example messages are not at ../shared/examples"
)


class Row(NamedTuple):
    """What the other reading says of an element of some messages, and why ours says otherwise."""

    element: str
    theirs: tuple[str, ...]
    files: str
    why_ours: str

    def differences(self) -> set[tuple[str, str]]:
        return {(file, self.element) for file in self.files.split()}


# One patient in a message that is about visits, in two forms: with DB1 and without.
WITH_DB1 = "ADT-A02-01 ADT-A11-01 ADT-A15-01 ADT-A25-01 ADT-A26-01 ADT-A27-01 ADT-A29-01"
WITHOUT_DB1 = (
    "ADT-A01-02 ADT-A02-02 ADT-A03-02 ADT-A04-02 ADT-A05-02 ADT-A08-02 ADT-A11-02 ADT-A13-02"
    " ADT-A14-02 ADT-A15-02 ADT-A16-02 ADT-A25-02 ADT-A26-02 ADT-A27-02 ADT-A28-02 ADT-A29-02"
    " ADT-A31-02 ADT-A60-01 ADT-A60-02"
)
OF_THE_PERSON = "ADT-A28-02 ADT-A29-01 ADT-A29-02 ADT-A31-02 ADT-A60-01"
NO_PATIENT = (
    "ADT-A40-01 ADT-A40-02 ADT-A41-01 ADT-A41-02 ADT-A45-01 ADT-A45-02 ADT-A47-01 ADT-A47-02"
)
PLANNED = "ADT-A05-02 ADT-A14-02"
CALLED_OFF = "ADT-A11-01 ADT-A11-02 ADT-A27-01 ADT-A27-02"
FEBRUARY_8, FEBRUARY_9 = ("2015-02-08T10:24:19+00:00",), ("2015-02-09T10:24:19+00:00",)

ITS_OWN = (
    "PID-3 is the list of the patient's numbers. PID-2, PID-4, PID-19 and PID-20 were withdrawn in"
    " its favour, and what DB1, IN1 and IN2 hold is another office's: none of them is a name that"
    " this source gives the patient."
)
SAID_IN_PID = "Whom a merge or a move is about is in its PID, also where no Patient is written."
NO_VISIT = (
    "A28, A29, A31 and A60 are about a person (2.8, chapter 3): the PV1 that goes with them is no"
    " visit of theirs."
)
NO_CLASS = (
    "P in PV1-2 says that a visit was planned, not of what kind it is: the trigger tells that, and"
    " that it is only planned its status tells."
)

ROWS = (
    Row(
        "numbers",
        ("1234567 123456789 DB123 DLN-123 PATID1234 PATID567 PSSN123121234",),
        WITH_DB1,
        ITS_OWN,
    ),
    Row(
        "numbers",
        ("1234567 123456789 DLN-123 PATID1234 PATID567 PSSN123121234",),
        WITHOUT_DB1,
        ITS_OWN,
    ),
    Row(
        "numbers",
        ("123456789 220917255 DB1456 DL MB-12345 MI-12345 Medicare-12345 PATID1234",),
        "ADT-A06-01 ADT-A07-01",
        ITS_OWN,
    ),
    Row(
        "numbers",
        ("123456789 220917255 DB1456 DL PATID1234",),
        "ADT-A09-01 ADT-A10-01",
        ITS_OWN,
    ),
    Row(
        "numbers",
        ("123456789 220917255 DL PATID1234",),
        "ADT-A06-02 ADT-A07-02 ADT-A09-02 ADT-A10-02",
        ITS_OWN,
    ),
    Row("numbers", ("10006579 123121234",), "ADT01-23", ITS_OWN),
    Row("numbers", ("123456789 444333333 987654 PATID1234",), "ADT01-28", ITS_OWN),
    Row(
        "numbers",
        ("0000000001 101-01-0001 a1d4ee8aba494ca e167267c-16c9-4fe3-96ae-9cff5703e90a",),
        "ADT04-28",
        ITS_OWN,
    ),
    *(Row(element, (), NO_PATIENT, SAID_IN_PID) for element in ("numbers", "born", "sex", "names")),
    Row(
        "names",
        ("EVERYMAN ADAM A Addsm, Josh stanley, elbert Son",),
        f"{WITH_DB1} {WITHOUT_DB1}",
        "XPN-15 is what somebody likes to be called: a name of its own, not one more given name.",
    ),
    Row(
        "names",
        ("123121234A, DUCK DONALD D",),
        "ADT01-23",
        "IN2-6 is a number of Medicare's: nobody is called that.",
    ),
    Row("visit", ("40007716",), OF_THE_PERSON, NO_VISIT),
    Row("ward", ("HUH AE OMU",), OF_THE_PERSON, NO_VISIT),
    Row("class", ("PRENC",), OF_THE_PERSON, NO_VISIT),
    Row("status", ("planned",), "ADT-A28-02 ADT-A29-01 ADT-A29-02 ADT-A31-02", NO_VISIT),
    Row("status", ("finished",), "ADT-A60-01", NO_VISIT),
    Row("admitted", FEBRUARY_8, OF_THE_PERSON, NO_VISIT),
    Row("discharged", ("",), "ADT-A28-02 ADT-A29-01 ADT-A29-02 ADT-A31-02", NO_VISIT),
    Row("discharged", FEBRUARY_9, "ADT-A60-01", NO_VISIT),
    Row(
        "visit",
        ("",),
        "ADT04-251 ADT01-28",
        "Without PV1-19 and PV1-50 the account (PID-18) names the visit: what happens in a bed must"
        " be of some visit.",
    ),
    Row(
        "class",
        ("PRENC",),
        "ADT-A01-02 ADT-A02-01 ADT-A02-02 ADT-A03-02 ADT-A04-02 ADT-A05-02 ADT-A08-02 ADT-A11-01"
        " ADT-A11-02 ADT-A13-02 ADT-A14-02 ADT-A15-01 ADT-A15-02 ADT-A16-02 ADT-A25-01 ADT-A25-02"
        " ADT-A26-01 ADT-A26-02 ADT-A27-01 ADT-A27-02",
        NO_CLASS,
    ),
    Row(
        "status",
        ("planned",),
        "ADT-A08-02",
        "An update leaves the status as it is; of a visit with an admission time (PV1-44) that is"
        " in progress, and flagged as inferred.",
    ),
    Row(
        "admitted",
        ("",),
        "ADT01-28",
        "An A01 without PV1-44 admits when it happened (EVN-2, since EVN-6 is not said).",
    ),
    Row(
        "admitted",
        ("",),
        "ADT-A15-01 ADT-A26-01",
        "Somebody whose transfer is expected, or no longer, is in a bed: since when they were first"
        " seen there, flagged as inferred.",
    ),
    Row(
        "admitted",
        FEBRUARY_8,
        PLANNED,
        "A planned admission is when EVN-3 says that it is planned, and has not happened.",
    ),
    Row(
        "admitted",
        FEBRUARY_8,
        CALLED_OFF,
        "A cancelled admission was none: the visit has no stay, and no bed days.",
    ),
    Row(
        "discharged",
        FEBRUARY_9,
        f"{PLANNED} {CALLED_OFF}",
        "Nobody was admitted, so nobody was discharged.",
    ),
    Row(
        "discharged",
        FEBRUARY_9,
        "ADT-A04-02",
        "An arrival in 2021 (EVN-6) is not ended by a PV1-45 of 2015.",
    ),
    Row(
        "discharged",
        ("2015-02-10T10:24:19+00:00",),
        "ADT-A16-02",
        "PV2-9 is when the discharge is expected: the bed is occupied until an A03.",
    ),
)


def differing(name: str) -> dict[tuple[str, str], Reading]:
    """The elements in which the two readings of a message differ, with theirs."""
    mine, other = ours(name), theirs(name)
    return {(name, key): {key: other[key]} for key in mine if mine[key] != other[key]}


def test_every_difference_has_a_row_that_says_why_ours_is_right() -> None:
    found: dict[tuple[str, str], Reading] = {}
    for name in names():
        found |= differing(name)
    assert len(names()) == 47
    listed = {(place, row.theirs) for row in ROWS for place in row.differences()}
    actual = {(place, reading[place[1]]) for place, reading in found.items()}
    assert sorted(actual - listed) == [], "differences that nobody explained"
    assert sorted(listed - actual) == [], "rows that no longer differ"


def test_every_row_is_of_messages_that_are_there_and_has_its_reason() -> None:
    for row in ROWS:
        assert {file for file, _ in row.differences()} <= set(names()), row
        assert row.why_ours.endswith("."), row
    places = [place for row in ROWS for place in row.differences()]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("element", ["trigger", "occurred", "recorded", "merged"])
def test_what_no_row_is_about_agrees_everywhere(element: str) -> None:
    for name in names():
        assert ours(name)[element] == theirs(name)[element], name
        assert element == "merged" or all(ours(name)[element]), name


def test_both_readings_agree_on_most() -> None:
    """The rows are exceptions: of all elements of all messages, three in four are the same."""
    elements = [(name, key) for name in names() for key in ours(name)]
    rows = sum(len(row.differences()) for row in ROWS)
    assert rows < len(elements) / 3
