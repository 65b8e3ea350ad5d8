"""Which places are somebody's home: about nobody by their type, and yet where a person is. Pure."""

from typing import Any, Final

from schemas.events import CareEvent
from schemas.fhir.elements import values
from services.fhir.resource import resource_in

Resource = dict[str, Any]

LOCATION: Final = "Location"
_HOUSE: Final = "ho"
# v3 RoleCode: patient's residence.
_RESIDENCE: Final = "PTRES"
_HOME: Final = "home"


def is_home(resource: Resource) -> bool:
    """Whether it is a Location that is a house, a patient's residence, or has a home's address.

    Nobody is known to have to do with whoever lives there, so it is for nobody.
    """
    if resource.get("resourceType") != LOCATION:
        return False
    return (
        _HOUSE in values(resource, "physicalType.coding.code")
        or _RESIDENCE in values(resource, "type.coding.code")
        or _HOME in values(resource, "address.use")
    )


def tells_of_home(event: CareEvent) -> bool:
    """The same of a fact; only a Location's resource is read."""
    return event.kind == LOCATION and is_home(resource_in(event))
