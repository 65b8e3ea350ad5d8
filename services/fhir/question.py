"""What a search of one resource type asks. Pure."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

from services.fhir.asking import (
    AFTER,
    NO_DATE,
    ONE_PATIENT,
    UNKNOWN,
    USUAL,
    Pairs,
    address,
    count_of,
    patient_named,
    read,
    refused,
)
from services.fhir.ids import uuid_of
from services.fhir.matching import Filter, Value, alternatives, text_of, token_of
from services.fhir.parameters import (
    FINDING,
    IDENTIFIER,
    PATIENT,
    How,
    is_of_nobody,
    parameters_of,
)
from services.fhir.spans import bound_of

UPDATED: Final = "_lastUpdated"
_WHOM: Final = frozenset({"patient", "subject", "patient:Patient", "subject:Patient"})


class Question(NamedTuple):
    """A search of one type. `filters`: every one of them has to take a resource.

    `updated`: filters of when its source wrote it. `finding`: by what people are to be found.
    `sort`: the date to order by, from the earliest on unless `newest_first`. `used`: what was
    understood and may stand in an address; `is_private`: that is not all.
    """

    kind: str
    patient: UUID | None = None
    ids: frozenset[UUID] | None = None
    updated: tuple[Filter, ...] = ()
    filters: tuple[Filter, ...] = ()
    finding: tuple[tuple[str, str], ...] = ()
    sort: str | None = None
    newest_first: bool = False
    limit: int = USUAL
    after: str | None = None
    used: tuple[tuple[str, str], ...] = ()
    is_private: bool = False

    def address(self, after: str | None) -> str:
        """A page of the search as an address below the server's."""
        return address(self.kind, self.used, after)

    def address_of(self, ids: Iterable[UUID]) -> str:
        """The rest of a search that may stand in no address: by the ids that it found."""
        kept = [pair for pair in self.used if pair[0] != "_id"]
        return address(self.kind, [*kept, ("_id", ",".join(map(str, ids)))], None)


def question_of(
    kind: str, pairs: Pairs, *, posted: bool = False, lenient: bool = False, base: str = ""
) -> Question:
    """What is asked of a type. Raises NotAsked.

    `posted`: in a body, where identifiers may stand. `lenient`: what is not supported is left
    out. `base`: this server's own address, by which a Patient may be named in full.
    """
    take = partial(_with, posted=posted, base=base)
    asked = read(Question(kind), pairs, take, lenient=lenient)
    _ensure_whole(asked)
    return asked


def _ensure_whole(asked: Question) -> None:
    """Raise NotAsked where it is not said whom a search is about: it is about one person."""
    if asked.kind == PATIENT:
        if (asked.ids is None) == (not asked.finding):
            text = "ask by _id; or by POST Patient/_search, with identifier, or name and birthdate"
            raise refused(PATIENT, text, "required")
        if asked.ids is not None and len(asked.ids) > 1:
            raise refused("_id", ONE_PATIENT, UNKNOWN)
    elif asked.patient is None and not is_of_nobody(asked.kind):
        text = "say whom it is about: the id of one Patient, which POST Patient/_search finds"
        raise refused("patient", text, "required")


def _with(asked: Question, name: str, value: str, *, posted: bool, base: str) -> Question:
    private = is_private(asked.kind, name)
    if private and not posted:
        text = f"stands in no address: send it in the body of POST {asked.kind}/_search"
        raise refused(name, text, "security")
    taken = _taken(asked, name, value, base)
    if private:
        return taken._replace(is_private=True)
    return taken._replace(used=(*asked.used, (name, value)))


def is_private(kind: str, name: str) -> bool:
    """Whether a parameter says who somebody is, or which thing of theirs, in words of others."""
    parameter = name.partition(":")[0].partition(".")[0]
    if name != parameter and parameter in ("patient", "subject") and name not in _WHOM:
        return True
    return (
        parameter in FINDING
        if kind == PATIENT
        else (parameter == IDENTIFIER and not is_of_nobody(kind))
    )


def _taken(asked: Question, name: str, value: str, base: str) -> Question:
    if name in _TAKE:
        return _TAKE[name](asked, value)
    if name in _WHOM and asked.kind != PATIENT and not is_of_nobody(asked.kind):
        return asked._replace(patient=patient_named(asked.patient, name, value, base))
    return _by_element(asked, name, value)


def _by_id(asked: Question, value: str) -> Question:
    """What can be no id of this server is the id of nothing."""
    ids = frozenset(filter(None, map(uuid_of, alternatives(value))))
    return asked._replace(ids=ids if asked.ids is None else ids & asked.ids)


def _counted(asked: Question, value: str) -> Question:
    return asked._replace(limit=count_of(value))


def _summed(asked: Question, value: str) -> Question:
    if value not in ("count", "false"):
        raise refused("_summary", "count or false alone", UNKNOWN)
    return asked._replace(limit=0) if value == "count" else asked


def _behind(asked: Question, value: str) -> Question:
    return asked._replace(after=value)


def _sorted_by(asked: Question, value: str) -> Question:
    name = value.removeprefix("-")
    dates = [n for n, one in parameters_of(asked.kind).items() if one.how is How.DATE]
    if name not in dates or asked.kind == PATIENT:
        raise refused("_sort", "by one date of the type, - before it: the latest first", UNKNOWN)
    return asked._replace(sort=name, newest_first=value != name)


def _by_element(asked: Question, name: str, value: str) -> Question:
    parameter = parameters_of(asked.kind).get(name)
    if parameter is None:
        raise refused(name, f"is not supported for {asked.kind}: see the metadata", UNKNOWN)
    if asked.kind == PATIENT:
        return asked._replace(finding=(*asked.finding, (name, value)))
    one = Filter(parameter, tuple(_value(parameter.how, name, v) for v in alternatives(value)))
    if name == UPDATED:
        return asked._replace(updated=(*asked.updated, one))
    return asked._replace(filters=(*asked.filters, one))


def _value(how: How, name: str, said: str) -> Value:
    if how is How.TOKEN:
        return token_of(said)
    if how is How.STRING:
        return text_of(said)
    bound = bound_of(said)
    if bound is None:
        raise refused(name, NO_DATE)
    return bound


_TAKE: Final[Mapping[str, Callable[[Question, str], Question]]] = {
    "_id": _by_id,
    "_count": _counted,
    "_summary": _summed,
    "_sort": _sorted_by,
    AFTER: _behind,
}
