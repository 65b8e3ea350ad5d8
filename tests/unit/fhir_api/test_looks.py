"""Which looks a search of AuditEvents asks for: at one record, in the time of all its dates."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.fhir.asking import MOST, NotAsked
from services.fhir.looks import Looks, looks_of
from services.fhir.spans import ALWAYS

ADA = "11111111-1111-4111-8111-111111111111"
BEN = "22222222-2222-4222-8222-222222222222"
WHOM = ("patient", ADA)
BASE = "https://example.nhs.uk/fhir"


def asked(*pairs: tuple[str, str], lenient: bool = False) -> Looks:
    person, looks = looks_of([WHOM, *pairs], lenient=lenient, base=BASE)
    assert person == UUID(ADA)
    return looks


def problems(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(NotAsked) as refused:
        looks_of(pairs, base=BASE)
    return [(problem.path, problem.code) for problem in refused.value.problems]


def at(*said: int) -> datetime:
    return datetime(*said, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("dates", "since", "until"),
    [
        ([], *ALWAYS),
        (["2026-03-01"], at(2026, 3, 1), at(2026, 3, 2)),
        (["eq2026-12"], at(2026, 12, 1), at(2027, 1, 1)),
        # A day of summer begins in London, an hour before UTC's.
        (["ge2026-07-01"], at(2026, 6, 30, 23), ALWAYS.end),
        (["gt2026-03-01"], at(2026, 3, 2), ALWAYS.end),
        (["sa2026-03-01"], at(2026, 3, 2), ALWAYS.end),
        (["le2026-03-01"], ALWAYS.start, at(2026, 3, 2)),
        (["lt2026-03-01"], ALWAYS.start, at(2026, 3, 1)),
        (["eb2026-03-01"], ALWAYS.start, at(2026, 3, 1)),
        (["ge2026-03-01", "lt2026-03-05", "ge2026-03-02"], at(2026, 3, 2), at(2026, 3, 5)),
        (["gt2026-03-01T11:00:05.5 01:00"], at(2026, 3, 1, 10, 0, 5, 500_001), ALWAYS.end),
    ],
)
def test_looks_are_of_the_time_that_every_date_allows(
    dates: list[str], since: datetime, until: datetime
) -> None:
    assert asked(*(("date", one) for one in dates)).span == (since, until)


@pytest.mark.parametrize("said", ["yesterday", "2026-13", "2026-02-30", "ge", "26", "2026,2027"])
def test_what_is_no_date_is_refused(said: str) -> None:
    assert problems(WHOM, ("date", said)) == [("date", "invalid")]


def test_a_time_that_is_no_one_stretch_is_not_asked_for() -> None:
    assert problems(WHOM, ("date", "ne2026")) == [("date", "not-supported")]


@pytest.mark.parametrize("said", [f"Patient/{ADA}", f"{BASE}/Patient/{ADA}", ADA.upper()])
def test_a_person_is_named_by_the_id_that_they_have_here(said: str) -> None:
    person, _ = looks_of([("patient", said)], base=BASE)
    assert person == UUID(ADA)


def test_looks_are_at_one_person_s_record() -> None:
    assert problems() == [("patient", "required")]
    assert problems(("patient", "x")) == [("patient", "invalid")]
    assert problems(WHOM, ("patient", BEN)) == [("patient", "not-supported")]


def test_a_page_is_as_large_as_asked_and_has_something() -> None:
    assert asked(("_count", "9" * 30)).limit == MOST
    assert problems(WHOM, ("_count", "0")) == [("_count", "invalid")]


@pytest.mark.parametrize("name", ["agent", "_sort", "_id", "patient.identifier"])
def test_what_is_not_supported_is_refused_or_left_out(name: str) -> None:
    assert problems(WHOM, (name, "x")) == [(name, "not-supported")]
    assert asked((name, "x"), lenient=True).used == (WHOM,)


def test_a_page_has_an_address_that_leads_to_the_next() -> None:
    found = asked(("date", "ge2026"), ("_count", "2"), ("after", "a"))
    assert found.after == "a"
    assert found.address("b") == f"AuditEvent?patient={ADA}&date=ge2026&_count=2&after=b"
