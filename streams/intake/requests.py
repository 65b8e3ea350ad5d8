"""What an entry of a transaction, batch or history asks to be done, and to which thing."""

from enum import StrEnum
from typing import Any, NamedTuple

from schemas.errors import Problem, Reason, Reject
from schemas.fhir.references import Identifier, literal_of, search_of

Resource = dict[str, Any]

READS = frozenset({"GET", "HEAD"})
# The operations of FHIR R4 that change nothing. Any other may: what, only its server knows.
READING = frozenset(
    {
        "$conforms",
        "$convert",
        "$data-requirements",
        "$document",
        "$evaluate-measure",
        "$everything",
        "$expand",
        "$find",
        "$find-matches",
        "$graph",
        "$graphql",
        "$implements",
        "$lastn",
        "$lookup",
        "$match",
        "$preferred-id",
        "$stats",
        "$subset",
        "$subsumes",
        "$translate",
        "$validate",
        "$validate-code",
        "$versions",
    }
)


class Deed(StrEnum):
    """What is asked: a new state, one only if there is none yet, the end of the thing, nothing."""

    STATE = "state"
    FIRST_STATE = "first-state"
    DELETE = "delete"
    READ = "read"


class Asked(NamedTuple):
    """A deed and the thing that the request names: its id, or an identifier of it, if any."""

    deed: Deed
    kind: str | None = None
    id: str | None = None
    identifier: Identifier | None = None


STATE = Asked(Deed.STATE)


def asked_of(entry: Resource, path: str, *, is_history: bool) -> Asked:
    """What the entry at a path asks. Raises Reject where that can be no fact of one thing.

    A history tells what has been done: there a PATCH shows the state that it led to.
    """
    request = entry.get("request")
    if request is None:
        return STATE
    method, url = request.get("method"), request.get("url", "")
    if method in READS or (method == "POST" and url.endswith("/_search")):
        return Asked(Deed.READ)
    operation = url.partition("?")[0].rpartition("/")[2]
    if operation.startswith("$"):
        if operation in READING:
            return Asked(Deed.READ)
        raise _refused(f"{path}.request.url", "an operation is not an event")
    if method == "DELETE":
        return _deletion(url, f"{path}.request.url")
    if method == "PATCH" and not is_history:
        raise _refused(f"{path}.request.method", "a patch is not the full state of a resource")
    asked = _first(request, url) if method == "POST" else _named(url)
    _same(asked, entry.get("resource") or {}, path)
    return asked


def _first(request: Resource, url: str) -> Asked:
    """A POST: the URL names the type. With ifNoneExist it is meant only for what is not there."""
    literal = literal_of(url)
    kind = literal.kind if literal else url.rpartition("/")[2].partition("?")[0] or None
    search = request.get("ifNoneExist")
    if not isinstance(search, str):
        return Asked(Deed.STATE, kind)
    found = search_of(f"{kind}?{search.rpartition('?')[2]}")
    return Asked(Deed.FIRST_STATE, kind, None, found[1] if found else None)


def _named(url: str) -> Asked:
    """A PUT: `Encounter/7`, or `Encounter?identifier=system|value`."""
    literal, search = literal_of(url), search_of(url)
    if literal is not None:
        return Asked(Deed.STATE, literal.kind, literal.id)
    if search is not None:
        return Asked(Deed.STATE, search[0], None, search[1])
    kind = url.partition("?")[0].rpartition("/")[2]
    return Asked(Deed.STATE, kind or None)


def _deletion(url: str, path: str) -> Asked:
    """What a deletion names. What any other search finds only its source knows."""
    asked = _named(url)
    if asked.kind is None or (asked.id is None and "?" not in url):
        raise _refused(path, "a deletion must name a resource: Type/id or Type?search")
    return asked._replace(deed=Deed.DELETE)


def _same(asked: Asked, resource: Resource, path: str) -> None:
    """Raise Reject where the request names another thing than the resource is."""
    kind = resource.get("resourceType")
    if asked.kind is not None and kind is not None and asked.kind != kind:
        raise _refused(f"{path}.request.url", "names another type than the resource is of")
    if asked.id is not None and resource.get("id", asked.id) != asked.id:
        raise _refused(f"{path}.resource.id", "not the id that the request names")


def _refused(path: str, text: str) -> Reject:
    return Reject(Reason.INVALID, [Problem(path, "not-supported", text)])
