"""Parameters read one after the other: all of them understood, or refused with what is wrong. Pure.

Source: FHIR R4, search.html#errors: `Prefer: handling=lenient` leaves out what is not supported.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from schemas.fhir.problem import Problem
from services.fhir.ids import uuid_of
from services.fhir.parameters import PATIENT

Pairs = Sequence[tuple[str, str]]
Asked = TypeVar("Asked")

MOST: Final = 500
USUAL: Final = 100
AFTER: Final = "after"
INVALID: Final = "invalid"
UNKNOWN: Final = "not-supported"
ONE_PATIENT: Final = "one Patient at a time"
NO_DATE: Final = "a date: YYYY, YYYY-MM, YYYY-MM-DD or with a time"
# What says how to answer and not what is asked; the total is always the true one.
_MANNERS: Final = frozenset({"_format", "_pretty", "_total", "_totalMethod"})


class NotAsked(ValueError):
    """What cannot be answered as it is asked: each problem with the parameter that it is of."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("the search cannot be answered as it is asked")
        self.problems = problems


def refused(name: str, text: str, code: str = INVALID) -> NotAsked:
    """The refusal of one parameter. Never holds its value: it may be a person's."""
    return NotAsked(Problem(name, code, text))


def read(
    asked: Asked, pairs: Pairs, take: Callable[[Asked, str, str], Asked], *, lenient: bool
) -> Asked:
    """What is asked, once every parameter that says anything is taken in. Raises NotAsked."""
    problems: list[Problem] = []
    for name, value in pairs:
        if name in _MANNERS or not value:
            continue
        try:
            asked = take(asked, name, value)
        except NotAsked as error:
            problems += [p for p in error.problems if not (lenient and p.code == UNKNOWN)]
    if problems:
        raise NotAsked(*problems)
    return asked


def count_of(value: str) -> int:
    """How many resources a page may have at most; more than `MOST` come on several pages."""
    if not (value.isascii() and value.isdigit()):
        raise refused("_count", f"a number of resources, {MOST} at most on one page")
    return min(int(value[:9]), MOST)


def at_least_one(value: str) -> int:
    """The same, where a page of none would tell nothing."""
    limit = count_of(value)
    if not limit:
        raise refused("_count", "at least one resource")
    return limit


def patient_named(before: UUID | None, name: str, value: str, base: str) -> UUID:
    """The one Patient whom a value names, by the id here; the same whom one named `before`.

    `base`: this server's own address, by which they may be named in full.
    """
    patient = uuid_of(value.removeprefix(f"{base}/").removeprefix(f"{PATIENT}/"))
    if patient is None:
        text = "name one Patient by the id that it has here; POST Patient/_search finds it"
        raise refused(name, text)
    if before not in (None, patient):
        raise refused(name, ONE_PATIENT, UNKNOWN)
    return patient


def address(path: str, used: Iterable[tuple[str, str]], after: str | None) -> str:
    """The address of a page, by the place where the one before it ended."""
    kept = [pair for pair in used if pair[0] != AFTER]
    query = urlencode([*kept, *([(AFTER, after)] if after else [])])
    return f"{path}?{query}" if query else path
