"""A Bundle as the facts in it: each entry's resource, verbatim, or its deletion."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from schemas.errors import Problem, Reason, Reject
from schemas.times import moment

Resource = dict[str, Any]

# `Encounter/7` on any server, or a search: `Encounter?identifier=7`.
_DELETED = re.compile(
    r"(?:[^\s?]*/)?(?P<kind>[A-Z][A-Za-z]{0,63})(?:/(?P<id>[A-Za-z0-9.-]{1,64})|\?\S+)"
)
ANSWERS = frozenset({"batch-response", "transaction-response"})


class Piece(NamedTuple):
    """One resource of a message. `name` is what others refer to it by; `deleted` has no content."""

    resource: Resource
    raw: bytes
    name: str | None = None
    deleted: bool = False
    written: datetime | None = None


class _RawEntry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"")


class _RawBundle(msgspec.Struct):
    entry: list[_RawEntry] = []


_raw_bundle = msgspec.json.Decoder(_RawBundle).decode


def pieces_of(bundle: Resource, body: bytes) -> list[Piece]:
    """The facts of a valid Bundle, in its order. Raises Reject where it holds no event.

    A response is an answer to somebody's request, not an event; an empty Bundle tells nothing.
    """
    if bundle.get("type") in ANSWERS:
        problem = Problem("Bundle.type", "not-supported", "an answer to a request is not an event")
        raise Reject(Reason.ANSWER_BUNDLE, [problem])
    pieces = list(_pieces(bundle, body))
    if not pieces:
        problem = Problem("Bundle.entry", "required", "the Bundle holds no resource")
        raise Reject(Reason.EMPTY_BUNDLE, [problem])
    return pieces


def _pieces(bundle: Resource, body: bytes) -> Iterable[Piece]:
    stamped = moment(bundle.get("timestamp"))
    entries = zip(bundle.get("entry", ()), _raw_bundle(body).entry, strict=True)
    for number, (entry, raw) in enumerate(entries):
        resource = entry.get("resource")
        if (entry.get("request") or {}).get("method") == "DELETE":
            yield _deletion(entry, number, stamped)
        elif resource is not None:
            yield Piece(resource, bytes(raw.resource), entry.get("fullUrl"), written=stamped)


def _deletion(entry: Resource, number: int, stamped: datetime | None) -> Piece:
    """The fact that a source deleted a resource: all that is left of it is its name.

    What a search finds only its source knows: that is kept as a fact by the name of the search.
    """
    url = entry["request"].get("url", "")
    named = _DELETED.fullmatch(url)
    if named is None:
        path = f"Bundle.entry[{number}].request.url"
        text = "a deletion must name a resource: Type/id or Type?search"
        raise Reject(Reason.INVALID, [Problem(path, "not-supported", text)])
    identity = {"id": named["id"]} if named["id"] else {}
    resource = {"resourceType": named["kind"], **identity}
    written = moment((entry.get("response") or {}).get("lastModified")) or stamped
    return Piece(resource, msgspec.json.encode(resource), url, deleted=True, written=written)


def by_name(pieces: Iterable[Piece]) -> dict[str, Resource]:
    """The resources of a message by every name that a reference in it may use."""
    names: dict[str, Resource] = {}
    for piece in pieces:
        if piece.deleted:
            continue
        kind, identity = piece.resource["resourceType"], piece.resource.get("id")
        if identity:
            names[f"{kind}/{identity}"] = piece.resource
        if piece.name:
            names[piece.name] = piece.resource
    return names
