"""What the form for own words says, to whom, and what it makes of what was sent."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.about_me import Heading
from services.pages import about_me_words as say
from services.record.story_models import (
    LONGEST_WORDS,
    NO_VERSION,
    AboutMeAwaited,
    AboutMeIn,
    AboutMeOut,
    AboutMeVersion,
    Said,
)
from tests.builders import NHS_NUMBER
from tests.unit.pages.test_person_words import person

AT = datetime(2026, 11, 30, 15, 5, tzinfo=UTC)
NOTHING = AboutMeOut(current=None, history=[])


def version(number: int = 1, **said: str) -> AboutMeVersion:
    headings = {Heading(name.replace("_", "-")): words for name, words in said.items()}
    return AboutMeVersion(
        said=[Said(heading=one, title=one, words=words) for one, words in headings.items()],
        written=AT,
        author="Ruth",
        source="ZP1",
        event_id=UUID(int=number),
        struck=False,
    )


def field(form: say.FormWords, heading: Heading) -> say.FieldWords:
    return next(one for one in form.fields if one.id == heading)


def test_each_heading_has_a_field_in_the_order_of_the_standard_and_in_the_readers_words() -> None:
    mine, theirs = (say.form(NOTHING, {}, "Ada", own=own) for own in (True, False))
    assert [one.id for one in mine.fields] == list(Heading)
    assert all("you" in one.hint.lower() for one in mine.fields if one.id != Heading.WELLNESS)
    assert not any("you" in one.hint.lower() for one in theirs.fields)
    assert (mine.spoken.title, mine.made_from) == ("My own words", NO_VERSION)


def test_what_holds_is_in_the_form_and_it_knows_which_version_that_was() -> None:
    held, old = version(1, wellness="I tire"), version(2, wellness="Good days")
    about = AboutMeOut(current=held, history=[held, old])
    form = say.form(about, say.to_begin(about, "Bea Khan", own=False), "Ada", own=False)
    assert field(form, Heading.WELLNESS).value == "I tire"
    assert form.made_from == str(UUID(int=1))
    assert [one.said[0].text for one in form.before] == ["Good days"]
    assert [one.on_record for one in form.fields] == [""] * len(Heading)
    assert say.to_begin(NOTHING, "Bea Khan", own=False) == {Heading.SUPPORTED_BY: "Bea Khan"}
    assert say.to_begin(NOTHING, "Ada", own=True) == {}


def test_what_came_between_stands_beside_what_differs_from_it() -> None:
    held = version(3, wellness="I tire", also="I sing")
    about = AboutMeOut(current=held, history=[held])
    said = {Heading.ALSO: "I sing", Heading.SUPPORT: "Mornings"}
    form = say.form(about, said, "Ada", own=True, wrong=[say.NEWER])
    beside = {one.id: one.on_record for one in form.fields if one.on_record}
    assert beside == {
        Heading.WELLNESS: "I tire",
        Heading.SUPPORT: "Nothing is written under this heading.",
    }
    assert field(form, Heading.SUPPORT).value == "Mornings"
    assert form.made_from == str(UUID(int=3))
    assert "by Ruth" in form.told
    assert not any(one.wrong for one in form.fields)
    # What is not shown is not taken for read.
    coming = AboutMeOut(
        current=held, history=[held], awaited=AboutMeAwaited(event_id=UUID(int=4), taken_at=AT)
    )
    again = say.form(coming, said, "", own=True, wrong=[say.NEWER_COMING], sent_from=UUID(int=9))
    assert again.made_from == str(UUID(int=9))
    assert "30 November 2026, 3:05pm" in again.coming
    assert not any(one.on_record for one in again.fields)


@given(st.dictionaries(st.sampled_from([*Heading, "other"]), st.text(max_size=50)))
def test_whatever_is_sent_is_refused_with_words_or_can_be_taken_in(sent: dict[str, str]) -> None:
    said = say.written(sent)
    if say.problems(said):
        assert not said.keys() - {Heading.SUPPORTED_BY}
    else:
        assert AboutMeIn(said=dict(said)).said == said


def test_lines_stay_lines_and_what_is_no_text_is_left_out() -> None:
    said = say.written({"wellness": " I tire\r\nat\rnoon\x00\x1b\t! ", "also": " \r\n"})
    assert said == {Heading.WELLNESS: "I tire\nat\nnoon\t!"}


def test_what_is_too_long_is_said_beside_its_heading() -> None:
    said = {Heading.ALSO: "x" * (LONGEST_WORDS + 1), Heading.PEOPLE: "y" * LONGEST_WORDS}
    (wrong,) = say.problems(said)
    assert wrong.href == "#also"
    form = say.form(NOTHING, said, "Ada", own=True, wrong=[wrong], sent_from=NO_VERSION)
    assert [one.id for one in form.fields if one.wrong] == [Heading.ALSO]
    assert "8,000 characters or fewer" in field(form, Heading.ALSO).wrong


@pytest.mark.parametrize("sent", ["", "x", "nothing", "5bb57a61"])
def test_a_form_that_names_no_version_was_made_from_none(sent: str) -> None:
    assert say.made_from({"made_from": sent}) == NO_VERSION
    assert say.made_from({"made_from": str(UUID(int=7))}) == UUID(int=7)


def test_whose_words_they_are_is_told_by_name_birth_and_number() -> None:
    found = person(name="Ada Example", birth_date="1941-03-09", nhs_number=NHS_NUMBER)
    spaced = f"{NHS_NUMBER[:3]} {NHS_NUMBER[3:6]} {NHS_NUMBER[6:]}"
    said = say.whose(found, date(2026, 11, 30))
    assert said == f"Ada Example, born 9 March 1941 (age 85), NHS number {spaced}"
    assert say.whose(person(), date(2026, 11, 30)) == "Name not known"
