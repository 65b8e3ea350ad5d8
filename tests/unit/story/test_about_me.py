"""What a person says of themselves: recognised in any form, the latest version holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.about_me import QUESTIONNAIRE, WORDS, Heading, heading_of, is_title, plain
from streams.story.about_me import about_me_of, current, versions
from streams.story.fact import Fact
from streams.timeline.entries import entries_of
from streams.timeline.own_words import words_of
from tests.unit.story.stories import fact, shuffled

Json = dict[str, Any]

IMPORTANT, TALK = "My garden", "Slowly, and to my face"


def items(**said: str) -> list[Json]:
    named = {Heading(name.replace("_", "-")): words for name, words in said.items()}
    return [
        {"linkId": f"{n}", "text": WORDS[heading], "answer": [{"valueString": words}]}
        for n, (heading, words) in enumerate(named.items(), 1)
    ]


def form(*, day: int = 1, status: str = "completed", **elements: Any) -> Fact:
    said = {"item": items(most_important=IMPORTANT, communication=TALK), **elements}
    return fact("QuestionnaireResponse", day=day, status=status, **said)


def section(title: str, words: str, **elements: Any) -> Json:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{words}</p></div>'
    return {"title": title, "text": {"status": "additional", "div": div}, **elements}


def document(*sections: Json, **elements: Any) -> Fact:
    made = {
        "status": "final",
        "type": {"text": "Care summary"},
        "date": "2026-02-01",
        "author": [{"display": "Home"}],
        "title": "Summary",
        **elements,
    }
    return fact("Composition", section=list(sections), **made)


def said(told: Fact) -> dict[Heading, str]:
    about = about_me_of(told)
    return dict(about.said) if about else {}


BOTH = {Heading.MOST_IMPORTANT: IMPORTANT, Heading.COMMUNICATION: TALK}


def test_a_form_of_the_headings_is_an_about_me() -> None:
    assert said(form()) == BOTH


def test_a_document_of_the_headings_is_an_about_me_alone_or_as_a_part_of_another() -> None:
    sections = [section(WORDS[heading], words) for heading, words in BOTH.items()]
    assert said(document(*sections)) == BOTH
    within = {"title": "About me", "section": sections}
    assert said(document(section("Medicines", "none"), within)) == BOTH


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        *((words, heading) for heading, words in WORDS.items()),
        *((heading.value, heading) for heading in Heading),
        ("3. How I communicate, and how to communicate with me:", Heading.COMMUNICATION),
        ("PLEASE DO AND PLEASE DON’T", Heading.PLEASE_DO),
        ("What is important to me", Heading.MOST_IMPORTANT),
        ("My health", Heading.WELLNESS),
        ("Medicines", None),
        ("", None),
        (None, None),
    ],
)
def test_a_heading_is_known_by_its_words(words: str | None, heading: Heading | None) -> None:
    assert heading_of(words) == heading


def test_another_form_is_no_about_me_even_with_one_of_the_headings() -> None:
    one = [items(wellness="well")[0]]
    assert about_me_of(form(item=one)) is None
    assert about_me_of(form(item=[{"linkId": "1", "text": "Weight"}])) is None
    assert about_me_of(fact("Observation", status="final", code={"text": "About me"})) is None


@pytest.mark.parametrize(
    "name", [QUESTIONNAIRE, "https://x.nhs.uk/Questionnaire/AboutMe", "https://x/about-me|1.0"]
)
def test_one_heading_is_enough_where_the_form_is_called_so(name: str) -> None:
    found = about_me_of(form(item=[items(wellness="well")[0]], questionnaire=name))
    assert (found is not None) == is_title(name)
    assert is_title(QUESTIONNAIRE)


def test_the_words_of_a_narrative_keep_their_paragraphs_and_lose_their_marks() -> None:
    div = "<div><p>A &amp; B</p><ul><li>one</li><li>two <b>three</b></li></ul></div>"
    assert words_of(div) == "A & B\none\ntwo three"
    assert words_of(None) == ""


def holding(*facts: Fact) -> str | None:
    """The id of the fact whose About me holds."""
    found = current(facts)
    return found.event_id if found else None


def test_the_latest_version_holds_and_all_are_kept() -> None:
    first = form(day=1, authored="2026-02-01")
    second = form(day=2, authored="2026-02-02", item=items(most_important="x", wellness="y"))
    assert holding(first, second) == second.event.id
    kept = [about.event_id for about in versions([first, second])]
    assert kept == [second.event.id, first.event.id]


def test_what_was_a_mistake_in_the_end_never_held() -> None:
    own = form(day=1, authored="2026-02-01", id="own")
    right = form(day=2, authored="2026-02-02", id="other")
    mistaken = form(day=3, authored="2026-02-03", id="other", status="entered-in-error")
    assert holding(own, right) == right.event.id
    assert holding(own, right, mistaken) == own.event.id
    assert holding(right, mistaken) is None
    assert len(versions([own, right, mistaken])) == 3


def test_a_copy_that_is_sent_later_is_not_newer_than_what_was_written_later() -> None:
    old_copy = form(day=9, authored="2026-01-01", id="copy")
    new = form(day=2, authored="2026-02-02")
    assert holding(old_copy, new) == new.event.id


def test_nobody_who_said_nothing_has_an_about_me() -> None:
    assert holding() is None


SOME = [
    form(day=day, authored=f"2026-02-{day:02d}", status=status, id=name)
    for day, status, name in (
        (1, "completed", "a"),
        (2, "completed", "b"),
        (3, "entered-in-error", "b"),
        (4, "completed", "a"),
    )
] + [document(*(section(WORDS[h], w) for h, w in BOTH.items()))]


@given(shuffled(SOME))
def test_what_holds_and_what_is_kept_depend_on_no_order(facts: list[Fact]) -> None:
    assert current(facts) == current(SOME)
    assert versions(facts) == versions(SOME)


def test_it_is_told_on_the_timeline_as_what_it_is() -> None:
    told = entries_of(form(author={"display": "A Jones"}).event)[0]
    assert (told.kind, told.title, told.author) == ("about-me", "About me", "A Jones")
    other = entries_of(form(item=[{"linkId": "1", "text": "Weight"}]).event)[0]
    assert (other.kind, other.title) == ("form", "Questions asked and answered")


@given(st.text(max_size=40))
def test_no_words_are_too_strange_to_compare(words: str) -> None:
    assert plain(plain(words)) == plain(words)
    heading_of(words)
    assert "<" not in words_of(f"<p>{words.replace('<', '').replace('&', '')}</p>")
