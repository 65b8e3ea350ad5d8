"""A FHIR message as care events: each resource is the full state of a thing."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import msgspec
import orjson

from schemas.errors import Problem, Reason, Reject
from schemas.events import CareEvent, Link
from schemas.fhir import bundle_problems, check, holds_nul, is_valid, time_problems, too_deep
from schemas.identity import indexable
from schemas.inbound import Inbound
from schemas.times import moment
from streams.intake.answers import answers, called
from streams.intake.bundles import Piece, alone, pieces_of
from streams.intake.links import deletion
from streams.intake.occurred import occurred
from streams.intake.patients import Subject
from streams.intake.references import Context, resolved
from streams.intake.stamps import Stamp, event_id, stamped
from streams.intake.subjects import subject_of

Resource = dict[str, Any]

# What has one of these statuses has begun; a plan may well start in the future.
_LAST_MICROS = 10**20 - 1
BEGUN = frozenset(
    {"arrived", "triaged", "in-progress", "onleave", "finished", "completed", "final"}
)


def read(message: Inbound, max_depth: int) -> list[CareEvent]:
    """The facts in a FHIR message, in its order, at least one. Raises Reject."""
    resource = _parsed(message, max_depth)
    _validated(resource, message.body)
    if resource["resourceType"] != "Bundle":
        found = alone(resource, message.body.strip(), message.source)
    else:
        found = pieces_of(resource, message.body, message.source)
    key = _key_of(resource) or message.message_id
    pieces = [piece for piece, _ in found]
    return [_event(piece, context, message, key, pieces) for piece, context in found]


def _key_of(resource: Resource) -> str | None:
    """The name that its sender gives a message: MessageHeader.id; None for any other Bundle.

    Source: definitions, section 2.
    """
    if resource.get("type") != "message" or resource["resourceType"] != "Bundle":
        return None
    header: Resource = resource["entry"][0]["resource"]
    return header.get("id")


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


def _event(
    piece: Piece, context: Context, message: Inbound, key: str, pieces: Sequence[Piece]
) -> CareEvent:
    resource = piece.resource
    subject = subject_of(resource, context)
    references = resolved(resource, piece.raw, context)
    start, end = occurred(resource)
    # White space between values is no content; what is within them is, to the last digit.
    digest = blake2b(msgspec.json.format(piece.raw, indent=-1), digest_size=16)
    name = piece.name or f"{resource['resourceType']}/{digest.hexdigest()}"
    thread = indexable(f"{message.source}|{name}")
    meta = resource.get("meta") or {}
    said_inside = moment(meta.get("lastUpdated"))
    written = said_inside or piece.written
    stamp = stamped(message.received, written, start if _has_begun(resource) else None, subject)
    # What only the message says of it is part of the fact: were the same content, said again
    # later, the same fact, whichever came first would decide how new it is, and what it means.
    names, request = called(piece), answers(piece, pieces, message.source)
    told = (*(f"{said}={thread}" for said, thread in references), *names, *filter(None, [request]))
    said_outside = _said_outside(piece, said_inside=said_inside is not None, told=told)
    return CareEvent(
        event_id(thread, said_outside, digest.digest()),
        message.source,
        message.sector,
        resource["resourceType"],
        thread,
        f"{_order(piece, stamp, meta)}.{digest.hexdigest()[:12]}",
        stamp.recorded,
        message.received,
        key,
        msgspec.Raw(piece.raw),
        subject.key,
        start,
        end,
        _links(piece, subject),
        stamp.flags,
        piece.deleted,
        _is_restricted(resource),
        references=references,
        called=names,
        answers=request,
    )


def _links(piece: Piece, subject: Subject) -> tuple[Link, ...]:
    """What is said of who is one person; a Patient that is deleted says that of itself alone."""
    is_person = piece.deleted and piece.resource["resourceType"] == "Patient"
    return (deletion(subject.key),) if is_person and subject.key else subject.links


def _said_outside(piece: Piece, *, said_inside: bool, told: tuple[str, ...]) -> str:
    """What the message says of a resource that does not say it itself, as one text."""
    written = "" if said_inside else f"{piece.written or ''}"
    if not told and not piece.first and not piece.version:
        return written
    version = "" if (piece.resource.get("meta") or {}).get("versionId") else piece.version
    more = [version, "first" if piece.first else "", *told]
    return "\0".join([written, *filter(None, more)])


def _order(piece: Piece, stamp: Stamp, meta: Resource) -> str:
    """What orders the states of a thing: when it was written, then the source's version number.

    What is meant only for a thing that is not there comes before any other state of it; of two
    such, the earlier one is the thing.
    """
    if piece.first:
        return f"{0:020d}.{_LAST_MICROS - stamp.micros:020d}"
    return f"{stamp.micros:020d}.{_version_text(meta.get('versionId') or piece.version)}"


def _version_text(version: str) -> str:
    """The source's number for the version as a text that sorts.

    The digits that a number has come before it, so that 9 sorts before 10; no number is 00.
    """
    number = version.lstrip("0") if version.isascii() and version.isdigit() else ""
    return f"{len(number):02d}{number}"


def _has_begun(resource: Resource) -> bool:
    status = resource.get("status")
    return isinstance(status, str) and status in BEGUN


def _is_restricted(resource: Resource) -> bool:
    """True where the source labelled the resource restricted (R) or very restricted (V)."""
    labels = (resource.get("meta") or {}).get("security") or ()
    return any(label.get("code") in {"R", "V"} for label in labels)
