"""What is planned with a person, and what they want to reach."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from schemas.fhir.elements import (
    concept_text,
    contained,
    plain_text,
    reference_text,
    text,
    value_text,
    values,
)
from schemas.fhir.references import named
from schemas.times import moment
from streams.story.fact import Fact, since, sound, until

Resource = dict[str, Any]

KINDS: Final = ("CarePlan", "Goal")
IN_FORCE: Final = frozenset({"active", "on-hold", "accepted", "planned", "proposed"})


class Goal(NamedTuple):
    """What a person wants to reach, how far that is, and by when."""

    words: str
    status: str | None
    achievement: str | None
    due: str | None
    source: str
    event_id: str


class Activity(NamedTuple):
    """One thing that a plan is made of."""

    words: str
    status: str | None
    who: str | None


class Plan(NamedTuple):
    """A care plan with its goals and activities. `in_force`: neither over nor a draft."""

    title: str
    detail: str | None
    status: str | None
    in_force: bool
    since: datetime | None
    until: datetime | None
    author: str | None
    goals: tuple[Goal, ...]
    activities: tuple[Activity, ...]
    source: str
    event_id: str


class Plans(NamedTuple):
    """The plans, those in force first, then the latest; the goals that no plan names."""

    plans: tuple[Plan, ...]
    goals: tuple[Goal, ...]


def plans_of(facts: Iterable[Fact], at: datetime) -> Plans:
    """A person's plans and goals as they are at a moment."""
    held = list(facts)
    goals = {fact.event.thread: _goal(fact, fact.resource) for fact in sound(held, "Goal")}
    named_goals: set[str] = set()
    plans: list[Plan] = []
    for fact in sound(held, "CarePlan"):
        references = [one for one in values(fact.resource, "goal") if isinstance(one, dict)]
        threads = (named(one, fact.resource, fact.event).thread for one in references)
        mine = [thread for thread in threads if thread in goals]
        named_goals.update(mine)
        inside = (contained(one, fact.resource) for one in references)
        own = [_goal(fact, goal) for goal in inside if goal]
        plans.append(_plan(fact, [*(goals[thread] for thread in mine), *own], at))
    plans.sort(key=lambda plan: not plan.in_force)
    others = [goals[thread] for thread in goals if thread not in named_goals]
    return Plans(tuple(plans), tuple(others))


def _goal(fact: Fact, resource: Resource) -> Goal:
    dues = (value_text(target, "due") for target in values(resource, "target"))
    return Goal(
        concept_text(resource.get("description")) or "Goal",
        text(resource.get("lifecycleStatus")) or None,
        concept_text(resource.get("achievementStatus")),
        next(filter(None, dues), None),
        fact.event.source,
        fact.event.id,
    )


def _plan(fact: Fact, goals: list[Goal], at: datetime) -> Plan:
    resource = fact.resource
    categories = map(concept_text, values(resource, "category"))
    begun, ended = since(resource, moment(resource.get("created"))), until(resource)
    status = text(resource.get("status")) or None
    return Plan(
        text(resource.get("title")) or next(filter(None, categories), None) or "Care plan",
        text(resource.get("description")) or None,
        status,
        status in IN_FORCE and (ended is None or at < ended),
        begun,
        ended,
        reference_text(resource.get("author"), resource),
        tuple(goals),
        tuple(_activities(resource)),
        fact.event.source,
        fact.event.id,
    )


def _activities(plan: Resource) -> Iterator[Activity]:
    for activity in values(plan, "activity"):
        detail = activity.get("detail")
        detail = detail if isinstance(detail, dict) else {}
        words = (
            text(detail.get("description"))
            or concept_text(detail.get("code"))
            or reference_text(activity.get("reference"), plan)
            or next(filter(None, map(plain_text, values(activity, "progress.text"))), None)
        )
        if words:
            people = (reference_text(one, plan) for one in values(detail, "performer"))
            status = text(detail.get("status")) or None
            yield Activity(words, status, next(filter(None, people), None))
