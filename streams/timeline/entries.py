"""The timeline entries that one fact gives. Pure: no other fact is needed to word it."""

from schemas.events import CareEvent
from streams.timeline.entry import Entry
from streams.timeline.fhir import entries_of_resource
from streams.timeline.hl7v2 import entries_of_message


def entries_of(event: CareEvent) -> list[Entry]:
    """The entries of a fact, at least one, whatever its format."""
    return entries_of_message(event) if event.is_hl7v2 else entries_of_resource(event)
