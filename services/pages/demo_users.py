"""Whom a development stack lets one be; all of them invented."""

from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.viewer import Role, Viewer
from services.record import storage
from services.record.models import Search
from services.record.patients import details_of

_USERS = (
    ("demo-operations", "Olu Demo", Role.OPERATIONS, "ZT1", "Runs the beds of a hospital"),
    ("demo-clinician", "Priya Demo", Role.CLINICIAN, "ZP0001", "General practitioner"),
    ("demo-care-coordinator", "Sam Demo", Role.CARE_COORDINATOR, "ZC1", "Coordinates care at home"),
    ("demo-privacy-officer", "Morgan Demo", Role.PRIVACY_OFFICER, "ZT1", "Looks after privacy"),
    ("demo-administrator", "Alex Demo", Role.ADMINISTRATOR, "ZT1", "Runs this service"),
)

DEMO_USERS = {
    user: Viewer(user=user, name=name, role=role, org=org) for user, name, role, org, _ in _USERS
}
WORK = {user: work for user, _, _, _, work in _USERS}
# Whoever has the NHS number that is given, as themself; their own words go through this practice.
THEMSELF = "themself"
_PRACTICE = "ZP0001"


async def themself(database: AsyncEngine, number: str) -> Viewer | None:
    """The person of an NHS number; None where it is no number, or nobody's.

    Only for development: there whoever asks may be anybody, and nobody is real.
    """
    try:
        wanted = Search(nhs_number=number).nhs_number
    except ValidationError:
        return None
    async with database.connect() as connection:
        found = await storage.people_linked_to(connection, wanted or "")
        name = await _name(connection, found[0]) if found else ""
    if not found:
        return None
    return Viewer(user=str(found[0]), name=name, role=Role.PERSON, org=_PRACTICE)


async def _name(connection: AsyncConnection, person: UUID) -> str:
    keys = await storage.keys_of_people(connection, [person])
    facts = await storage.patients_of(connection, keys)
    return details_of(facts[person]).name or "A person"
