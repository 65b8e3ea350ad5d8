"""What an event says that measures need, whatever its format. Pure."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from schemas.events import CareEvent
from streams.timeline.mistaken import is_mistaken
from streams.traits import messages
from streams.traits.groups import of_group
from streams.traits.needs import of_condition, of_flag
from streams.traits.organisations import of_location, of_role
from streams.traits.people import of_patient
from streams.traits.surveys import of_response
from streams.traits.trait import Kind, Trait

Resource = dict[str, Any]
Read = Callable[[CareEvent, Resource], Iterable[Trait]]

READERS: Final[Mapping[str, Read]] = MappingProxyType(
    {
        "Patient": of_patient,
        "Condition": of_condition,
        "Flag": of_flag,
        "Group": of_group,
        "QuestionnaireResponse": of_response,
        "PractitionerRole": of_role,
        "Location": of_location,
    }
)
# What the last one said goes on where the next says nothing of it: most places have no beds.
GOES_ON: Final = frozenset({"Location"})


def traits_of(event: CareEvent) -> tuple[Trait, ...]:
    """What an event says, in one order; nothing for most, and to know that costs one look.

    A resource that is deleted, mistaken or without anything to say says `nothing`, so that what
    an earlier state of it said holds no more.
    """
    read = READERS.get(event.kind)
    if read is not None:
        return _of_resource(event, read)
    if event.kind.startswith(messages.MESSAGES):
        return tuple(messages.of_message(event))
    return ()


def _of_resource(event: CareEvent, read: Read) -> tuple[Trait, ...]:
    resource: Resource = event.parsed()
    is_gone = event.deleted or is_mistaken(resource)
    found = () if is_gone else tuple(read(event, resource))
    if event.kind in GOES_ON and not is_gone:
        return found
    return found or (Trait(Kind.NOTHING, event.thread, event.subject, {}),)
