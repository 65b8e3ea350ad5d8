"""The clock, the beds and the journal that everybody's care shares while it is simulated."""

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random

import simpy

from schemas.events import Sector
from schemas.times import midnight
from services.simulator import patients
from services.simulator.fhir import Resource, patient_reference
from services.simulator.ledger import Belonging, Ledger
from services.simulator.messages import Fact, Record
from services.simulator.organisations import Organisation, Ward, wards
from services.simulator.people import Person
from services.simulator.truth import TrueReferral
from services.simulator.visits import Visit

_UNTRACED_SHARE, _MISSPELT_SHARE = 0.1, 0.04


class World:
    """One simulated care system. The clock counts seconds from the first midnight.

    `facts` is what the sources know, in the order in which they came to know it; `referrals` how
    far each has got; `in_a_bed` holds the NHS numbers of the people who are not at home;
    `untraced` who ([source, NHS number]) is known by a number that nobody has traced, `misspelt`
    by one that is none. `doubts`: whether sources get things wrong for good.
    """

    def __init__(self, start: date, days: int, people: int, *, doubts: bool = False) -> None:
        self.start, self.days, self.doubts = start, days, doubts
        self.begin = midnight(start)
        self.until = midnight(start + timedelta(days=days))
        self.clock = simpy.Environment()
        self.wards = {ward.code: ward for ward in wards(people)}
        self.occupied: Counter[str] = Counter()
        self.in_a_bed: set[str] = set()
        self.facts: list[Fact] = []
        self.referrals: dict[str, TrueReferral] = {}
        self.patients: dict[tuple[str, str], Resource] = {}
        self.untraced: set[tuple[str, str]] = set()
        self.misspelt: set[tuple[str, str]] = set()
        self.ledger = Ledger()
        self._numbers: Counter[tuple[str, str]] = Counter()

    @property
    def now(self) -> datetime:
        return self.begin + timedelta(seconds=int(self.clock.now))

    def reach(self, at: datetime) -> simpy.Timeout:
        """What to yield to wait until a moment; one that is past is now."""
        return self.clock.timeout(max(0, int((at - self.now).total_seconds())))

    def run(self) -> None:
        """Let everything happen that happens before the last midnight."""
        self.clock.run(until=int((self.until - self.begin).total_seconds()))

    def number(self, source: Organisation, letter: str) -> str:
        """The source's next own number for a kind of thing, such as `ZT1-V000123`."""
        key = (source.source, letter)
        self._numbers[key] += 1
        return f"{source.source}-{letter}{self._numbers[key]:06d}"

    def patient_id(self, source: Organisation, person: Person) -> str:
        """The source's own id of a person, whom it registers when it first meets them."""
        key = (source.source, person.nhs_number)
        if key not in self.patients:
            own_id = self.number(source, "P")
            # Only a voluntary service keeps numbers that nobody has traced.
            chance = Random(f"{source.source}/{person.nhs_number}").random()
            verified = source.sector is not Sector.VOLUNTARY or chance >= _UNTRACED_SHARE
            misspelt = self.doubts and not verified and chance < _MISSPELT_SHARE
            known = patients.patient(person, source, own_id, verified=verified, misspelt=misspelt)
            self.patients[key] = known
            if not verified:
                self.untraced.add(key)
            if misspelt:
                self.misspelt.add(key)
            self.publish(source, known)
        return str(self.patients[key]["id"])

    def subject(self, source: Organisation, person: Person) -> Resource:
        """A reference to the person as the source knows them."""
        return patient_reference(self.patient_id(source, person), person.nhs_number)

    def belongs(self, belonging: Belonging) -> None:
        """Somebody says so of a person; what they said before of the same is no longer so."""
        key = (belonging.nhs_number, belonging.cohort, belonging.how)
        self.ledger.belongings[key] = belonging

    def publish(self, source: Organisation, resource: Resource) -> None:
        """The source knows this now."""
        self.facts.append(Record(source, resource, self.now))

    def note(self, visit: Visit) -> Visit:
        """The source knows this state of a visit now; gives it back."""
        self.facts.append(visit)
        return visit

    def visit(
        self, source: Organisation, person: Person, class_code: str, reason: str = ""
    ) -> Visit:
        """A visit that is planned; nobody has been told yet."""
        own_id = self.patient_id(source, person)
        number = self.number(source, "V")
        return Visit(number, source, person, own_id, class_code, "planned", self.now, reason)

    def bed(self, choices: list[Ward]) -> Ward:
        """The first choice with a free bed, else the first: a trolley is a bed, and counts."""
        free = (w for w in choices if self.occupied[w.code] < w.staffed_beds)
        chosen = next(free, choices[0])
        self.occupied[chosen.code] += 1
        return chosen

    def leave_bed(self, ward: Ward) -> None:
        self.occupied[ward.code] -= 1
