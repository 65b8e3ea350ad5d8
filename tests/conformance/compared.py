"""What a system says of a scenario against what the scenario expects, difference by difference."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any, NamedTuple

from schemas.times import london_date, midnight
from tests.conformance.scenario import Json, moment

Visit = tuple[str, str]


class Told(NamedTuple):
    """What a system says, in the terms of `GET /api/stays`; times are moments.

    `stays` by source and visit. `people` gives the opaque ids of each person that the scenario
    names, one for each format that told of them; none: not known; not there: cannot be asked for.
    `reviewed`: sets of those ids that a human being has to look at.
    What is None the system was not asked for. `complete`: `stays` holds every visit there is.
    """

    stays: Mapping[Visit, Json]
    bed_days: Mapping[str, int] | None = None
    virtual_ward_days: Mapping[str, int] | None = None
    leave_nights: int | None = None
    people: Mapping[str, frozenset[str]] | None = None
    reviewed: Sequence[frozenset[str]] | None = None
    timeline: Mapping[str, Sequence[Json]] | None = None
    flags: frozenset[str] | None = None
    rejected: Sequence[str] | None = None
    complete: bool = True


def differences(source: str, expected: Json, told: Told) -> list[str]:
    """Each thing that is not as expected, in words; empty where all is."""
    return [
        *_of_stays(source, expected, told),
        *_of_figures(expected, told),
        *_of_people(expected, told),
        *_of_timeline(expected, told),
        *_of_facts(expected, told),
    ]


def _of_stays(source: str, expected: Json, told: Told) -> Iterator[str]:
    if "stays" not in expected:
        return
    wanted = {(one.get("source", source), one["visit"]): one for one in expected["stays"]}
    if told.complete:
        for visit in sorted(set(told.stays) - set(wanted)):
            yield f"visit {visit}: expected none, got {told.stays[visit]}"
    for visit, one in wanted.items():
        found = told.stays.get(visit)
        if found is None:
            yield f"visit {visit}: expected one, got none"
            continue
        yield from _of_stay(visit, one, found, told)


def _of_stay(visit: Visit, wanted: Json, found: Json, told: Told) -> Iterator[str]:
    plain = {name: wanted[name] for name in ("status", "class") if name in wanted}
    times = {n: moment(wanted[n]) for n in ("admitted_at", "discharged_at") if n in wanted}
    sets = {"flags": sorted(wanted.get("flags", ()))}
    for name, value in {**plain, **times, **sets}.items():
        got = sorted(found[name]) if name == "flags" else found[name]
        if got != value:
            yield f"visit {visit}, {name}: expected {value}, got {got}"
    for name in ("segments", "leaves"):
        expected = [_timed(one) for one in wanted.get(name, ())]
        got = list(found[name])
        if not _alike(expected, got):
            yield f"visit {visit}, {name}: expected {expected}, got {got}"
    person = wanted.get("person")
    if told.people is not None and person in told.people:
        if found["person"] in told.people[person]:
            return
        yield f"visit {visit}, person: expected {person}, got another"


def _timed(stretch: Json) -> Json:
    return {**stretch, "start": moment(stretch["start"]), "end": moment(stretch["end"])}


def _alike(expected: Sequence[Json], got: Sequence[Json]) -> bool:
    """Stretches agree in what is written of them; what a system does not tell is not compared."""
    return len(expected) == len(got) and all(
        found[name] == value
        for one, found in zip(expected, got, strict=True)
        for name, value in one.items()
        if name in found
    )


def _of_figures(expected: Json, told: Told) -> Iterator[str]:
    for name in ("bed_days", "virtual_ward_days", "leave_nights"):
        got: Any = getattr(told, name)
        if name in expected and got is not None and got != expected[name]:
            yield f"{name}: expected {expected[name]}, got {got}"


def _of_people(expected: Json, told: Told) -> Iterator[str]:
    wanted = expected.get("people")
    if wanted is None or told.people is None:
        return
    groups = [frozenset(group) for group in wanted.get("same", ())]
    asked = sorted(frozenset().union(*groups) & set(told.people))
    for one, other in combinations(asked, 2):
        together = any({one, other} <= group for group in groups)
        mine, yours = told.people[one], told.people[other]
        if not mine or not yours:
            yield f"people: {other if mine else one} is not known"
        elif (mine != yours) if together else (mine & yours):
            yield f"people: expected {one} and {other} {'' if together else 'not '}to be one person"
    for one in wanted.get("review", ()) if told.reviewed is not None else ():
        asked = [told.people[name] for name in one["people"]]
        if not any(all(ids & found for ids in asked) for found in told.reviewed):
            yield f"people: expected {one['people']} in review: {one['why']}"
    if told.reviewed and "review" in wanted and not wanted["review"]:
        yield "people: expected nobody in review"


def _of_timeline(expected: Json, told: Told) -> Iterator[str]:
    for line in expected.get("timeline", ()) if told.timeline is not None else ():
        lines = told.timeline[line["person"]]
        wanted = {name: line[name] for name in ("title", "struck") if name in line}
        wanted["at"] = moment(line["at"])
        if not any(all(found[name] == v for name, v in wanted.items()) for found in lines):
            yield f"timeline of {line['person']}: expected {wanted}"


def _of_facts(expected: Json, told: Told) -> Iterator[str]:
    missing = set(expected.get("flags", ())) - (told.flags or set())
    if told.flags is not None and missing:
        yield f"flags: expected {sorted(missing)} on a fact"
    rejected = sorted(expected.get("rejected", ()))
    if told.rejected is not None and sorted(told.rejected) != rejected:
        yield f"rejected: expected {rejected}, got {sorted(told.rejected)}"


def named_people(expected: Json) -> set[str]:
    """Every person that the expectation names."""
    people = expected.get("people", {})
    return {
        *(one["person"] for one in expected.get("stays", ()) if "person" in one),
        *(line["person"] for line in expected.get("timeline", ())),
        *(name for group in people.get("same", ()) for name in group),
        *(name for one in people.get("review", ()) for name in one["people"]),
    }


def leave_nights(stays: Iterable[Json], as_of: datetime) -> int:
    """Midnights on leave until the day of asking, of all stays together."""
    last = midnight(london_date(as_of))
    return sum(
        max(0, (london_date(min(leave["end"] or last, last)) - london_date(leave["start"])).days)
        for stay in stays
        for leave in stay["leaves"]
    )


def in_utc(at: datetime | str | None) -> datetime | None:
    """A time of an answer as a moment."""
    return moment(at) if isinstance(at, str) else at
