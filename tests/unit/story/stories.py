"""Small facts of one person for the readers of their story."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from schemas.topics import ContentType
from streams.story.fact import Fact, fact_of
from tests.builders import event_of, events_of

Json = dict[str, Any]

PERSON = {"reference": "Patient/p1"}
NOW = datetime(2026, 2, 20, 12, tzinfo=UTC)


def written(day: int, version: int = 1) -> Json:
    """The meta of what was written on a day of February 2026."""
    return {"lastUpdated": f"2026-02-{day:02d}T09:00:00Z", "versionId": f"{version}"}


# Where a type names the person it is about; what is not here is about nobody.
ABOUT = {"EpisodeOfCare": "patient", "AllergyIntolerance": "patient"}
NOBODY = frozenset({"Patient", "Practitioner", "PractitionerRole", "Organization"})


def fact(
    kind: str, *, day: int = 1, source: str = "RX1", gone: bool = False, **elements: Any
) -> Fact:
    """A fact of the person, written on that day."""
    about = {} if kind in NOBODY else {ABOUT.get(kind, "subject"): PERSON}
    made = {"resourceType": kind, "id": "x1", "meta": written(day), **about, **elements}
    return fact_of(event_of(made, source=source), gone=gone)


def message(kind: str, *segments: str, control: str = "1", at: str = "202602010900") -> Fact:
    """An HL7 v2 message about the person."""
    header = f"MSH|^~\\&|PAS|RX1|||{at}||{kind}|{control}|P|2.5"
    text = "\r".join([header, f"EVN||{at}", "PID|1||7^^^RX1^MR||DOE^JO", *segments])
    (event,) = events_of(text.encode(), content_type=ContentType.HL7V2)
    return fact_of(event)


def shuffled(facts: Sequence[Fact]) -> st.SearchStrategy[list[Fact]]:
    """The facts in any order, some of them twice."""
    more = st.lists(st.sampled_from(facts), max_size=3) if facts else st.just([])
    return more.flatmap(lambda again: st.permutations([*facts, *again]))
