"""The rules that a Bundle keeps as a whole: bdl-1 to bdl-12 of FHIR R4."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from schemas.fhir.problem import Problem

Json = dict[str, Any]
Rule = Callable[[str, Json], Iterable[Problem]]

_ANSWERS: Final = frozenset({"batch-response", "transaction-response"})
_WITH_REQUEST: Final = frozenset({"batch", "transaction", "history"})
_WITH_RESPONSE: Final = _ANSWERS | {"history"}
_WITH_TOTAL: Final = frozenset({"searchset", "history"})
_FIRST_RESOURCE: Final = {"document": "Composition", "message": "MessageHeader"}


def bundle_problems(bundle: Json) -> list[Problem]:
    """Every Bundle rule that `bundle`, or a Bundle within it, breaks; empty where it keeps them.

    Asked beside `check`, which answers for the structure; a malformed part breaks no rule here.
    Source: hl7.org/fhir/R4/bundle.html, invariants bdl-1 to bdl-12.
    """
    return [
        problem
        for path, nested in _bundles(bundle)
        for rule in RULES
        for problem in rule(path, nested)
    ]


def _bundles(bundle: Json) -> Iterator[tuple[str, Json]]:
    """The Bundle and each Bundle that is an entry of it, however deep, with their paths."""
    waiting = [("Bundle", bundle)]
    while waiting:
        path, current = waiting.pop()
        yield path, current
        for entry_path, entry in _entries(path, current):
            resource = _object(entry, "resource")
            if resource.get("resourceType") == "Bundle":
                waiting.append((f"{entry_path}.resource", resource))


def _entries(path: str, bundle: Json) -> list[tuple[str, Json]]:
    """The entries that are JSON objects, each with its path."""
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        return []
    numbered = enumerate(entries)
    return [(f"{path}.entry[{at}]", entry) for at, entry in numbered if isinstance(entry, dict)]


def _object(parent: Json, name: str) -> Json:
    """The element `name` of `parent` where it is a JSON object, else an empty one."""
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _kind(bundle: Json) -> str | None:
    kind = bundle.get("type")
    return kind if isinstance(kind, str) else None


def _total_only_in_results(path: str, bundle: Json) -> Iterator[Problem]:
    if "total" in bundle and _kind(bundle) not in _WITH_TOTAL:
        text = "Only a searchset or history Bundle has a total (bdl-1)."
        yield Problem(f"{path}.total", "invariant", text)


def _search_only_in_searchsets(path: str, bundle: Json) -> Iterator[Problem]:
    if _kind(bundle) != "searchset":
        text = "Only an entry of a searchset Bundle has a search part (bdl-2)."
        for entry_path, entry in _entries(path, bundle):
            if "search" in entry:
                yield Problem(f"{entry_path}.search", "invariant", text)


def _where_due(
    path: str, bundle: Json, part: str, due_in: frozenset[str], rule: str
) -> Iterator[Problem]:
    """`part` is in every entry of the Bundle types of `due_in` and in no entry of the others."""
    due = _kind(bundle) in due_in
    words = "must have" if due else "must not have"
    for entry_path, entry in _entries(path, bundle):
        if (part in entry) != due:
            text = f"An entry of a Bundle of this type {words} a {part} ({rule})."
            yield Problem(f"{entry_path}.{part}", "required" if due else "invariant", text)


def _request_where_due(path: str, bundle: Json) -> Iterator[Problem]:
    return _where_due(path, bundle, "request", _WITH_REQUEST, "bdl-3")


def _response_where_due(path: str, bundle: Json) -> Iterator[Problem]:
    return _where_due(path, bundle, "response", _WITH_RESPONSE, "bdl-4")


def _entries_hold_something(path: str, bundle: Json) -> Iterator[Problem]:
    text = "An entry must have a resource, a request or a response (bdl-5)."
    for entry_path, entry in _entries(path, bundle):
        if not {"resource", "request", "response"}.intersection(entry):
            yield Problem(entry_path, "invariant", text)


def _full_urls_differ(path: str, bundle: Json) -> Iterator[Problem]:
    """bdl-7: two entries of one fullUrl differ in meta.versionId; a history repeats them freely."""
    if _kind(bundle) == "history":
        return
    seen: set[tuple[str, str | None]] = set()
    for entry_path, entry in _entries(path, bundle):
        url, version = entry.get("fullUrl"), _version(entry)
        if not isinstance(url, str):
            continue
        if (url, version) in seen:
            text = "Another entry has the same fullUrl and the same version (bdl-7)."
            yield Problem(f"{entry_path}.fullUrl", "invariant", text)
        seen.add((url, version))


def _version(entry: Json) -> str | None:
    version = _object(_object(entry, "resource"), "meta").get("versionId")
    return version if isinstance(version, str) else None


def _full_urls_name_no_version(path: str, bundle: Json) -> Iterator[Problem]:
    text = "A fullUrl must not name a version of the resource (bdl-8)."
    for entry_path, entry in _entries(path, bundle):
        url = entry.get("fullUrl")
        if isinstance(url, str) and "/_history/" in url:
            yield Problem(f"{entry_path}.fullUrl", "invariant", text)


def _documents_are_identified(path: str, bundle: Json) -> Iterator[Problem]:
    if _kind(bundle) != "document":
        return
    if not {"system", "value"} <= _object(bundle, "identifier").keys():
        text = "A document must have an identifier with a system and a value (bdl-9)."
        yield Problem(f"{path}.identifier", "required", text)
    if "timestamp" not in bundle:
        text = "A document must have a timestamp (bdl-10)."
        yield Problem(f"{path}.timestamp", "required", text)


def _first_resource(path: str, bundle: Json) -> Iterator[Problem]:
    """bdl-11 and bdl-12: what the first entry of a document and of a message is."""
    due = _FIRST_RESOURCE.get(_kind(bundle) or "")
    if due is None:
        return
    entries = bundle.get("entry")
    first = entries[0] if isinstance(entries, list) and entries else None
    resource = _object(first, "resource") if isinstance(first, dict) else {}
    if resource.get("resourceType") != due:
        rule = "bdl-11" if due == "Composition" else "bdl-12"
        text = f"The first entry of a Bundle of this type must hold a {due} ({rule})."
        where = f"{path}.entry[0].resource" if first is not None else f"{path}.entry"
        yield Problem(where, "invariant" if first is not None else "required", text)


RULES: Final[tuple[Rule, ...]] = (
    _total_only_in_results,
    _search_only_in_searchsets,
    _request_where_due,
    _response_where_due,
    _entries_hold_something,
    _full_urls_differ,
    _full_urls_name_no_version,
    _documents_are_identified,
    _first_resource,
)
