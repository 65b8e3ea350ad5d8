"""Events as facts of referrals, whatever their format. Pure."""

from schemas.events import CareEvent
from streams.referrals import fhir, hl7v2
from streams.referrals.facts import ReferralFact


def concerns(event: CareEvent) -> bool:
    """Whether the event may say something of a referral: asked of every event, so it is cheap."""
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
