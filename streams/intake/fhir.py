"""A FHIR message as care events: each resource is the full state of a thing."""

from hashlib import blake2b
from typing import Any

import msgspec
import orjson

from schemas.errors import Problem, Reason, Reject
from schemas.events import CareEvent
from schemas.fhir import bundle_problems, check, holds_nul, is_valid, time_problems, too_deep
from schemas.identity import indexable
from schemas.inbound import Inbound
from schemas.times import moment
from streams.intake.bundles import Piece, by_name, pieces_of
from streams.intake.occurred import occurred
from streams.intake.stamps import event_id, stamped
from streams.intake.subjects import Context, subject_of

Resource = dict[str, Any]

# What has one of these statuses has begun; a plan may well start in the future.
BEGUN = frozenset(
    {"arrived", "triaged", "in-progress", "onleave", "finished", "completed", "final"}
)


def read(message: Inbound, max_depth: int) -> list[CareEvent]:
    """The facts in a FHIR message, in its order, at least one. Raises Reject."""
    resource = _parsed(message, max_depth)
    _validated(resource, message.body)
    if resource["resourceType"] != "Bundle":
        piece = Piece(resource, message.body.strip())
        return [_event(piece, Context(message.source, {}), message)]
    pieces = pieces_of(resource, message.body)
    context = Context(message.source, by_name(pieces))
    return [_event(piece, context, message) for piece in pieces]


def _parsed(message: Inbound, max_depth: int) -> Resource:
    if too_deep(message.body, max_depth):
        raise _refused(Reason.TOO_DEEP, "too-costly", f"nested deeper than {max_depth}")
    if holds_nul(message.body):
        raise _refused(Reason.NUL_CHARACTER, "value", "a text holds the character U+0000")
    try:
        found = orjson.loads(message.body)
    except orjson.JSONDecodeError as error:
        raise _unreadable(message.body, error) from None
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise _refused(Reason.NOT_FHIR, "structure", "not a JSON object with a resourceType")
    return found


def _unreadable(body: bytes, error: orjson.JSONDecodeError) -> Reject:
    """The refusal of what is not JSON: where, but never what stands there."""
    try:
        body.decode()
    except UnicodeDecodeError as bad:
        return _refused(Reason.NOT_UTF8, "structure", f"not UTF-8 at byte {bad.start}")
    where = f"line {error.lineno} column {error.colno}"
    return _refused(Reason.NOT_JSON, "structure", f"not JSON at {where}")


def _refused(reason: Reason, code: str, text: str) -> Reject:
    return Reject(reason, [Problem("", code, text)])


def _validated(resource: Resource, body: bytes) -> None:
    """Raise Reject with every problem, unless the resource is valid."""
    if not is_valid(resource):
        raise Reject(Reason.INVALID, check(resource))
    problems = bundle_problems(resource) if resource["resourceType"] == "Bundle" else []
    problems += time_problems(resource) if _may_end(body) else []
    if problems:
        raise Reject(Reason.INVALID, problems)


def _may_end(body: bytes) -> bool:
    """False where no period can have an end: the walk through all of them is then not needed."""
    return b'"end"' in body or b"\\u" in body


def _event(piece: Piece, context: Context, message: Inbound) -> CareEvent:
    resource = piece.resource
    subject = subject_of(resource, context)
    start, end = occurred(resource)
    # White space between values is no content; what is within them is, to the last digit.
    digest = blake2b(msgspec.json.format(piece.raw, indent=-1), digest_size=16)
    thread = indexable(f"{message.source}|{_name(piece, digest.hexdigest())}")
    meta = resource.get("meta") or {}
    said_inside = moment(meta.get("lastUpdated"))
    written = said_inside or piece.written
    stamp = stamped(message.received, written, start if _has_begun(resource) else None, subject)
    # What only the message says of the time is part of the fact: were the same content, said again
    # later, the same fact, whichever came first would decide how new it is.
    said_outside = "" if said_inside else piece.written or ""
    return CareEvent(
        event_id(thread, f"{said_outside}", digest.digest()),
        message.source,
        message.sector,
        resource["resourceType"],
        thread,
        f"{stamp.micros:020d}.{_version_text(meta)}.{digest.hexdigest()[:12]}",
        stamp.recorded,
        message.received,
        message.message_id,
        msgspec.Raw(piece.raw),
        subject.key,
        start,
        end,
        subject.links,
        stamp.flags,
        piece.deleted,
        _is_restricted(resource),
    )


def _name(piece: Piece, digest: str) -> str:
    """What the source calls the thing: type and id, else its first identifier, else its name."""
    resource = piece.resource
    kind = resource["resourceType"]
    if resource.get("id"):
        return f"{kind}/{resource['id']}"
    identifiers = resource.get("identifier")
    first = identifiers[0] if isinstance(identifiers, list) and identifiers else identifiers
    if isinstance(first, dict) and isinstance(first.get("value"), str):
        return f"{kind}?{first.get('system', '')}|{first['value']}"
    return f"{kind}/{piece.name or digest}"


def _version_text(meta: Resource) -> str:
    """The source's number for the version as a text that sorts.

    The digits that a number has come before it, so that 9 sorts before 10; no number is 00.
    """
    version = meta.get("versionId", "")
    number = version.lstrip("0") if version.isascii() and version.isdigit() else ""
    return f"{len(number):02d}{number}"


def _has_begun(resource: Resource) -> bool:
    status = resource.get("status")
    return isinstance(status, str) and status in BEGUN


def _is_restricted(resource: Resource) -> bool:
    """True where the source labelled the resource restricted (R) or very restricted (V)."""
    labels = (resource.get("meta") or {}).get("security") or ()
    return any(label.get("code") in {"R", "V"} for label in labels)
