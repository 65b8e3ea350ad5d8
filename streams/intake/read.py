"""One received message as care events: the pure heart of intake."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
import orjson

from schemas.errors import Problem, Reason, Reject
from schemas.events import CareEvent, Flag
from schemas.fhir import bundle_problems, check, holds_nul, is_valid, time_problems, too_deep
from schemas.identity import indexable
from schemas.inbound import Inbound
from schemas.times import FIRST_MOMENT, micros, moment
from schemas.topics import ContentType
from streams.intake.bundles import Piece, by_name, pieces_of
from streams.intake.occurred import occurred
from streams.intake.subjects import Context, Subject, subject_of

Resource = dict[str, Any]

# A clock may be a little ahead of ours; a day is no clock's drift.
CLOCK_TOLERANCE = timedelta(days=1)
# Versions count from here: a text of digits sorts as its number only where none is negative.
_FIRST_MICROS = micros(FIRST_MOMENT)
# What has one of these statuses has begun; a plan may well start in the future.
BEGUN = frozenset(
    {"arrived", "triaged", "in-progress", "onleave", "finished", "completed", "final"}
)
FHIR_TYPES = frozenset({ContentType.FHIR, "application/json"})


class Limits(NamedTuple):
    """How much one message may ask of us: bytes, and levels of nesting."""

    max_bytes: int
    max_depth: int


def read(message: Inbound, limits: Limits) -> list[CareEvent]:
    """The facts in a message, in its order, at least one.

    A message is one unit: all of its facts or none. Raises Reject with every problem found.
    """
    resource = _parsed(message, limits)
    _validated(resource, message.body)
    if resource["resourceType"] != "Bundle":
        piece = Piece(resource, message.body.strip())
        return [_event(piece, Context(message.source, {}), message)]
    pieces = pieces_of(resource, message.body)
    context = Context(message.source, by_name(pieces))
    return [_event(piece, context, message) for piece in pieces]


def _parsed(message: Inbound, limits: Limits) -> Resource:
    if not message.source:
        raise _refused(Reason.NO_SOURCE, "required", "the source (ODS code) is missing")
    _content_type(message)
    if len(message.body) > limits.max_bytes:
        raise _refused(Reason.TOO_LARGE, "too-long", f"over {limits.max_bytes} bytes")
    if too_deep(message.body, limits.max_depth):
        raise _refused(Reason.TOO_DEEP, "too-costly", f"nested deeper than {limits.max_depth}")
    if holds_nul(message.body):
        raise _refused(Reason.NUL_CHARACTER, "value", "a text holds the character U+0000")
    try:
        found = orjson.loads(message.body)
    except orjson.JSONDecodeError as error:
        raise _unreadable(message.body, error) from None
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise _refused(Reason.NOT_FHIR, "structure", "not a JSON object with a resourceType")
    return found


def _content_type(message: Inbound) -> None:
    if message.content_type in FHIR_TYPES and not message.body.startswith(b"MSH"):
        return
    kind = message.content_type.partition(";")[0].strip().lower()
    if kind == ContentType.HL7V2 or message.body[:3] == b"MSH":
        text = "HL7 v2 is not read yet; send FHIR R4"
        raise _refused(Reason.HL7V2_NOT_READ, "not-supported", text)
    if kind not in FHIR_TYPES:
        raise _refused(Reason.UNKNOWN_CONTENT_TYPE, "not-supported", "send application/fhir+json")


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
    recorded = written or message.received
    latest = message.received + CLOCK_TOLERANCE
    ahead = recorded > latest or (start is not None and start > latest and _has_begun(resource))
    recorded = recorded if recorded <= latest else message.received
    flags = _flags(subject, written, ahead=ahead)
    # What only the message says of the time is part of the fact: were the same content, said again
    # later, the same fact, whichever came first would decide how new it is.
    said_outside = "" if said_inside else piece.written or ""
    told = f"{thread}\0{said_outside}\0".encode() + digest.digest()
    return CareEvent(
        blake2b(told, digest_size=16).hexdigest(),
        message.source,
        message.sector,
        resource["resourceType"],
        thread,
        f"{micros(recorded) - _FIRST_MICROS:020d}.{_version_text(meta)}.{digest.hexdigest()[:12]}",
        recorded,
        message.received,
        message.message_id,
        msgspec.Raw(piece.raw),
        subject.key,
        start,
        end,
        subject.links,
        tuple(flags),
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


def _flags(subject: Subject, written: datetime | None, *, ahead: bool) -> Iterable[str]:
    yield from subject.flags
    if subject.key is None:
        yield Flag.NO_PATIENT
    if written is None:
        yield Flag.NO_RECORDED_TIME
    if ahead:
        yield Flag.CLOCK_AHEAD


def _is_restricted(resource: Resource) -> bool:
    """True where the source labelled the resource restricted (R) or very restricted (V)."""
    labels = (resource.get("meta") or {}).get("security") or ()
    return any(label.get("code") in {"R", "V"} for label in labels)
