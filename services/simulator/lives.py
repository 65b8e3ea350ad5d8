"""Everything that happened in a simulated care system, once it is over."""

from dataclasses import dataclass

from services.simulator.ledger import Ledger
from services.simulator.organisations import Ward
from services.simulator.people import Person
from services.simulator.truth import TrueReferral
from services.simulator.visits import Visit


@dataclass(frozen=True, slots=True)
class Lives:
    """The people, the last state of each of their visits and referrals, and the ledger.

    `known`: who is known to whom, as (source, NHS number); `untraced`: those of them whose number
    nobody has traced, so that a source's word of them is nobody else's; `misspelt`: those of these
    whose number is none.
    """

    people: tuple[Person, ...]
    wards: tuple[Ward, ...]
    visits: tuple[Visit, ...]
    referrals: tuple[TrueReferral, ...]
    ledger: Ledger
    known: frozenset[tuple[str, str]]
    untraced: frozenset[tuple[str, str]]
    misspelt: frozenset[tuple[str, str]] = frozenset()
