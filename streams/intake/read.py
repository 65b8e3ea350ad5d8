"""One received message as care events: the pure heart of intake, whatever its format."""

from typing import NamedTuple

from schemas.errors import Problem, Reason, Reject
from schemas.events import CareEvent
from schemas.hl7v2 import is_hl7v2
from schemas.inbound import Inbound
from schemas.topics import ContentType
from streams.intake import fhir, hl7v2

FHIR_TYPES = frozenset({ContentType.FHIR, "application/json"})
HL7V2_TYPES = frozenset({ContentType.HL7V2, "application/hl7-v2", "x-application/hl7-v2"})


class Limits(NamedTuple):
    """How much one message may ask of us: bytes, and levels of nesting."""

    max_bytes: int
    max_depth: int


def read(message: Inbound, limits: Limits) -> list[CareEvent]:
    """The facts in a message, in its order, at least one.

    A message is one unit: all of its facts or none. Raises Reject with every problem found.
    """
    if not message.source:
        raise _refused(Reason.NO_SOURCE, "required", "the source (ODS code) is missing")
    kind = _format_of(message)
    if len(message.body) > limits.max_bytes:
        raise _refused(Reason.TOO_LARGE, "too-long", f"over {limits.max_bytes} bytes")
    if kind is ContentType.HL7V2:
        return hl7v2.read(message, limits.max_bytes)
    return fhir.read(message, limits.max_depth)


def _format_of(message: Inbound) -> ContentType:
    """By its first bytes, else by its label. Raises Reject where it is neither format."""
    # However it is labelled: no JSON begins like this.
    if message.body[:1] != b"{" and is_hl7v2(message.body):
        return ContentType.HL7V2
    kind = message.content_type
    if kind not in FHIR_TYPES:
        kind = kind.partition(";")[0].strip().lower()
    if kind in FHIR_TYPES:
        return ContentType.FHIR
    if kind in HL7V2_TYPES:
        return ContentType.HL7V2
    text = f"send {ContentType.FHIR} or {ContentType.HL7V2}"
    raise _refused(Reason.UNKNOWN_CONTENT_TYPE, "not-supported", text)


def _refused(reason: Reason, code: str, text: str) -> Reject:
    return Reject(reason, [Problem("", code, text)])
