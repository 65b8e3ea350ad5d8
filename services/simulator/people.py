"""Synthetic people: valid NHS test numbers, households, neighbourhoods and care needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from services.simulator.organisations import PRACTICES, Organisation

CHECK_WEIGHTS = range(10, 1, -1)
TEST_NUMBERS = 1_000_000  # 999 and six digits of choice
_STEP = 618_033  # shares no factor with TEST_NUMBERS, so the walk meets each number once


@dataclass(frozen=True, slots=True)
class Area:
    """A small area: code in the shape of an LSOA, and its deprivation decile (1 is most)."""

    lsoa: str
    place: str
    neighbourhood: str
    imd_decile: int
    practice: Organisation


@dataclass(frozen=True, slots=True)
class Household:
    """Where people live together; a care home is one household."""

    number: int
    line: str
    postcode: str
    area: Area
    care_home: bool


@dataclass(frozen=True, slots=True)
class Person:
    """One synthetic person. `cohorts` are the target groups that they belong to."""

    nhs_number: str
    given: str
    family: str
    birth_date: date
    sex: str
    ethnic_category: str
    household: Household
    cohorts: frozenset[str]

    @property
    def practice(self) -> Organisation:
        return self.household.area.practice

    def age(self, on: date) -> int:
        """Whole years."""
        before_birthday = (on.month, on.day) < (self.birth_date.month, self.birth_date.day)
        return on.year - self.birth_date.year - before_birthday


_PLACES = (("Harbour Vale", ("Quayside", "Saltmarsh")), ("Moorside", ("Heather Bank", "Millbrook")))
AREAS = tuple(
    Area(f"E0199{10 * place + 3 * side + small:04d}", name, neighbourhood, decile, practice)
    for place, (name, sides) in enumerate(_PLACES)
    for side, neighbourhood in enumerate(sides)
    for practice in (PRACTICES[2 * place + side],)
    for small, decile in enumerate(((1, 3, 5), (2, 4, 7), (1, 6, 9), (2, 8, 10))[2 * place + side])
)

_AREA_LETTERS = "ABDEFGHJLNPQ"  # one for each area
_ROUND_DIGITS, _ROUND_LETTERS = "123456789", "JLNPQRS"

_GIVEN = {
    "female": ("Arbel", "Brisa", "Calwen", "Delphie", "Elowyn", "Fennia", "Hesper", "Junia"),
    "male": ("Aldwin", "Bramley", "Corvin", "Dorrick", "Emrys", "Garrow", "Ivo", "Jorrim"),
}
_FAMILY = (
    *("Applethwaite", "Brackenfold", "Cloudesmith", "Dapplegate", "Elderwhistle", "Fernaby"),
    *("Gorsefield", "Hollowmere", "Inkerstone", "Jackdawson", "Kettlebrook", "Larkspurling"),
    *("Mistlethorpe", "Nettlecombe", "Oatcastle", "Pebblewick", "Quillfeather", "Rushlight"),
    *("Saltmarshe", "Thistledown", "Umberfold", "Vetchling", "Wrenhallow"),
)
_STREETS = ["Testwood Lane", "Sample Street", "Mock Mews", "Placeholder Road", "Specimen Close"]
# Share of people in each band of ages, as of a caseload of people who use care often.
_AGES = ((0, 17, 8), (18, 39, 14), (40, 64, 24), (65, 74, 18), (75, 84, 21), (85, 99, 15))
_ETHNIC = "A" * 62 + "BBBCCCDEFGHHHHJJJKKLLMMMNNNNPRRSSZZZ99"

# cohort: share of those under 40, 40 to 64, 65 to 74, 75 and over
_COHORT_SHARES = {
    "end-of-life": (0.0, 0.01, 0.03, 0.06),
    "dementia": (0.0, 0.0, 0.05, 0.18),
    "learning-disability": (0.04, 0.02, 0.01, 0.0),
    "serious-mental-illness": (0.05, 0.05, 0.03, 0.02),
    "copd": (0.0, 0.08, 0.14, 0.16),
    "diabetes": (0.02, 0.14, 0.22, 0.24),
    "heart-failure": (0.0, 0.03, 0.09, 0.17),
    "high-intensity-use": (0.02, 0.03, 0.03, 0.05),
}
_COHORT_BANDS = (40, 65, 75)
_FRAIL_FROM, _FRAIL_SHARE = 75, 0.45
_CARE_HOME_SHARE, _CARE_HOME_PEOPLE = 0.09, 12


def nhs_numbers(rng: Random) -> Iterator[str]:
    """Valid NHS numbers of the 999 test range, each once. Source: definitions, section 3."""
    first = rng.randrange(TEST_NUMBERS)
    for turn in range(TEST_NUMBERS):
        nine = f"999{(first + turn * _STEP) % TEST_NUMBERS:06d}"
        total = sum(w * int(d) for w, d in zip(CHECK_WEIGHTS, nine, strict=True))
        check = (11 - total % 11) % 11
        number = f"{nine}{check}"
        if check != 10 and len(set(number)) > 1:  # noqa: PLR2004
            yield number


def population(people: int, rng: Random, today: date) -> tuple[Person, ...]:
    """`people` synthetic people, living in households, aged as of `today`."""
    numbers = nhs_numbers(rng)
    made: list[Person] = []
    household_number = 0
    while len(made) < people:
        household_number += 1
        household, size = _household(household_number, rng)
        family = rng.choice(_FAMILY)
        made.extend(
            _person(next(numbers), household, family, rng, today)
            for _ in range(min(size, people - len(made)))
        )
    return tuple(made)


@cache
def postcodes(area: Area) -> tuple[str, ...]:
    """Every postcode of an area; none belongs to two."""
    letter = _AREA_LETTERS[AREAS.index(area)]
    return tuple(
        f"ZZ99 {digit}{letter}{last}" for last in _ROUND_LETTERS for digit in _ROUND_DIGITS
    )


def _household(number: int, rng: Random) -> tuple[Household, int]:
    area = rng.choice(AREAS)
    # A care home is so much larger that few households make a tenth of the people.
    care_home = rng.random() < _CARE_HOME_SHARE * 2 / _CARE_HOME_PEOPLE
    line = f"{number} {rng.choice(_STREETS)}"
    if care_home:
        line = f"{rng.choice(_FAMILY)} Test Care Home, {line}"
    postcode = postcodes(area)[number % len(postcodes(area))]
    size = _CARE_HOME_PEOPLE if care_home else rng.choices((1, 2, 3, 4), (40, 38, 12, 10))[0]
    return Household(number, line, postcode, area, care_home), size


def _person(nhs_number: str, home: Household, family: str, rng: Random, today: date) -> Person:
    bands = _AGES[4:] if home.care_home else _AGES
    youngest, oldest, _ = rng.choices(bands, [share for *_, share in bands])[0]
    age = rng.randint(youngest, oldest)
    born = today - timedelta(days=int(365.25 * age) + rng.randrange(1, 365))
    sex = "female" if rng.random() < (0.62 if home.care_home else 0.52) else "male"
    ethnic = rng.choice(_ETHNIC)
    return Person(
        nhs_number=nhs_number,
        given=rng.choice(_GIVEN[sex]),
        family=rng.choice(_FAMILY) if home.care_home else family,
        birth_date=born,
        sex=sex,
        ethnic_category="99" if ethnic == "9" else ethnic,
        household=home,
        cohorts=frozenset(_cohorts(age, home, rng)),
    )


def _cohorts(age: int, home: Household, rng: Random) -> Iterator[str]:
    band = sum(age >= edge for edge in _COHORT_BANDS)
    for cohort, shares in _COHORT_SHARES.items():
        if rng.random() < shares[band]:
            yield cohort
    if home.care_home:
        yield "care-home"
    if age >= _FRAIL_FROM and rng.random() < (0.9 if home.care_home else _FRAIL_SHARE):
        yield "frailty"
