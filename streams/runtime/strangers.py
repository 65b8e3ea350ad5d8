"""Records of `care.events.v1` that look like care events, but that intake cannot have written."""

import re
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime

import msgspec
import orjson
from aiokafka import ConsumerRecord

from schemas.events import CareEvent, Link, decode
from schemas.fhir import holds_nul, is_valid, too_deep
from schemas.hl7v2 import NotHl7v2, parse
from schemas.identity import LONGEST_NAME
from schemas.topics import Topic

_ID = re.compile("[0-9a-f]{32}")
_LEFT_OF_DELETED = frozenset({"resourceType", "id"})


class Stranger(ConsumerRecord):  # type: ignore[misc]  # aiokafka is untyped
    """A record that is known to be nobody's event."""


def is_storable(event: CareEvent, value: bytes) -> bool:
    """Whether its id, names and times can be stored at all: asked of each event, so it is cheap."""
    return (
        _ID.fullmatch(event.id) is not None
        and _names_are_short(event)
        and event.recorded.tzinfo is not None
        and event.received.tzinfo is not None
        and _has_zone(event.occurred_start)
        and _has_zone(event.occurred_end)
        and not holds_nul(value)
    )


def _names_are_short(event: CareEvent) -> bool:
    # Written out, without a loop: this is asked of each event by each projection.
    return (
        len(event.thread) <= LONGEST_NAME
        and len(event.subject or "") <= LONGEST_NAME
        and len(event.source) <= LONGEST_NAME
        and len(event.sector) <= LONGEST_NAME
        and len(event.kind) <= LONGEST_NAME
        and len(event.version) <= LONGEST_NAME
        and len(event.message_id) <= LONGEST_NAME
        and len(event.answers or "") <= LONGEST_NAME
        and (not event.links or all(map(_is_short, event.links)))
    )


def _is_short(link: Link) -> bool:
    return max(len(link.one), len(link.other)) <= LONGEST_NAME


def _has_zone(at: datetime | None) -> bool:
    return at is None or at.tzinfo is not None


def without_forged(records: Iterable[ConsumerRecord]) -> list[ConsumerRecord]:
    """The records, each that only looks like an event as a Stranger.

    Looking costs as much as validating the resource, so it is for when something went wrong.
    """
    return [_stranger(r) if r.topic == Topic.EVENTS and is_forged(r.value) else r for r in records]


def _stranger(record: ConsumerRecord) -> Stranger:
    return Stranger(**{field.name: getattr(record, field.name) for field in fields(record)})


def is_forged(value: bytes | None) -> bool:
    """True where it decodes as a care event, but what it holds intake would have refused."""
    if value is None:
        return False
    if too_deep(value):
        return True
    try:
        event = decode(value)
        resource = orjson.loads(bytes(event.resource))
    except (msgspec.DecodeError, orjson.JSONDecodeError):
        return False
    times = (event.recorded, event.received, event.occurred_start, event.occurred_end)
    is_content = _is_hl7v2 if event.is_hl7v2 else _is_fhir
    return not (all(at is None or _is_moment(at) for at in times) and is_content(event, resource))


def _is_fhir(event: CareEvent, resource: object) -> bool:
    if not isinstance(resource, dict) or resource.get("resourceType") != event.kind:
        return False
    return resource.keys() <= _LEFT_OF_DELETED if event.deleted else is_valid(resource)


def _is_hl7v2(event: CareEvent, content: object) -> bool:
    try:
        message = parse(content) if isinstance(content, str) else None
    except NotHl7v2:
        return False
    return message is not None and event.kind.startswith(message.kind)


def _is_moment(at: datetime) -> bool:
    try:
        return at.astimezone(UTC).tzinfo is UTC
    except OverflowError:
        return False
