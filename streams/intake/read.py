"""One received message as care events: the pure heart of intake, whatever its format."""

from typing import NamedTuple

from schemas.errors import Problem, Reason, Reject
from schemas.events import CareEvent
from schemas.inbound import Inbound
from schemas.topics import ContentType
from streams.intake import fhir, hl7v2

FHIR_TYPES = frozenset({ContentType.FHIR, "application/json"})
HL7V2_TYPES = frozenset({ContentType.HL7V2, "application/hl7-v2", "x-application/hl7-v2"})
# However a message is labelled: no JSON begins like this.
HL7V2_STARTS = (b"MSH", b"FHS", b"BHS", b"\x0bMSH", b"\xef\xbb\xbfMSH")


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
    is_hl7v2 = _is_hl7v2(message)
    if len(message.body) > limits.max_bytes:
        raise _refused(Reason.TOO_LARGE, "too-long", f"over {limits.max_bytes} bytes")
    return hl7v2.read(message) if is_hl7v2 else fhir.read(message, limits.max_depth)


def _is_hl7v2(message: Inbound) -> bool:
    """By its first bytes, else by its label. Raises Reject where it is neither format."""
    if message.content_type in FHIR_TYPES and not message.body.startswith(HL7V2_STARTS):
        return False
    kind = message.content_type.partition(";")[0].strip().lower()
    if kind in HL7V2_TYPES or message.body.startswith(HL7V2_STARTS):
        return True
    if kind not in FHIR_TYPES:
        text = f"send {ContentType.FHIR} or {ContentType.HL7V2}"
        raise _refused(Reason.UNKNOWN_CONTENT_TYPE, "not-supported", text)
    return False


def _refused(reason: Reason, code: str, text: str) -> Reject:
    return Reject(reason, [Problem("", code, text)])
