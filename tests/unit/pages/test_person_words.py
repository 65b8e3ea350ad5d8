"""What the page of a person says of who they are, where they are and whom to ask, by hand."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from schemas.about_me import Heading
from schemas.measure import Dimension
from services.pages import person_words
from services.record.models import Counts, Person, StayOut, Whereabouts
from services.record.patients import nhs_number_text
from services.record.story_models import AboutMeOut, AboutMeVersion, AlertOut, MemberOut, Said
from streams.story.alerts import AlertKind
from streams.story.members import Reason

TODAY = date(2026, 11, 25)
ADMITTED = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
EVENT, OTHER = UUID(int=1), UUID(int=2)
NAMES = {
    Dimension.PROVIDER: {"ZT1": "Vale Hospitals"},
    Dimension.WARD: {"ZT1/ZT101/W2": "Elm Ward"},
}


def person(**more: Any) -> Person:
    number = more.get("nhs_number")
    said: dict[str, Any] = {
        "person_id": UUID(int=7),
        "name": None,
        "birth_date": None,
        "sex": None,
        "nhs_number": None,
        "nhs_number_text": nhs_number_text(number),
        "nhs_number_verified": False,
        "pronouns": None,
        "died": None,
        "identities": 1,
        "whereabouts": [],
        "counts": Counts(records=0, sources=0, stays=0, open_stays=0),
    }
    return Person.model_validate(said | more)


def alert(kind: AlertKind, words: str) -> AlertOut:
    said = {"detail": None, "since": ADMITTED, "author": None, "source": "ZP1", "event_id": EVENT}
    return AlertOut.model_validate({"kind": kind, "words": words, **said})


def about(words: str, event: UUID = EVENT, *, struck: bool = False) -> AboutMeVersion:
    return AboutMeVersion(
        said=[Said(heading=Heading.WELLNESS, title="My wellness", words=words)],
        written=ADMITTED,
        author="Ada",
        source="ZP1",
        event_id=event,
        struck=struck,
    )


def stay(**more: Any) -> StayOut:
    said: dict[str, Any] = {
        "visit": "v1",
        "source": "ZT1",
        "person_id": None,
        "status": "open",
        "class": "IMP",
        "setting": "bed",
        "provider": "ZT1",
        "admitted_at": ADMITTED,
        "discharged_at": None,
        "expected_discharge": None,
        "segments": [],
        "leaves": [],
        "flags": [],
    }
    return StayOut.model_validate(said | more)


def here(**more: Any) -> Whereabouts:
    said: dict[str, Any] = {
        "source": "ZT1",
        "visit": "v1",
        "setting": "bed",
        "provider": "ZT1",
        "site": "ZT101",
        "ward": "W2",
        "since": ADMITTED,
        "admitted_at": ADMITTED,
    }
    return Whereabouts.model_validate(said | more)


def terms(found: Any) -> dict[str, str]:
    return {term.name: term.text for term in found}


@pytest.mark.parametrize(
    ("born", "died", "said"),
    [
        ("1948-11-25", None, "25 November 1948 (age 78)"),
        ("1948-11-26", None, "26 November 1948 (age 77)"),
        ("1948-02-29", "2026-11-01", "29 February 1948"),
        ("1948-02", None, "February 1948"),
        ("1948", None, "1948"),
        ("2027-01-01", None, "1 January 2027"),
        (None, None, "date not known"),
    ],
)
def test_an_age_is_told_of_the_living_whose_birthday_is_known(
    born: str | None, died: str | None, said: str
) -> None:
    assert person_words.born(born, died, TODAY) == said


def test_the_banner_says_what_is_given_and_nothing_besides() -> None:
    empty = person_words.banner(person(), [], TODAY)
    assert empty.name == "Name not known"
    assert terms(empty.terms) == {"Born": "date not known", "NHS number": "not known"}
    told = person(
        name="Ada", sex="female", pronouns="she/her", nhs_number="9991234567", died="2026-11-01"
    )
    banner = person_words.banner(told, [], TODAY)
    assert terms(banner.terms)["NHS number"] == "999 123 4567 (not verified)"
    assert terms(banner.terms)["Pronouns"] == "she/her"
    assert banner.died == "Died on 1 November 2026"
    assert person_words.banner(person(died="unknown"), [], TODAY).died == "Has died"


def test_alerts_adjustments_and_communication_stand_apart() -> None:
    found = [alert(kind, kind.value) for kind in AlertKind]
    banner = person_words.banner(person(), found, TODAY)
    assert [one.tag for one in banner.alerts] == ["Safeguarding", "Allergy", "Alert"]
    assert [one.text for one in banner.adjustments] == ["adjustment"]
    assert [one.text for one in banner.communication] == ["communication"]
    assert banner.alerts[0].told == "ZP1, since 20 November 2026"


def test_about_me_is_what_holds_and_then_what_was_said_before() -> None:
    held, old = about("My dog"), about("My cat", OTHER, struck=True)
    said = person_words.about_me(AboutMeOut(current=held, history=[held, old]))
    assert said.current is not None
    assert said.current.said == [("My wellness", "My dog")]
    assert said.current.told == "Written on 20 November 2026 by Ada, published by ZP1"
    assert [(one.said[0].text, one.struck) for one in said.before] == [("My cat", True)]
    nothing = person_words.about_me(AboutMeOut(current=None, history=[]), own=True)
    assert nothing.current is None
    assert nothing.otherwise.startswith("You have written nothing here yet")
    assert nothing.coming == ""


def test_a_bed_says_which_since_when_and_until_when() -> None:
    leave = {"start": ADMITTED, "end": None}
    open_stay = stay(expected_discharge=ADMITTED, leaves=[leave], flags=["unknown-ward"])
    (place,) = person_words.places([here()], [open_stay], NAMES)
    assert place.where == "In a hospital bed"
    assert terms(place.terms) == {
        "Provider": "Vale Hospitals (ZT1), ZT101",
        "Ward": "Elm Ward (W2)",
        "There since": "20 November 2026, 9:05am",
        "Admitted": "20 November 2026, 9:05am",
        "Away on leave since": "20 November 2026, 9:05am",
        "Expected discharge": "20 November 2026",
    }
    assert place.doubts == "the ward is not known"
    assert place.href == "/stays/ZT1/v1"


def test_a_visit_without_a_bed_expects_no_discharge() -> None:
    (place,) = person_words.places([here(setting="home", ward=None)], [], NAMES)
    assert place.where == "Being seen at home"
    assert "Expected discharge" not in terms(place.terms)


def test_where_nobody_is_in_a_bed_the_last_one_is_told() -> None:
    gone = stay(status="finished", discharged_at=ADMITTED)
    seen = stay(
        status="finished", setting="contact", discharged_at=datetime(2026, 11, 24, tzinfo=UTC)
    )
    assert person_words.last_left([seen, gone]) == "Last left hospital on 20 November 2026."
    assert person_words.last_left([seen]) == ""


def test_the_one_to_ask_first_is_marked() -> None:
    def member(name: str) -> MemberOut:
        return MemberOut(
            name=name,
            is_organisation=False,
            roles=["nurse"],
            teams=[],
            organisation=None,
            contact=["01632 960001"],
            since=None,
            reason=Reason.IN_TEAM,
            why="a member of a care team",
            sources=["ZC1"],
            event_ids=[],
        )

    bea, sam = member("Bea"), member("Sam")
    said = person_words.contacts(bea, [bea, sam])
    assert [(one.name, one.is_named) for one in said] == [("Bea", True), ("Sam", False)]
    assert terms(said[0].terms)["Contact"] == "01632 960001"
    assert "Team" not in terms(said[0].terms)
