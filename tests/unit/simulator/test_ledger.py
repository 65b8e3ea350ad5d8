"""What the simulator publishes beside visits is what really happened in the simulated system."""

from collections import Counter
from functools import cache
from typing import Any

from services.simulator import Simulation, simulate
from services.simulator.fhir import DISCHARGE_SYSTEM, PLANNED_END_EXTENSION, WTE_EXTENSION
from services.simulator.ledger import How
from tests.unit.simulator.test_simulation import final_states

Resource = dict[str, Any]


@cache
def simulated() -> Simulation:
    return simulate(500, 60, 5, disorder=True)


@cache
def states(kind: str) -> dict[str, Resource]:
    """The last state of every resource of a type, by its id."""
    found = final_states(simulated().messages)
    return {key.partition("/")[2]: r for (_, key), r in found.items() if key.startswith(kind + "/")}


def test_every_ready_and_delay_is_a_flag_about_its_stay() -> None:
    told = Counter(
        (flag["encounter"]["reference"].partition("/")[2], coding["code"], "end" in flag["period"])
        for flag in states("Flag").values()
        for coding in flag["code"]["coding"]
        if coding["system"] == DISCHARGE_SYSTEM and flag["status"] != "entered-in-error"
        if not coding["code"].startswith("pathway-")
    )
    ledger = simulated().lives.ledger
    ready = Counter((one.visit, "ready", one.until is not None) for one in ledger.ready.values())
    delays = Counter(
        (one.visit, f"delay-{one.reason}", one.until is not None) for one in ledger.delays.values()
    )
    assert told == ready + delays
    assert len(ready) > 50
    assert max(Counter(one.visit for one in ledger.ready.values()).values()) > 1


def test_nobody_is_ready_who_is_not_in() -> None:
    stays = {stay.visit: stay for stay in simulated().truth.stays}
    for one in simulated().lives.ledger.ready.values():
        stay = stays[one.visit]
        assert stay.admitted_at is not None
        assert stay.admitted_at < one.since
        assert stay.discharged_at is None or one.since < stay.discharged_at


def test_an_open_stay_says_when_it_is_expected_to_end() -> None:
    told = {
        number: said["valueDateTime"]
        for number, visit in states("Encounter").items()
        for said in visit.get("extension", ())
        if said["url"] == PLANNED_END_EXTENSION
    }
    open_stays = {
        visit.visit for visit in simulated().lives.visits if visit.expected and not visit.end
    }
    assert told.keys() == open_stays
    assert told


def test_registers_list_everybody_who_was_ever_on_them() -> None:
    listed = sum(len(group["member"]) for group in states("Group").values())
    ledger = simulated().lives.ledger
    on_registers = [one for one in ledger.belongings.values() if one.how is How.REGISTER]
    assert listed == len(on_registers)
    assert any(one.until for one in on_registers)


def test_posts_add_up() -> None:
    wte = sum(
        extension["valueDecimal"]
        for role in states("PractitionerRole").values()
        for extension in role["extension"]
        if extension["url"] == WTE_EXTENSION and role["active"]
    )
    posts = simulated().lives.ledger.posts.values()
    assert round(wte, 6) == round(sum(one.wte for one in posts if one.leaves is None), 6)
    assert any(one.leaves for one in posts)


def test_every_question_that_is_asked_is_published_and_some_are_asked_again() -> None:
    published = Counter(
        item["text"]
        for form in states("QuestionnaireResponse").values()
        if "subject" in form
        for item in form["item"]
    )
    askings = simulated().lives.ledger.askings
    assert published == Counter(one.question for one in askings)
    again = Counter((one.nhs_number, one.question) for one in askings)
    assert max(again.values()) > 1
