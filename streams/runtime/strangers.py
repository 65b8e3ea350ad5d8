"""Records of `care.events.v1` that look like care events, but that intake cannot have written."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime

import msgspec
from aiokafka import ConsumerRecord

from schemas.events import CareEvent, decode
from schemas.fhir import holds_nul, is_valid, too_deep
from schemas.identity import indexable
from schemas.topics import Topic

_ID = re.compile("[0-9a-f]{32}")
_LEFT_OF_DELETED = frozenset({"resourceType", "id"})


class Stranger(ConsumerRecord):  # type: ignore[misc]  # aiokafka is untyped
    """A record that is known to be nobody's event."""


def without_forged(records: Iterable[ConsumerRecord]) -> list[ConsumerRecord]:
    """The records, each that only looks like an event as a Stranger.

    Looking costs as much as reading the event did, so it is for when something went wrong.
    """
    return [_stranger(r) if r.topic == Topic.EVENTS and is_forged(r.value) else r for r in records]


def _stranger(record: ConsumerRecord) -> Stranger:
    return Stranger(**{field.name: getattr(record, field.name) for field in fields(record)})


def is_forged(value: bytes | None) -> bool:
    """True where it decodes as a care event, but intake would never have made it."""
    if value is None:
        return False
    if too_deep(value):
        return True
    try:
        event = decode(value)
        resource = event.parsed()
    except msgspec.DecodeError:
        return False
    sound = (
        _ID.fullmatch(event.id) is not None
        and all(map(_is_storable, _names(event)))
        and all(map(_is_moment, _times(event)))
        and isinstance(resource, dict)
        and resource.get("resourceType") == event.kind
        and _is_resource(event, resource)
    )
    return not sound


def _names(event: CareEvent) -> Iterator[str]:
    yield from (event.source, event.sector, event.kind, event.thread, event.version)
    yield from (event.message_id, event.subject or "", *event.flags)
    for link in event.links:
        yield from (link.one, link.other)


def _is_storable(name: str) -> bool:
    return indexable(name) == name and "\0" not in name


def _times(event: CareEvent) -> Iterator[datetime]:
    yield from (event.recorded, event.received)
    yield from filter(None, (event.occurred_start, event.occurred_end))


def _is_moment(at: datetime) -> bool:
    """True where it has a zone and is a moment of UTC's years."""
    try:
        return at.tzinfo is not None and at.astimezone(UTC) is not None
    except OverflowError:
        return False


def _is_resource(event: CareEvent, resource: dict[str, object]) -> bool:
    if event.deleted:
        return resource.keys() <= _LEFT_OF_DELETED
    return not holds_nul(bytes(event.resource)) and is_valid(resource)
