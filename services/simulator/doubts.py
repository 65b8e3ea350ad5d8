"""What sources get wrong for good, so that figures are doubtful: nothing ever puts it right."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

from services.simulator.messages import Fact
from services.simulator.organisations import UNKNOWN_WARD
from services.simulator.visits import HOSPITAL_BEDS, Segment, Visit

_NEVER_ENDED_SHARE, _NO_WARD_SHARE, _NO_END_SHARE = 0.02, 0.02, 0.02


def doubtful(facts: Iterable[Fact], seed: int) -> Iterator[Fact]:
    """The facts as sources tell them: some discharges, wards and times never.

    A stay whose discharge nobody tells goes on, as far as anybody may know.
    """
    for fact in facts:
        if isinstance(fact, Visit) and fact.class_code in HOSPITAL_BEDS:
            yield from _told(fact, Random(f"{seed}/{fact.visit}/doubt").random())
        else:
            yield fact


def _told(visit: Visit, chance: float) -> Iterator[Visit]:
    if chance < _NEVER_ENDED_SHARE:
        if visit.status != "finished":
            yield visit
    elif chance < _NEVER_ENDED_SHARE + _NO_WARD_SHARE:
        yield _nowhere(visit)
    elif chance < _NEVER_ENDED_SHARE + _NO_WARD_SHARE + _NO_END_SHARE:
        yield replace(visit, tells_end=False)
    else:
        yield visit


def _nowhere(visit: Visit) -> Visit:
    """The same in no ward that anybody names: a site is all that is said."""
    if not visit.segments:
        return visit
    first, last = visit.segments[0], visit.segments[-1]
    ward = replace(first.ward, code=UNKNOWN_WARD, speciality=UNKNOWN_WARD, lies_in=first.ward.site)
    return replace(visit, segments=(Segment(ward, first.start, last.end),))
