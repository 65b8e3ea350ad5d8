"""Whatever intake lets through is read: an element that is none says and raises nothing."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import orjson
import pytest

from schemas.errors import Reject
from streams.traits.read import READERS, traits_of
from streams.traits.trait import Kind
from tests.builders import event_of, patient
from tests.unit.traits.read import COHORTS, DISCHARGE, ODS, PERSON, SNOMED, WRITTEN, coded

Json = dict[str, Any]
Steps = tuple[Any, ...]

EXTENSIONS = "https://throughline.example/fhir/StructureDefinition"
STRANGE: tuple[Any, ...] = (None, True, -1, 2.5, "", "x", [], {}, ["x"], [["x"]], [{}], {"a": []})
NAMED = {"reference": "Organization/3", "identifier": {"system": ODS, "value": "RC1"}}
PERIOD = {"start": "2026-01-01", "end": "2026-02-01"}


def made(kind: str, **elements: Any) -> Json:
    return {"resourceType": kind, "id": "x1", "meta": WRITTEN, **elements}


def number(name: str, **value: Any) -> list[Json]:
    return [{"url": f"{EXTENSIONS}/{name}", **value}]


SEEDS = (
    patient(
        meta=WRITTEN,
        gender="female",
        deceasedDateTime="2026-01-01",
        address=[
            {
                "use": "home",
                "line": ["1 Elm"],
                "postalCode": "ZZ99 1AJ",
                "extension": number("residence", valueCode="care-home"),
            }
        ],
        generalPractitioner=[NAMED],
    ),
    made(
        "Condition",
        clinicalStatus=coded("s", "resolved"),
        verificationStatus=coded("s", "confirmed"),
        code=coded(SNOMED, "13645005"),
        subject=PERSON,
        onsetPeriod=PERIOD,
        abatementPeriod=PERIOD,
    ),
    made(
        "Flag",
        status="inactive",
        category=[coded("s", "admin")],
        code=coded(DISCHARGE, "ready"),
        subject=PERSON,
        period=PERIOD,
        encounter={"reference": "Encounter/e1"},
    ),
    made(
        "Group",
        type="person",
        actual=True,
        active=True,
        code=coded(COHORTS, "end-of-life"),
        name="Register",
        member=[{"entity": PERSON, "period": PERIOD, "inactive": True}],
    ),
    made(
        "QuestionnaireResponse",
        status="completed",
        questionnaire="https://throughline.example/Questionnaire/integrate|1.0",
        subject=PERSON,
        authored="2026-02-01T10:00:00+01:00",
        author=NAMED,
        item=[
            {
                "linkId": "1",
                "text": "Well?",
                "answer": [{"valueInteger": 3}],
                "item": [{"linkId": "1.1", "answer": [{"valueString": "yes"}]}],
            }
        ],
    ),
    made(
        "PractitionerRole",
        extension=number("whole-time-equivalent", valueDecimal=0.6),
        active=True,
        period=PERIOD,
        practitioner={"reference": "Practitioner/7"},
        organization=NAMED,
        healthcareService=[{"reference": "HealthcareService/N01"}],
    ),
    made(
        "Location",
        status="active",
        extension=number("staffed-beds", valueInteger=12),
        identifier=[{"system": "s", "value": "W1"}],
        managingOrganization=NAMED,
        partOf={"reference": "Location/S1"},
    ),
)


def places(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    """The steps to every value within a resource, but its type and id."""
    children: Any = enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, dict):
        children = value.items()
    for key, child in children:
        if key not in {"resourceType", "id"}:
            yield (*steps, key)
            yield from places(child, (*steps, key))


def with_strange(resource: Json) -> Iterator[Json]:
    """The resource with each of its values in turn replaced by each strange one."""
    for *way, last in places(resource):
        for strange in STRANGE:
            changed = deepcopy(resource)
            parent: Any = changed
            for step in way:
                parent = parent[step]
            parent[last] = strange
            yield changed


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: str(seed["resourceType"]))
def test_whatever_is_let_through_says_something_or_nothing(seed: Json) -> None:
    assert Kind.NOTHING not in {trait.kind for trait in traits_of(event_of(seed))}
    taken = 0
    for resource in with_strange(seed):
        try:
            event = event_of(resource)
        except Reject:
            continue
        taken += 1
        assert all(orjson.dumps(trait.said) for trait in traits_of(event)), resource
    assert taken


def test_every_type_that_is_read_is_tried() -> None:
    assert {seed["resourceType"] for seed in SEEDS} == set(READERS)
