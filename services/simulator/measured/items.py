"""One thing that a figure counts, on one day, and what tells it apart from others."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from services.simulator.ledger import Belonging
from services.simulator.lives import Lives
from services.simulator.organisations import SPECIALITY_CODES, Ward
from services.simulator.people import Person
from services.simulator.visits import Visit

UNKNOWN = "unknown"
_BANDS = (("0-17", 18), ("18-39", 40), ("40-64", 65), ("65-74", 75), ("75-84", 85))


@dataclass(frozen=True, slots=True)
class Who:
    """A person as far as anybody may tell: `alone` is the one source that knows them by a number
    that nobody traced, so that its word of them is nobody else's; None where all agree."""

    nhs_number: str
    alone: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on one day. `amount` counts, `base` is what it is a share of."""

    day: date
    who: Who | None = None
    provider: str | None = None
    ward: Ward | None = None
    class_code: str | None = None
    hour: int | None = None
    pathway: str | None = None
    reason: str | None = None
    part: str = ""
    amount: float = 1.0
    base: float = 0.0


class Population:
    """Everybody as the figures see them."""

    def __init__(self, lives: Lives) -> None:
        self.lives = lives
        self.people: dict[str, Person] = {person.nhs_number: person for person in lives.people}

    def who(self, source: str, nhs_number: str) -> Who:
        """A person of whom a source speaks."""
        alone = (source, nhs_number) in self.lives.untraced
        return Who(nhs_number, source if alone else None)

    def everybody(self) -> set[Who]:
        """Everybody whom any source knows."""
        return {self.who(source, number) for source, number in self.lives.known}

    def of_visit(self, visit: Visit) -> Who:
        return self.who(visit.source.source, visit.person.nhs_number)

    @cached_property
    def belongings(self) -> dict[str, list[Belonging]]:
        """What services say of the target groups of each person."""
        found: dict[str, list[Belonging]] = {}
        for one in self.lives.ledger.belongings.values():
            found.setdefault(one.nhs_number, []).append(one)
        return found

    @cached_property
    def attendances(self) -> dict[str, list[Visit]]:
        """Each person's emergency attendances, by their NHS number."""
        found: dict[str, list[Visit]] = {}
        for visit in self.lives.visits:
            if visit.class_code == "EMER" and visit.start is not None:
                found.setdefault(visit.person.nhs_number, []).append(visit)
        return found


def age_band(person: Person, day: date) -> str:
    """The band of their age on a day."""
    age = person.age(day)
    return next((name for name, below in _BANDS if age < below), "85+")


def quintile(person: Person) -> str:
    """1 lives among the fifth that is most deprived, 5 among the fifth that is least."""
    return str((person.household.area.imd_decile + 1) // 2)


def specialty(ward: Ward) -> str:
    """The code of a ward's speciality."""
    return SPECIALITY_CODES.get(ward.speciality, UNKNOWN)
