"""A timeline in words, by day, and what the form above it asks for; worked out by hand."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.pages import timeline_words
from services.pages.timeline_words import NoSuchDay
from services.record.models import TimelineLine, TimelinePage
from services.record.narrowing import Narrowing

AT = datetime(2026, 3, 28, 15, 5, tzinfo=UTC)
TODAY = date(2026, 4, 1)
ONE, TWO = UUID(int=1), UUID(int=2)


def line(**more: Any) -> TimelineLine:
    said: dict[str, Any] = {
        "at": AT,
        "until": None,
        "kind": "contact",
        "title": "Home visit",
        "status": "finished",
        "place": None,
        "author": None,
        "detail": None,
        "struck": False,
        "replaced_by": None,
        "source": "ZC1",
        "sector": "community",
        "recorded": AT,
        "received": AT,
        "event_id": ONE,
        "resource_type": "Encounter",
    }
    return TimelineLine.model_validate(said | more)


def of(*lines: TimelineLine, **more: Any) -> TimelinePage:
    said: dict[str, Any] = {"next": None, "total": len(lines), "kinds": [], "sources": []}
    return TimelinePage.model_validate({"entries": list(lines), **said, **more})


def only(found: timeline_words.TimelineWords) -> timeline_words.LineWords:
    ((said,),) = (day.lines for day in found.days)
    return said


def test_lines_are_grouped_by_the_day_in_london() -> None:
    # Both clock changes: 00:30 on 30 March is 23:30 UTC, and 23:30 on 24 October is 22:30 UTC.
    lines = [
        line(at=datetime(2026, 10, 24, 22, 30, tzinfo=UTC)),
        line(at=datetime(2026, 3, 29, 23, 30, tzinfo=UTC)),
        line(at=datetime(2026, 3, 29, 22, 30, tzinfo=UTC)),
        line(at=None),
    ]
    days = timeline_words.timeline(of(*lines), "/people/1", {}, TODAY).days
    assert [(day.name, [one.at for one in day.lines]) for day in days] == [
        ("Saturday 24 October 2026", ["11:30pm"]),
        ("Monday 30 March 2026", ["12:30am"]),
        ("Sunday 29 March 2026", ["11:30pm"]),
        ("No time given", [""]),
    ]


def test_a_line_says_who_wrote_it_when_and_when_it_came() -> None:
    later = datetime(2026, 3, 29, 9, tzinfo=UTC)
    told = line(
        author="Bea Khan", until=datetime(2026, 3, 28, 16, tzinfo=UTC), received=later, place="Home"
    )
    said = only(timeline_words.timeline(of(told), "/people/1", {}, TODAY))
    assert said.at == "3:05pm to 4:00pm"
    assert said.about == "Home"
    assert said.told == (
        "ZC1 (community services), Bea Khan. Written 3:05pm, came here 29 March 2026, 10:00am."
    )
    assert said.original == f"/events/{ONE}"


def test_a_day_that_was_just_told_is_not_told_again() -> None:
    found = timeline_words.timeline(of(line(), line(recorded=AT.replace(day=27))), "/", {}, TODAY)
    (day,) = found.days
    assert [one.told.partition(". ")[2] for one in day.lines] == [
        "Written 3:05pm, came here at once.",
        "Written 27 March 2026, 3:05pm, came here 28 March 2026, 3:05pm.",
    ]


def test_what_is_to_come_says_so() -> None:
    lines = [line(at=datetime(2026, 4, 2, 9, tzinfo=UTC)), line(), line(at=None)]
    days = timeline_words.timeline(of(*lines), "/people/1", {}, TODAY).days
    assert [day.ahead for day in days] == [True, False, False]


def test_what_has_only_a_day_says_no_time_of_day() -> None:
    a_day = line(at=datetime(2026, 6, 30, 23, tzinfo=UTC))
    found = timeline_words.timeline(of(a_day), "/people/1", {}, TODAY)
    assert (found.days[0].name, only(found).at) == ("Wednesday 1 July 2026", "")


def test_a_struck_line_says_what_stands_for_it() -> None:
    struck = line(struck=True, replaced_by=TWO)
    right = line(event_id=TWO, title="Visit moved")
    (day,) = timeline_words.timeline(of(right, struck), "/people/1", {}, TODAY).days
    assert (day.lines[1].struck, day.lines[1].put_right) == (True, "Visit moved")
    assert day.lines[1].put_right_href == f"/events/{TWO}"
    elsewhere = only(timeline_words.timeline(of(struck), "/people/1", {}, TODAY))
    assert elsewhere.put_right == "a later entry"
    taken_back = only(timeline_words.timeline(of(line(struck=True)), "/people/1", {}, TODAY))
    assert taken_back.put_right_href == ""


def test_what_is_restricted_says_when_and_nothing_besides() -> None:
    hidden = line(kind="restricted", source="ZM1", author="Bea", place="Clinic", detail="why")
    said = only(timeline_words.timeline(of(hidden), "/people/1", {}, TODAY))
    assert (said.at, said.title, said.original, said.about) == ("3:05pm", "Restricted", "", "")
    assert not any(words in str(said) for words in ("ZM1", "Bea", "Clinic", "why", str(ONE)))


def test_the_way_on_keeps_what_is_asked_for() -> None:
    asked = {"kind": "contact", "after": "abc"}
    found = timeline_words.timeline(of(line(), next="def"), "/people/1", asked, TODAY)
    assert found.older == "/people/1?kind=contact&after=def#timeline"
    assert found.newest == "/people/1?kind=contact#timeline"
    assert found.is_narrowed
    first = timeline_words.timeline(of(line()), "/people/1", {}, TODAY)
    assert (first.older, first.newest, first.is_narrowed) == ("", "", False)


def test_days_of_the_form_are_whole_days_in_london() -> None:
    asked = {"kind": "contact", "service": "ZC1", "from": "2026-03-29", "to": "2026-03-29"}
    assert timeline_words.narrowing(asked) == Narrowing(
        "contact",
        "ZC1",
        datetime(2026, 3, 29, 0, tzinfo=UTC),
        datetime(2026, 3, 29, 23, tzinfo=UTC),
    )
    assert timeline_words.narrowing({}) == Narrowing()


@pytest.mark.parametrize("said", ["yesterday", "2026-13-01", "9999-12-31", "0001-01-01"])
def test_a_day_that_cannot_be_is_refused(said: str) -> None:
    with pytest.raises(NoSuchDay):
        timeline_words.narrowing({"from": said, "to": said})


def test_the_form_offers_what_there_is_and_what_is_asked_for() -> None:
    found = of(line(), kinds=["about-me", "contact"], sources=["ZC1"])
    form = timeline_words.form(found, {"kind": "plan", "from": "2026-01-01"})
    assert [(one.text, one.selected) for one in form.kinds] == [
        ("Everything", False),
        ("About me", False),
        ("Contact", False),
        ("plan", True),
    ]
    assert [one.value for one in form.sources] == ["", "ZC1"]
    assert (form.since, form.until) == ("2026-01-01", "")


def test_each_line_has_a_name_that_stays_its_own_whatever_comes_before_it() -> None:
    def ids(*lines: TimelineLine) -> list[str]:
        days = timeline_words.timeline(of(*lines), "/people/1", {}, TODAY).days
        return [one.id for day in days for one in day.lines]

    two = ids(line(), line(title="Discharged"))
    assert len(set(two)) == 2
    assert ids(line(event_id=TWO), line(), line(title="Discharged"))[1:] == two
