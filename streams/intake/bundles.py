"""A Bundle as the facts in it: each entry's resource, verbatim, or its deletion."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from schemas.errors import Problem, Reason, Reject
from schemas.fhir.references import Identifier, literal_of
from schemas.times import moment
from streams.intake.references import Context, Thing, context_of
from streams.intake.requests import Asked, Deed, asked_of

Resource = dict[str, Any]

ANSWERS = frozenset({"batch-response", "transaction-response"})
OUTCOME = "OperationOutcome"


class Piece(NamedTuple):
    """One resource of a message, `raw` as its bytes and `resource` with the id it is known by.

    `name`: what the source calls it (`Encounter/7`), None where nothing names it. `url`: its
    fullUrl. `deleted`: it has no content. `written`, `version`: what the message says of when, and
    in which version. `first`: it counts only where no other state of the thing is known.
    """

    resource: Resource
    raw: bytes
    name: str | None = None
    url: str | None = None
    deleted: bool = False
    written: datetime | None = None
    version: str = ""
    first: bool = False


class _RawEntry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"")


class _RawBundle(msgspec.Struct):
    entry: list[_RawEntry] = []


_raw_bundle = msgspec.json.Decoder(_RawBundle).decode


def pieces_of(
    bundle: Resource, body: bytes, source: str, path: str = "Bundle"
) -> list[tuple[Piece, Context]]:
    """The facts of a valid Bundle, in its order, each with what its references are resolved in.

    Raises Reject where it holds no event: a response is an answer to somebody's request, and an
    empty Bundle tells nothing.
    """
    if bundle.get("type") in ANSWERS:
        text = "an answer to a request is not an event"
        raise Reject(Reason.ANSWER_BUNDLE, [Problem(f"{path}.type", "not-supported", text)])
    found = list(_pieces(bundle, body, path))
    if not found:
        text = "nothing in the Bundle tells of an event"
        raise Reject(Reason.EMPTY_BUNDLE, [Problem(f"{path}.entry", "required", text)])
    context = context_of(source, (_thing(piece) for _, piece in found if not piece.deleted))
    return [one for at, piece in found for one in _opened(piece, context, at)]


def _opened(piece: Piece, context: Context, path: str) -> list[tuple[Piece, Context]]:
    """The piece; of a Bundle within the Bundle, such as the document of a message, its own."""
    resource = piece.resource
    holds = resource["resourceType"] == "Bundle" and resource.get("entry") and not piece.deleted
    if not holds or resource["type"] in ANSWERS:
        return [(piece, context)]
    return pieces_of(resource, piece.raw, context.source, f"{path}.resource")


def _pieces(bundle: Resource, body: bytes, path: str) -> Iterator[tuple[str, Piece]]:
    stamped = moment(bundle.get("timestamp"))
    is_history, is_message = (bundle.get("type") == kind for kind in ("history", "message"))
    entries = zip(bundle.get("entry", ()), _raw_bundle(body).entry, strict=True)
    for number, (entry, raw) in enumerate(entries):
        at = f"{path}.entry[{number}]"
        asked = asked_of(entry, at, is_history=is_history)
        resource = entry.get("resource")
        written, version = _said_outside(entry) if is_history else (None, "")
        if asked.deed is Deed.DELETE:
            yield at, _deletion(asked, entry, written or stamped)
        elif resource is None or asked.deed is Deed.READ:
            continue
        elif resource["resourceType"] != OUTCOME or is_message:
            said = (entry, asked, written or stamped, version)
            yield at, _state(resource, bytes(raw.resource), *said)


def _said_outside(entry: Resource) -> tuple[datetime | None, str]:
    """When a history says that a version was made, and its number: lastModified, `W/"3"`."""
    response = entry.get("response") or {}
    etag = response.get("etag")
    version = etag.removeprefix("W/").strip('"') if isinstance(etag, str) else ""
    return moment(response.get("lastModified")), version


def _state(
    resource: Resource,
    raw: bytes,
    entry: Resource,
    asked: Asked,
    written: datetime | None,
    version: str,
) -> Piece:
    url = entry.get("fullUrl")
    identity = resource.get("id") or asked.id or _id_in(url, resource["resourceType"])
    known = {**resource, "id": identity} if identity and "id" not in resource else resource
    name = _name(known, asked.identifier, url)
    return Piece(known, raw, name, url, False, written, version, asked.deed is Deed.FIRST_STATE)


def _id_in(url: str | None, kind: str) -> str | None:
    literal = literal_of(url) if url else None
    return literal.id if literal and literal.kind == kind else None


def name_of(resource: Resource) -> str | None:
    """What a source calls the thing: type and id, else its first identifier; None for neither."""
    return _name(resource, None, None)


def _name(resource: Resource, identifier: Identifier | None, url: str | None) -> str | None:
    """By id, else by the identifier that its request asks by, else its first, else its place."""
    kind = resource["resourceType"]
    if resource.get("id"):
        return f"{kind}/{resource['id']}"
    if identifier is not None:
        return f"{kind}?{identifier.system}|{identifier.value}"
    identifiers = resource.get("identifier")
    first = identifiers[0] if isinstance(identifiers, list) and identifiers else identifiers
    if isinstance(first, dict) and isinstance(first.get("value"), str):
        return f"{kind}?{first.get('system', '')}|{first['value']}"
    return f"{kind}/{url}" if url else None


def _deletion(asked: Asked, entry: Resource, written: datetime | None) -> Piece:
    """The fact that a source deleted a resource: all that is left of it is its name.

    What a search finds only its source knows: that is kept as a fact by the name of the search.
    """
    moved = moment((entry.get("response") or {}).get("lastModified"))
    resource = {"resourceType": asked.kind, **({"id": asked.id} if asked.id else {})}
    name = _name(resource, asked.identifier, entry["request"]["url"])
    raw = msgspec.json.encode(resource)
    return Piece(resource, raw, name, deleted=True, written=moved or written)


def _thing(piece: Piece) -> Thing:
    return Thing(piece.resource, piece.name, piece.url)


def alone(resource: Resource, raw: bytes, source: str) -> Iterable[tuple[Piece, Context]]:
    """A resource that comes by itself; an outcome too, which somebody found worth publishing."""
    return [(Piece(resource, raw, name_of(resource)), Context(source))]
