"""Whom a development stack lets one be; all of them invented."""

import re
from typing import Final

from services.access.viewer import Role, Viewer

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
# Whoever has a record, as themself; their own words go through this practice.
THEMSELF: Final = "themself"
_PRACTICE: Final = "ZP0001"
_RECORD: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def chosen(user: str, record: str) -> str | None:
    """Who signs in, by what was chosen and the address of a record; None for nobody.

    A person is known by the id of their record.
    """
    if user == THEMSELF:
        found = _RECORD.search(record)
        return found[0].lower() if found else None
    return user if user in DEMO_USERS else None


def viewer_of(user: str) -> Viewer:
    """The demo user of that name, or the person whose record has it for its id."""
    person = Viewer(user=user, name="A person", role=Role.PERSON, org=_PRACTICE)
    return DEMO_USERS.get(user, person)
