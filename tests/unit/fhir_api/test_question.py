"""What a search asks: all of it understood, or refused parameter by parameter."""

from typing import Any
from uuid import UUID

import pytest

from services.fhir.asking import MOST, NotAsked
from services.fhir.parameters import DIRECTORY, PERSONAL, How, parameters_of
from services.fhir.question import Question, question_of
from services.fhir.whole import whole_of

Json = dict[str, Any]
ME = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
WHOM = ("patient", ME)
BASE = "https://example.nhs.uk/fhir"


def asked(*pairs: tuple[str, str], kind: str = "Encounter", **how: Any) -> Question:
    return question_of(kind, [WHOM, *pairs], base=BASE, **how)


def problems(kind: str, *pairs: tuple[str, str], **how: Any) -> list[tuple[str, str]]:
    with pytest.raises(NotAsked) as refused:
        question_of(kind, pairs, base=BASE, **how)
    return [(problem.path, problem.code) for problem in refused.value.problems]


@pytest.mark.parametrize("said", [ME, ME.upper(), f"Patient/{ME}", f"{BASE}/Patient/{ME}"])
@pytest.mark.parametrize("name", ["patient", "subject", "subject:Patient"])
def test_a_patient_is_named_by_the_id_that_it_has_here(name: str, said: str) -> None:
    assert question_of("Encounter", [(name, said)], base=BASE).patient == UUID(ME)


@pytest.mark.parametrize(
    "said", ["p1", "9990000018", f"Group/{ME}", f"https://elsewhere/Patient/{ME}", f"{ME},{OTHER}"]
)
def test_any_other_name_of_a_patient_is_refused(said: str) -> None:
    assert problems("Encounter", ("patient", said)) == [("patient", "invalid")]


@pytest.mark.parametrize("kind", [*PERSONAL, "MedicationRequest", "Binary"])
def test_a_search_of_a_record_names_its_one_patient(kind: str) -> None:
    assert problems(kind) == [("patient", "required")]
    assert problems(kind, ("_id", ME)) == [("patient", "required")]
    assert problems(kind, WHOM, ("subject", OTHER)) == [("subject", "not-supported")]


@pytest.mark.parametrize("kind", DIRECTORY)
def test_what_is_about_nobody_is_searched_without_a_patient(kind: str) -> None:
    assert question_of(kind, []).patient is None
    assert question_of(kind, [("identifier", "RX1")]).filters
    assert problems(kind, WHOM) == [("patient", "not-supported")]


@pytest.mark.parametrize("kind", PERSONAL)
def test_identifiers_of_a_record_are_asked_by_post_alone(kind: str) -> None:
    pair = ("identifier", "https://example.nhs.uk/visit|V7")
    assert problems(kind, WHOM, pair) == [("identifier", "security")]
    found = question_of(kind, [WHOM, pair], posted=True)
    assert found.filters
    assert "V7" not in found.address(None)
    assert "V7" not in found.address_of([UUID(ME)])


@pytest.mark.parametrize("name", ["identifier", "name", "birthdate", "identifier:of-type"])
def test_people_are_found_by_post_alone(name: str) -> None:
    assert problems("Patient", (name, "x")) == [(name, "security")]
    # Not lenient either: it would be in the address all the same.
    assert problems("Patient", (name, "x"), lenient=True) == [(name, "security")]


def test_a_person_is_named_by_no_chain_in_an_address() -> None:
    for name in ("patient.identifier", "subject:identifier", "subject:Patient.identifier"):
        assert (name, "security") in problems("Encounter", (name, "9990000018"))


def test_one_patient_is_asked_for_by_id_or_found() -> None:
    assert problems("Patient") == [("Patient", "required")]
    assert problems("Patient", ("_id", f"{ME},{OTHER}")) == [("_id", "not-supported")]
    posted = [("_id", ME), ("identifier", "9990000018")]
    assert problems("Patient", *posted, posted=True) == [("Patient", "required")]
    assert question_of("Patient", [("_id", ME)]).ids == {UUID(ME)}


@pytest.mark.parametrize(
    "name",
    ["_include", "_revinclude", "_has:Observation:patient:code", "_elements", "_text", "code:in"],
)
def test_what_is_not_supported_is_refused_or_left_out(name: str) -> None:
    assert problems("Observation", WHOM, (name, "x")) == [(name, "not-supported")]
    found = asked((name, "x"), kind="Observation", lenient=True)
    assert found.used == (WHOM,)


def test_what_is_understood_and_wrong_is_refused_however_lenient() -> None:
    pairs = [WHOM, ("date", "soon"), ("_count", "many")]
    assert problems("Encounter", *pairs, lenient=True) == [
        ("date", "invalid"),
        ("_count", "invalid"),
    ]


@pytest.mark.parametrize(("said", "limit"), [("0", 0), ("7", 7), ("9" * 30, MOST)])
def test_a_page_is_as_large_as_asked_and_never_larger_than_may_be(said: str, limit: int) -> None:
    assert asked(("_count", said)).limit == limit


def test_a_search_is_ordered_by_one_date() -> None:
    assert asked(("_sort", "-date")).sort == "date"
    assert asked(("_sort", "-date")).newest_first
    assert not asked(("_sort", "_lastUpdated")).newest_first
    for order in ("status", "date,-_lastUpdated", "-onset-date"):
        assert problems("Encounter", WHOM, ("_sort", order)) == [("_sort", "not-supported")]


def test_a_page_has_the_address_of_its_search_at_another_place() -> None:
    found = asked(("status", "finished"), ("_count", "2"), ("after", "x"), ("_format", "json"))
    assert found.address("y") == f"Encounter?patient={ME}&status=finished&_count=2&after=y"
    assert found.address(None) == f"Encounter?patient={ME}&status=finished&_count=2"


RESOURCE: Json = {
    "status": "finished",
    "class": {"system": "urn:act", "code": "IMP"},
    "type": [{"coding": [{"code": "a"}, {"system": "urn:t", "code": "b"}]}, {"text": "c"}],
    "identifier": [{"system": "urn:v", "value": "V7"}, "no identifier"],
    "period": {"start": "2026-02-09", "end": "2026-02-11"},
}


@pytest.mark.parametrize(
    ("name", "said", "is_so"),
    [
        ("status", "finished", True),
        ("status", "planned,finished", True),
        ("status", "http://hl7.org/fhir/encounter-status|finished", True),
        ("status", "planned", False),
        ("class", "IMP", True),
        ("class", "urn:act|IMP", True),
        ("class", "urn:act|", True),
        ("class", "|IMP", False),
        ("class", "urn:other|IMP", False),
        ("type", "|a", True),
        ("type", "urn:t|b", True),
        ("type", "c", False),
        ("identifier", "V7", True),
        ("identifier", "urn:v|V7", True),
        ("identifier", "urn:v|V8", False),
        ("date", "ge2026-02-10", True),
        ("date", "sa2026-02-11", False),
        ("date", "2025,2026", True),
    ],
)
def test_a_filter_takes_what_it_says(name: str, said: str, is_so: bool) -> None:
    found = asked((name, said), posted=True)
    assert all(one.takes(RESOURCE) for one in found.filters) == is_so


def test_a_comma_that_is_escaped_is_no_alternative() -> None:
    (one,) = asked(("status", r"a\,b")).filters
    assert one.takes({"status": "a,b"})
    assert not one.takes({"status": "a"})


def test_a_name_begins_with_the_words_whatever_their_case() -> None:
    (one,) = question_of("Practitioner", [("name", "nur")]).filters
    assert one.takes({"name": [{"family": "Nurse"}]})
    assert not one.takes({"name": [{"family": "A Nurse"}]})


def test_a_truth_is_a_token() -> None:
    (one,) = question_of("Organization", [("active", "true")]).filters
    assert one.takes({"active": True})
    assert not one.takes({"active": False})


@pytest.mark.parametrize("kind", [*PERSONAL, *DIRECTORY])
def test_every_parameter_of_a_type_is_understood(kind: str) -> None:
    values = {How.DATE: "2026", How.TOKEN: "x", How.STRING: "x", How.REFERENCE: ME}
    pairs = [(name, values[one.how]) for name, one in parameters_of(kind).items()]
    assert question_of(kind, pairs, posted=True).kind == kind


def test_a_whole_record_is_narrowed_by_type_time_and_what_is_new() -> None:
    pairs = [("_type", "Encounter,Flag"), ("_since", "2026-02-01T00:00:00Z"), ("start", "2026")]
    found = whole_of(pairs)
    assert found.types == {"Encounter", "Flag"}
    assert not found.has_patient
    assert found.since is not None
    assert found.takes("Flag", found.since.replace(year=2027))
    assert not found.takes("Flag", found.since)
    assert not found.takes("Goal", found.since.replace(year=2027))
    assert whole_of([]).has_patient


@pytest.mark.parametrize(
    ("name", "said", "code"),
    [
        ("_since", "soon", "invalid"),
        ("start", "x", "invalid"),
        ("_count", "0", "invalid"),
        ("_typeFilter", "x", "not-supported"),
    ],
)
def test_what_a_whole_record_cannot_be_asked_is_refused(name: str, said: str, code: str) -> None:
    with pytest.raises(NotAsked) as refused:
        whole_of([(name, said)])
    assert [(p.path, p.code) for p in refused.value.problems] == [(name, code)]
    assert code == "invalid" or whole_of([(name, said)], lenient=True).used == ()
