"""What everybody must know: alerts, allergies, adjustments, and how to talk with the person."""

from typing import Any

import pytest
from hypothesis import given

from streams.story.alerts import ADJUSTMENT, COMMUNICATES, PATIENT_FLAG, AlertKind, alerts_of
from streams.story.fact import Fact
from tests.unit.story.stories import NOW, fact, message, shuffled

Json = dict[str, Any]


def flag(words: str, *categories: tuple[str, str], **elements: Any) -> Fact:
    coded = [{"coding": [{"system": s, "code": c, "display": f"{c} words"}]} for s, c in categories]
    said = {"category": coded} if coded else {}
    return fact("Flag", **{"status": "active", "code": {"text": words}, **said, **elements})


def told(*facts: Fact) -> list[tuple[AlertKind, str]]:
    return [(alert.kind, alert.words) for alert in alerts_of(facts, NOW)]


NRAF = (PATIENT_FLAG, "NRAF")


@pytest.mark.parametrize(
    ("categories", "kind"),
    [
        ([NRAF], AlertKind.ADJUSTMENT),
        ([NRAF, (ADJUSTMENT, "009")], AlertKind.ADJUSTMENT),
        ([NRAF, (ADJUSTMENT, "002")], AlertKind.COMMUNICATION),
        ([(PATIENT_FLAG, "CP-IS")], AlertKind.SAFEGUARDING),
        ([("https://example.nhs.uk", "other")], AlertKind.ALERT),
        ([], AlertKind.ALERT),
    ],
)
def test_a_flag_is_of_the_kind_that_its_category_says(
    categories: list[tuple[str, str]], kind: AlertKind
) -> None:
    assert told(flag("Needs a quiet room", *categories)) == [(kind, "Needs a quiet room")]


def test_a_category_in_words_alone_says_it_too() -> None:
    by_words = flag("x", category=[{"text": "Reasonable adjustment"}])
    assert told(by_words) == [(AlertKind.ADJUSTMENT, "x")]


def test_a_flag_tells_its_notes() -> None:
    notes = {
        "url": "https://fhir.nhs.uk/England/StructureDefinition/Extension-FlagNotes",
        "valueAnnotation": {"text": "Knock twice"},
    }
    (found,) = alerts_of([flag("Hard of hearing", NRAF, extension=[notes])], NOW)
    assert found.detail == "NRAF words; Knock twice"


@pytest.mark.parametrize(
    "over",
    [
        flag("x", status="inactive"),
        flag("x", status="entered-in-error"),
        flag("x", period={"end": "2026-02-01"}),
        flag("x", period={"start": "2026-03-01"}),
        flag("x", gone=True),
    ],
)
def test_what_is_over_or_mistaken_is_no_alert(over: Fact) -> None:
    assert told(over) == []


def allergy(**elements: Any) -> Fact:
    return fact("AllergyIntolerance", **{"code": {"text": "Penicillin"}, **elements})


def test_an_allergy_tells_its_reactions() -> None:
    reaction = [{"manifestation": [{"text": "rash"}]}]
    (found,) = alerts_of([allergy(criticality="high", reaction=reaction)], NOW)
    assert (found.kind, found.words) == (AlertKind.ALLERGY, "Penicillin")
    assert found.detail == "rash; criticality high"


@pytest.mark.parametrize(
    ("element", "code"),
    [
        ("clinicalStatus", "inactive"),
        ("clinicalStatus", "resolved"),
        ("verificationStatus", "refuted"),
    ],
)
def test_an_allergy_that_is_not_one_any_more_is_no_alert(element: str, code: str) -> None:
    assert told(allergy(**{element: {"coding": [{"code": code}]}})) == []


def test_the_latest_list_of_allergies_of_a_message_is_the_whole_of_it() -> None:
    early = message("ADT^A60", "IAM|1||1^Peanut|", "IAM|2||2^Latex|")
    late = message("ADT^A60", "IAM|1||1^Peanut|SV|rash", control="2", at="202602050900")
    (found,) = alerts_of([early, late], NOW)
    assert (found.words, found.detail) == ("Peanut", "rash")


def person(**elements: Any) -> Fact:
    return fact("Patient", id="p1", **elements)


def test_a_language_is_a_need_where_it_is_preferred_or_needs_an_interpreter() -> None:
    french = {"language": {"text": "French"}, "preferred": True}
    english = {"language": {"text": "English"}}
    assert told(person(communication=[french, english])) == [
        (AlertKind.COMMUNICATION, "Speaks French")
    ]


def test_an_interpreter_is_told_of() -> None:
    parts = [
        {"url": "language", "valueCodeableConcept": {"text": "Polish"}},
        {"url": "interpreterRequired", "valueBoolean": True},
        {"url": "modeOfCommunication", "valueCodeableConcept": {"text": "signed"}},
    ]
    (found,) = alerts_of([person(extension=[{"url": COMMUNICATES, "extension": parts}])], NOW)
    assert (found.words, found.detail) == ("Speaks Polish", "needs an interpreter; signed")
    plain = {
        "url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
        "valueBoolean": True,
    }
    assert told(person(extension=[plain])) == [(AlertKind.COMMUNICATION, "Needs an interpreter")]


def test_what_is_most_urgent_comes_first_and_the_same_only_once() -> None:
    facts = [
        flag("a dog", id="f1"),
        flag("quiet room", NRAF, id="f2"),
        flag("plan", (PATIENT_FLAG, "CP-IS"), id="f3"),
        message("ADT^A60", "IAM|1||1^Peanut"),
        person(communication=[{"language": {"text": "French"}, "preferred": True}]),
        person(communication=[{"language": {"text": "French"}, "preferred": True}], day=5),
    ]
    assert [kind for kind, _ in told(*facts)] == list(AlertKind)


MANY = [flag(f"flag {n}", NRAF, id=f"f{n}", day=n + 1) for n in range(4)]


@given(shuffled(MANY))
def test_alerts_depend_on_no_order_and_no_repeats(facts: list[Fact]) -> None:
    assert alerts_of(facts, NOW) == alerts_of(MANY, NOW)
