"""What the traits of simulated messages say is what really happened in the simulated system."""

from collections import Counter
from functools import cache

from schemas.events import CareEvent
from services.simulator import Simulation, simulate
from services.simulator.ledger import How
from streams.intake.read import Limits, read
from streams.traits.read import traits_of
from streams.traits.trait import Kind, Trait

LIMITS = Limits(max_bytes=1_000_000, max_depth=64)


@cache
def simulated() -> Simulation:
    return simulate(300, 40, 5, disorder=True, doubts=True)


@cache
def told() -> list[tuple[CareEvent, Trait]]:
    """Every trait of the simulation's messages, each once, with its event."""
    events = {
        event.id: event
        for message in simulated().messages
        for event in read(message.inbound(), LIMITS)
    }
    return [(event, trait) for event in events.values() for trait in traits_of(event)]


@cache
def holding() -> list[tuple[CareEvent, Trait]]:
    """Those of the greatest version of their thread."""
    greatest: dict[str, str] = {}
    for event, trait in told():
        greatest[trait.thread] = max(event.version, greatest.get(trait.thread, ""))
    return [(e, trait) for e, trait in told() if e.version == greatest[trait.thread]]


def held(kind: Kind) -> list[Trait]:
    return [trait for _, trait in holding() if trait.kind is kind]


def test_people_are_who_they_are() -> None:
    lives = simulated().lives
    wanted = Counter(
        (
            person.birth_date.isoformat(),
            person.sex,
            person.ethnic_category,
            person.household.postcode,
            person.practice.source,
            "care-home" if person.household.care_home else None,
        )
        for person in lives.people
        for _, number in lives.known
        if number == person.nhs_number
    )
    keys = ("birth", "sex", "ethnicity", "postcode", "practice", "lives")
    people = held(Kind.PERSON)
    assert Counter(tuple(trait.said.get(key) for key in keys) for trait in people) == wanted
    assert sum(trait.said["flags"] == ["bad-nhs-number"] for trait in people) == len(lives.misspelt)


def test_whoever_is_ready_or_waits_is_told_with_the_stay() -> None:
    ledger = simulated().lives.ledger
    found = Counter(
        (trait.said["visit"], code, trait.said["since"], trait.said.get("until"))
        for trait in held(Kind.FLAG)
        for code in trait.said["codes"]
        if code == "ready" or code.startswith("delay-")
    )
    wanted = Counter(
        (one.visit, code, one.since.isoformat(), one.until.isoformat() if one.until else None)
        for code, one in (
            *(("ready", ready) for ready in ledger.ready.values()),
            *((f"delay-{delay.reason}", delay) for delay in ledger.delays.values()),
        )
    )
    assert found == wanted
    assert wanted


def test_whoever_is_on_a_register_is_a_member() -> None:
    wanted = Counter(
        (one.cohort, one.since.isoformat(), one.until.isoformat() if one.until else None)
        for one in simulated().lives.ledger.belongings.values()
        if one.how is How.REGISTER
    )
    found = Counter(
        (trait.said["cohort"], trait.said["since"], trait.said.get("until"))
        for trait in held(Kind.GROUP)
    )
    assert found == wanted
    assert wanted


def test_every_condition_and_flag_of_a_group_is_told() -> None:
    belongings = simulated().lives.ledger.belongings.values()
    conditions = sum(one.how is How.CONDITION for one in belongings)
    flags = Counter(one.cohort for one in belongings if one.how is How.FLAG)
    assert len(held(Kind.CONDITION)) == conditions > 0
    assert flags == Counter(
        code
        for trait in held(Kind.FLAG)
        if "visit" not in trait.said
        for code in trait.said["codes"]
    )


def test_surveys_and_questions_are_those_that_were_asked() -> None:
    ledger = simulated().lives.ledger
    replies = Counter((r.instrument, r.source, r.answers, r.at.isoformat()) for r in ledger.replies)
    assert replies == Counter(
        (s["instrument"], s["organisation"], tuple(s["answers"]), s["at"])
        for s in (trait.said for trait in held(Kind.SURVEY))
    )
    askings = Counter((one.source, one.at.isoformat()) for one in ledger.askings)
    assert askings == Counter(
        (trait.said["organisation"], trait.said["at"])
        for trait in held(Kind.ASKED)
        for key in trait.said["questions"]
        if key.startswith("text:")
    )


def test_posts_and_beds_are_those_that_there_are() -> None:
    ledger = simulated().lives.ledger
    assert Counter(
        (post.offer.code, post.wte, post.leaves is None, post.since.isoformat())
        for post in ledger.posts.values()
    ) == Counter(
        (s["service"], s["wte"], s["active"], s["since"])
        for s in (trait.said for trait in held(Kind.ROLE))
    )
    wards = {ward.code: ward for ward in simulated().wards}
    every = Counter(
        (t.said["provider"], t.said["site"], t.said["ward"], t.said["beds"])
        for _, t in told()
        if t.kind is Kind.BEDS
    )
    assert every == Counter(
        (wards[one.ward].organisation.source, wards[one.ward].site, one.ward, one.beds)
        for one in ledger.beds
    )
