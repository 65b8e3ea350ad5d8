"""Events as facts of referrals, whatever their format. Pure."""

from typing import Final

from schemas.events import CareEvent
from streams.referrals import fhir, hl7v2
from streams.referrals.facts import ReferralFact

_KIND: Final = b'"kind":"'
_ENCOUNTER: Final = b"Encounter"
# Of other resource types every one may, of HL7 v2 messages only some.
_KINDS: Final = frozenset(kind.encode() for kind in fhir.ROLES) - {_ENCOUNTER}
_CODES: Final = frozenset(code.encode() for code in hl7v2.CODES)
_DELETED: Final = b'"deleted":true}'
_ANSWERS: Final = b'"answers":"'
# A thread of 200 characters, each of up to four bytes, ends an event that answers a request.
_TAIL: Final = 1_000


def may_concern(value: bytes) -> bool:
    """False where an event, as `care.events.v1` carries it, can say nothing of a referral.

    Asked of each one before it is decoded: most are none of ours, and to know that is cheap.
    """
    begin = value.find(_KIND, 0, _TAIL) + len(_KIND)
    kind = value[begin : value.find(b'"', begin)]
    if kind != _ENCOUNTER:
        return begin < len(_KIND) or kind in _KINDS or (kind[3:4] == b"^" and kind[:3] in _CODES)
    is_told_beside = value.endswith(_DELETED) or value.rfind(_ANSWERS, -_TAIL) >= 0
    return is_told_beside or fhir.says_so(value)


def concerns(event: CareEvent) -> bool:
    """Whether the event may say something of a referral."""
    return hl7v2.concerns(event) if event.is_hl7v2 else fhir.concerns(event)


def facts_of(event: CareEvent, known: int) -> list[ReferralFact]:
    """What an event says of referrals; nothing for most. `known`: microseconds since 1970.

    A state of a thing that names no request says nothing of one, so an earlier state that did
    still holds; being struck or deleted is told of any.
    """
    if not concerns(event):
        return []
    read = hl7v2.facts_of_message if event.is_hl7v2 else fhir.facts_of_resource
    return read(event, known)
