"""Whom a team or an episode names at any moment, as an index of facts holds them."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identity import LONGEST_NAME, indexable
from streams.story.fact import Fact
from streams.story.involved import everybody_named, involved_in
from tests.builders import encounter, event_of
from tests.unit.story.stories import NOW, fact

Json = dict[str, Any]


def named(kind: str, code: str) -> Json:
    return {"type": kind, "identifier": {"value": code}}


def period(first: int, days: int | None) -> Json:
    begun = {"start": (NOW + timedelta(days=first)).isoformat()}
    ended = {} if days is None else {"end": (NOW + timedelta(days=first + days)).isoformat()}
    return begun | ended


PERIODS = st.builds(period, st.integers(-9, 9), st.none() | st.integers(0, 9))


KINDS = ["Organization", "HealthcareService", "Practitioner", "PractitionerRole", "CareTeam"]
REFERENCES = st.builds(named, st.sampled_from(KINDS), st.sampled_from("abcdefgh"))
PARTS = st.fixed_dictionaries(
    {"member": REFERENCES}, optional={"onBehalfOf": REFERENCES, "period": PERIODS}
)


def some(one: st.SearchStrategy[Json]) -> st.SearchStrategy[list[Json]]:
    return st.lists(one, min_size=1, max_size=3)


TEAMS = st.fixed_dictionaries(
    {"status": st.sampled_from(["active", "inactive"])},
    optional={
        "participant": some(PARTS),
        "managingOrganization": some(REFERENCES),
        "period": PERIODS,
        "identifier": st.just([{"value": "T7"}]),
    },
).map(lambda elements: fact("CareTeam", **elements))
EPISODES = st.fixed_dictionaries(
    {"status": st.sampled_from(["active", "finished"])},
    optional={
        "managingOrganization": REFERENCES,
        "careManager": REFERENCES,
        "team": some(REFERENCES),
        "period": PERIODS,
    },
).map(lambda elements: fact("EpisodeOfCare", **elements))


@given(one=TEAMS | EPISODES, day=st.integers(-9, 9))
def test_whoever_is_involved_at_any_moment_is_among_them(one: Fact, day: int) -> None:
    held = set(everybody_named(one.event) or ())
    for found in involved_in(one.event, NOW + timedelta(days=day)):
        assert found.organisations | found.teams | found.users <= held


def test_a_name_that_no_index_holds_is_cut_as_it_is_asked_for() -> None:
    long = "x" * (LONGEST_NAME + 1)
    event = fact("CareTeam", participant=[{"member": named("Practitioner", long)}]).event
    assert everybody_named(event) == [indexable(long)]


def test_other_facts_name_nobody() -> None:
    assert everybody_named(event_of(encounter())) is None


@pytest.mark.parametrize(
    ("kind", "elements", "name"),
    [
        ("CareTeam", {"name": " North team "}, "North team"),
        ("CareTeam", {}, ""),
        ("EpisodeOfCare", {"type": [{"text": "Heart failure"}]}, "Heart failure"),
    ],
)
def test_a_team_is_called_by_its_name_and_an_episode_by_its_type(
    kind: str, elements: Json, name: str
) -> None:
    (one,) = involved_in(fact(kind, status="active", **elements).event, NOW)
    assert one.name == name
