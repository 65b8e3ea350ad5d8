"""The care event: one valid fact, as it travels on `care.events.v1`."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Sector(StrEnum):
    """The kind of service that publishes."""

    ACUTE = "acute"
    COMMUNITY = "community"
    PRIMARY = "primary"
    MENTAL_HEALTH = "mental-health"
    SOCIAL_CARE = "social-care"
    VOLUNTARY = "voluntary"
    UNKNOWN = "unknown"


class Flag(StrEnum):
    """What a reader of the fact should know about its quality. Never a reason to drop it."""

    BAD_NHS_NUMBER = "bad-nhs-number"
    CLOCK_AHEAD = "clock-ahead"
    NO_RECORDED_TIME = "no-recorded-time"
    NO_PATIENT = "no-patient"
    UNVERIFIED_NHS_NUMBER = "unverified-nhs-number"
    DOUBTFUL_TIME = "doubtful-time"
    DOUBTFUL_CHARACTERS = "doubtful-characters"
    UNKNOWN_TRIGGER = "unknown-trigger"


class LinkKind(StrEnum):
    """What a fact says of two identities of one source, or of one and an NHS number."""

    SAME = "same"
    MERGED = "merged"
    LINKED = "linked"
    PARTED = "parted"
    POSSIBLE = "possible"
    DELETED = "deleted"


class Link(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What a fact says of two source identities. Reversible: a row, not a rewrite.

    `same`: two names of one person; where `other` is an NHS number with a date of birth, proven.
    `merged`: the source gave `one` up for `other`. `linked` and `parted`: it joined two that it
    keeps, and took that back. `possible`: somebody should look; it joins nothing. `deleted`: the
    source deleted the person `one`, who is `other` too.
    """

    one: str
    other: str
    kind: LinkKind = LinkKind.SAME


class CareEvent(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One fact that a source published about one thing.

    `id` is 32 hex digits made from source, thread and content: the same fact has the same id
    however often and by whichever message it comes. `thread` names the thing that the fact is a
    state of (`RX1|Encounter/7`); among the facts of a thread the greatest `version` holds.
    `subject` is a source identity (`schemas.identity`). All times are in UTC.

    `kind` is a FHIR resource type, or an HL7 v2 message code and trigger (`ADT^A01`). `resource`
    is the JSON of the FHIR resource, or a JSON text that holds the whole v2 message; then `part`
    says which of its patients (PID segments, from 0) the fact is about.

    `references`: what references of a FHIR resource mean that only its message told, as they are
    written and the thread that each names (`schemas.fhir.references`). `called`: what else the
    message calls a request, its fullUrl. `answers`: the thread of the request that a visit is the
    answer to, where its message says so and the visit does not.
    """

    id: str
    source: str
    sector: str
    kind: str
    thread: str
    version: str
    recorded: datetime
    received: datetime
    message_id: str
    resource: msgspec.Raw
    subject: str | None = None
    occurred_start: datetime | None = None
    occurred_end: datetime | None = None
    links: tuple[Link, ...] = ()
    flags: tuple[str, ...] = ()
    deleted: bool = False
    restricted: bool = False
    part: int = 0
    references: tuple[tuple[str, str], ...] = ()
    called: tuple[str, ...] = ()
    answers: str | None = None

    @property
    def is_hl7v2(self) -> bool:
        return "^" in self.kind

    def parsed(self) -> dict[str, object]:
        """The verbatim FHIR resource as Python values."""
        resource: dict[str, object] = msgspec.json.decode(self.resource)
        return resource

    def text(self) -> str:
        """The whole HL7 v2 message that the fact comes from."""
        return msgspec.json.decode(self.resource, type=str)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(CareEvent)


def encode(event: CareEvent) -> bytes:
    """The event as the bytes that `care.events.v1` carries: JSON, the resource verbatim."""
    return _encoder.encode(event)


def decode(value: bytes) -> CareEvent:
    """The event in a message's bytes. Raises `msgspec.DecodeError` where they are not one."""
    return _decoder.decode(value)
