"""A new About me as it is published: valid, about that person, a state of one thing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.about_me import Heading
from schemas.identity import identifier_key, local_key, nhs_born_key, nhs_key
from services.record.own_words import form_of, subject_of
from streams.story.about_me import about_me_of
from streams.story.fact import fact_of
from tests.builders import NHS_NUMBER, event_of, nhs_numbers

AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
AUTHOR = {"type": "Patient", "display": "U One"}
BORN = nhs_born_key(NHS_NUMBER, "1948-02-29")


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ([local_key("RX1", "p1"), local_key("RY2", "9"), BORN], local_key("RX1", "p1")),
        ([identifier_key("RX1", "urn:mrn", "7|8"), BORN], identifier_key("RX1", "urn:mrn", "7|8")),
        (
            [identifier_key("RX1", "St Anne", "7")],
            identifier_key("RX1", "St Anne", "7"),
        ),
        ([identifier_key("RX1", "", "7"), BORN], identifier_key("RX1", "", "7")),
        ([local_key("RY2", "9"), nhs_key(NHS_NUMBER), BORN], BORN),
        ([local_key("RY2", "9"), local_key("RY1", "9")], local_key("RY1", "9")),
        ([local_key("RX1", "p" * 500), BORN], BORN),
        ([local_key("RX1", "no id / at all")], local_key("RX1", "no id / at all")),
    ],
)
def test_the_person_is_named_as_the_organisation_knows_them_else_as_they_are_known_here(
    keys: list[str], named: str
) -> None:
    form = form_of({Heading.WELLNESS: "Good days"}, subject_of(keys, "RX1"), AUTHOR, AT)
    assert event_of(form).subject == named


sources = st.sampled_from(["RX1", "RY2", "RZ3"])


def names(longest: int, *, shortest: int = 1) -> st.SearchStrategy[str]:
    """As reading gives them: nothing is known by a name with white space around it."""
    anything = st.text(min_size=shortest, max_size=longest)
    return anything.filter(lambda name: name == name.strip())


keys = st.one_of(
    st.builds(local_key, sources, names(80)),
    st.builds(identifier_key, sources, names(20, shortest=0), names(300)),
    st.builds(nhs_born_key, nhs_numbers(), st.just("1948-02-29")),
)


@given(st.lists(keys.filter(lambda key: "\0" not in key and key.isprintable()), min_size=1))
def test_words_are_never_put_on_anybody_elses_record(known: list[str]) -> None:
    form = form_of({Heading.WELLNESS: "Good days"}, subject_of(known, "RX1"), AUTHOR, AT)
    assert event_of(form).subject in known


def test_each_version_is_a_later_state_of_one_thing_and_says_what_was_written() -> None:
    said = {Heading.ALSO: "I sing", Heading.MOST_IMPORTANT: "My garden"}
    subject = subject_of([BORN], "RX1")
    first, second = (
        event_of(form_of(said, subject, AUTHOR, AT + timedelta(minutes=n))) for n in range(2)
    )
    assert first.thread == second.thread
    assert first.version < second.version
    about = about_me_of(fact_of(first))
    assert about is not None
    assert dict(about.said) == said
    assert [heading for heading, _ in about.said] == [Heading.MOST_IMPORTANT, Heading.ALSO]
    assert (about.written, about.author) == (AT, "U One")
    other = event_of(form_of(said, subject_of([nhs_key(NHS_NUMBER)], "RX1"), AUTHOR, AT))
    assert other.thread != first.thread
