"""Whom a development stack lets one be; all of them invented."""

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
