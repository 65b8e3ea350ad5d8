"""What the page of a caseload says, by hand."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from schemas.measure import Dimension
from services.pages import caseload_words
from services.pages.caseload_words import NotADay, since_of
from services.record.caseload_models import (
    CaseloadPage,
    CaseOut,
    Counts,
    Happened,
    Waiting,
    What,
    Why,
)
from services.record.models import Whereabouts
from services.record.referrals import PartyOut

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
AT = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
NAMES = {
    Dimension.PROVIDER: {"ZT1": "Harbour Hospitals"},
    Dimension.SITE: {"ZT1/ZT101": "Harbour General"},
    Dimension.WARD: {"ZT1/ZT101/W1": "Beacon Ward"},
}
HERE = Whereabouts(
    source="ZT1",
    visit="v1",
    setting="bed",
    provider="ZT1",
    site="ZT101",
    ward="W1",
    since=AT,
    admitted_at=AT,
)


def somebody(**more: Any) -> CaseOut:
    said: dict[str, Any] = {
        "person_id": UUID(int=7),
        "name": "Ada Example",
        "birth_date": "1941-03-09",
        "sex": None,
        "nhs_number": "9990499985",
        "nhs_number_text": "999 049 9985",
        "nhs_number_verified": True,
        "age": 85,
        "died": None,
        "why": [Why.PRACTICE],
        "teams": [],
        "whereabouts": [],
        "happened": [],
        "waiting": [],
    }
    return CaseOut.model_validate(said | more)


def waiting(**more: Any) -> Waiting:
    said: dict[str, Any] = {
        "what": None,
        "what_for": "Podiatry",
        "next_action": "answer",
        "next_by": PartyOut(code="ZC1", name="Vale"),
        "due": AT,
        "is_for_us": False,
    }
    return Waiting.model_validate(said | more)


def found(*people: CaseOut, **more: Any) -> CaseloadPage:
    none = dict.fromkeys(map(str, What), 0) | {"silent-handoff": 2}
    said: dict[str, Any] = {
        "as_of": NOW,
        "since": datetime(2026, 11, 24, tzinfo=UTC),
        "everybody": 9,
        "total": 9,
        "counts": Counts(
            anything=1200,
            what=none,
            why={"registered-practice": 7, "care-team": 0, "open-referral": 2},
            team={"North": 3},
            place={"none": 4, "ZT1": 5, "bed": 5, "ZT1/ZT101/W1": 1},
        ),
        "people": list(people),
        "next": None,
    }
    return CaseloadPage.model_validate(said | more)


def said(one: CaseOut) -> caseload_words.CaseWords:
    (words,) = caseload_words.caseload(found(one), {}, NAMES).people
    return words


def test_somebody_is_told_with_age_number_place_and_why() -> None:
    words = said(somebody(whereabouts=[HERE], why=[Why.PRACTICE, Why.CARE_TEAM], teams=["North"]))
    assert (words.born, words.number) == ("Age 85", "NHS number 999 049 9985")
    assert words.where == [
        "In a hospital bed: Beacon Ward (W1), Harbour General (ZT101),"
        " since 24 November 2026, 9:05am"
    ]
    assert words.why == "Registered with our practice. In the care of our team: North"
    assert words.href == f"/people/{UUID(int=7)}"


def test_what_is_not_known_is_said_so() -> None:
    nothing = {"name": None, "birth_date": None, "age": None, "nhs_number": None}
    words = said(somebody(**nothing, nhs_number_text=None, nhs_number_verified=False))
    assert words.name == "Name not known"
    assert (words.born, words.number) == ("Date of birth not known", "NHS number not known")
    assert words.where == ["No stay or visit is open"]
    assert (words.happened, words.waiting, words.more) == ([], [], "")


def test_the_dead_have_no_age() -> None:
    words = said(somebody(died="2026-11-20"))
    assert words.died == "Died on 20 November 2026"
    assert words.born == "Born 9 March 1941"


@pytest.mark.parametrize(
    ("happened", "text"),
    [
        (
            {"what": "admitted", "provider": "ZT1", "site": "ZT101", "ward": "W1"},
            "Admitted to Beacon Ward (W1), Harbour General (ZT101)",
        ),
        (
            {"what": "moved", "provider": "ZT1", "site": "ZT101", "ward": "unknown"},
            "Moved to Harbour General (ZT101)",
        ),
        (
            {"what": "discharged", "provider": "ZT9", "site": "ZT9", "ward": "W2"},
            "Discharged from W2, ZT9",
        ),
        (
            {"what": "emergency", "provider": "ZT1"},
            "Came to an emergency department: Harbour Hospitals (ZT1)",
        ),
        (
            {"what": "referred-to-us", "what_for": "Podiatry", "by": {"code": "ZP1"}},
            "Referred to us: Podiatry, by ZP1",
        ),
    ],
)
def test_what_happened_is_told_with_its_place_and_time(happened: dict[str, Any], text: str) -> None:
    (line,) = said(somebody(happened=[Happened(at=AT, **happened)])).happened
    assert (line.text, line.at) == (text, "24 November 2026, 9:05am")


@pytest.mark.parametrize(
    ("more", "tag", "told"),
    [
        ({"what": "silent-handoff"}, "Silent handoff", "For Vale (ZC1), due 24 November"),
        ({"what": "overdue", "is_for_us": True}, "Overdue", "For us, due 24 November"),
        ({"what": "waiting-for-us", "is_for_us": True}, "Waiting for us", "For us, due"),
        ({"due": None, "next_by": None}, "", "For nobody in particular, no time is said"),
    ],
)
def test_what_waits_says_for_whom_and_by_when(more: dict[str, Any], tag: str, told: str) -> None:
    (line,) = said(somebody(waiting=[waiting(**more)])).waiting
    assert line.tag == tag
    assert bool(line.colour) == bool(tag)
    assert line.told.startswith(told)
    assert line.text == "Podiatry: accept or reject it"


def test_what_more_waits_is_counted() -> None:
    words = said(somebody(waiting=[waiting()] * 5))
    assert (len(words.waiting), words.more) == (3, "And 2 more in the record")


def test_filters_stay_in_the_address_and_a_new_one_begins_at_the_first_page() -> None:
    asked = {"why": "care-team", "what": "moved", "after": "abc"}
    words = caseload_words.caseload(found(next="xyz"), asked, NAMES)
    hrefs = {tab.name: tab.href for tab in words.tabs}
    assert hrefs["Everybody"] == "/caseload?why=care-team"
    assert hrefs["Silent handoff"] == "/caseload?why=care-team&what=silent-handoff"
    assert words.next == "/caseload?why=care-team&what=moved&after=xyz"
    assert words.first == "/caseload?why=care-team&what=moved"
    assert words.is_narrowed
    assert [tab.name for tab in words.tabs if tab.is_current] == ["Moved"]
    assert [tab.name for tab in words.tabs if tab.is_urgent] == ["Silent handoff"]
    assert words.tabs[0].many == "1,200"


def test_each_choice_says_how_many_it_leaves() -> None:
    words = caseload_words.caseload(found(), {"place": "ZT1/ZT101", "why": "open-referral"}, NAMES)
    assert [(one.text, one.selected) for one in words.whys] == [
        ("Any reason", False),
        ("Registered with our practice (7)", False),
        ("Open referral to us (2)", True),
    ]
    assert [one.text for one in words.places] == [
        "Anywhere",
        "In a hospital bed (5)",
        "No stay or visit is open (4)",
        "Harbour Hospitals (ZT1) (5)",
        "Harbour Hospitals (ZT1), Harbour General (ZT101) (0)",
        "Harbour Hospitals (ZT1), Harbour General (ZT101), Beacon Ward (W1) (1)",
    ]
    assert [one.value for one in words.teams] == ["", "North"]


def test_since_is_a_day_or_yesterday() -> None:
    assert since_of("", NOW) is None
    assert since_of("2026-07-01", NOW) == datetime(2026, 6, 30, 23, tzinfo=UTC)
    for wrong in ("yesterday", "2026-11-26", "0001-01-01", "2026-02-30"):
        with pytest.raises(NotADay):
            since_of(wrong, NOW)
    assert caseload_words.caseload(found(), {}, NAMES).since == "yesterday"
    longer = found(since=datetime(2026, 11, 2, tzinfo=UTC))
    assert caseload_words.caseload(longer, {}, NAMES).since == "2 November 2026"
