"""A line of the audit as a FHIR R4 AuditEvent. Pure.

Source: IHE Basic Audit Log Patterns (BALP), PatientRead, PatientQuery, PatientUpdate and
PatientCreate. These are for what succeeded; a denial has their shape and claims none.
"""

from base64 import b64encode
from datetime import UTC
from typing import Any, Final, NamedTuple

from services.access.relationships import Relationship
from services.access.rules import Because
from services.access.viewer import Role
from services.access.views import Deed, view_of
from services.record.audit_models import Noted

Json = dict[str, Any]

_BALP: Final = "https://profiles.ihe.net/ITI/BALP"
_THO: Final = "http://terminology.hl7.org/CodeSystem"
_ODS: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
_USER: Final = "urn:throughline:user"
_ROLE: Final = "urn:throughline:role"
_VIEW: Final = "urn:throughline:view"
# Who the client and the server are to each other: a query goes to where an answer comes from.
_SOURCE: Final = ("110153", "Source Role ID")
_DESTINATION: Final = ("110152", "Destination Role ID")
_ACTIONS: Final = {Deed.READ: "R", Deed.SEARCH: "E", Deed.CREATE: "C", Deed.UPDATE: "U"}
_PROFILES: Final = {
    Deed.READ: "PatientRead",
    Deed.SEARCH: "PatientQuery",
    Deed.CREATE: "PatientCreate",
    Deed.UPDATE: "PatientUpdate",
}
_IP_ADDRESS, _URI = "2", "5"
_SUCCESS, _REFUSED = "0", "4"


class Purpose(NamedTuple):
    """Why somebody looks: a code of v3-ActReason."""

    code: str
    display: str


TREATMENT: Final = Purpose("TREAT", "treatment")
BROKEN_GLASS: Final = Purpose("BTG", "break the glass")
OWN: Final = Purpose("PATRQT", "patient requested")
COMPLIANCE: Final = Purpose("HCOMPL", "health compliance")
ADMINISTRATION: Final = Purpose("PATADMIN", "patient administration")


def is_broken_glass(because: Because) -> bool:
    """Whether nothing but a broken glass let somebody look."""
    return because == {Relationship.BREAK_GLASS}


def purpose_of(role: str, view: str, because: Because) -> Purpose:
    """Why somebody of that role looked."""
    if is_broken_glass(because) or view == "break-glass":
        return BROKEN_GLASS
    by_role = {
        Role.PERSON: OWN,
        Role.PRIVACY_OFFICER: COMPLIANCE,
        Role.ADMINISTRATOR: ADMINISTRATION,
        Role.OPERATIONS: ADMINISTRATION,
    }
    return by_role.get(Role(role), TREATMENT) if role in set(Role) else TREATMENT


def audit_event(noted: Noted, server: str) -> Json:
    """The AuditEvent of a line; `server` is the address at which this service answers."""
    deed, purpose = view_of(noted.view).deed, _purpose(noted)
    at = noted.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "resourceType": "AuditEvent",
        "id": str(noted.id),
        **_profile(noted, deed),
        "type": _coding(f"{_THO}/audit-event-type", "rest", "Restful Operation"),
        "subtype": [
            _coding("http://hl7.org/fhir/restful-interaction", deed, deed),
            _coding(_VIEW, noted.view, view_of(noted.view).words),
        ],
        "action": _ACTIONS[deed],
        "recorded": at,
        "outcome": _SUCCESS if noted.allowed else _REFUSED,
        **({} if noted.allowed else {"outcomeDesc": "Refused: nothing was shown"}),
        "purposeOfEvent": [purpose],
        "agent": [*_systems(noted, deed, server), _user(noted, purpose)],
        "source": {
            "observer": {"display": "Throughline", "identifier": {"value": server}},
            "type": [_coding(f"{_THO}/security-source-type", "4", "Application Server")],
        },
        "entity": _entities(noted, deed),
    }


def _profile(noted: Noted, deed: Deed) -> Json:
    """The profile that the event keeps to: it asks for success and a client that is known."""
    if not noted.allowed or noted.address is None:
        return {}
    return {"meta": {"profile": [f"{_BALP}/StructureDefinition/IHE.BasicAudit.{_PROFILES[deed]}"]}}


def _purpose(noted: Noted) -> Json:
    purpose = purpose_of(noted.role, noted.view, noted.because)
    return {"coding": [_coding(f"{_THO}/v3-ActReason", *purpose)]}


def _systems(noted: Noted, deed: Deed, server: str) -> list[Json]:
    """The client and the server, each where the data came from or went to."""
    client, here = (_DESTINATION, _SOURCE) if deed is Deed.READ else (_SOURCE, _DESTINATION)
    found = []
    if noted.address is not None:
        network = {"address": noted.address, "type": _IP_ADDRESS}
        found.append(_system(client, {"display": "The client of the request"}, network))
    who = {"identifier": {"value": server}, "display": "Throughline"}
    return [*found, _system(here, who, {"address": server, "type": _URI})]


def _system(role: tuple[str, str], who: Json, network: Json) -> Json:
    kind = {"coding": [_coding("http://dicom.nema.org/resources/ontology/DCM", *role)]}
    return {"type": kind, "who": who, "requestor": False, "network": network}


def _user(noted: Noted, purpose: Json) -> Json:
    recipient = _coding(f"{_THO}/v3-ParticipationType", "IRCP", "information recipient")
    who = {"identifier": {"system": _USER, "value": noted.viewer}}
    works_at = {"coding": [_coding(_ODS, noted.org)]}
    return {
        "type": {"coding": [recipient]},
        "role": [{"coding": [_coding(_ROLE, noted.role)]}, works_at],
        "who": who | ({"display": noted.name} if noted.name else {}),
        **({"name": noted.name} if noted.name else {}),
        "requestor": True,
        "purposeOfUse": [purpose],
    }


def _entities(noted: Noted, deed: Deed) -> list[Json]:
    person = {"reference": f"Patient/{noted.person}"}
    patient = {
        "what": person,
        "type": _coding(f"{_THO}/audit-entity-type", "1", "Person"),
        "role": _coding(f"{_THO}/object-role", "1", "Patient"),
    }
    found = [patient, _asked(noted) if deed is Deed.SEARCH else _looked_at(noted, person)]
    if noted.request is not None:
        kind = _coding(f"{_BALP}/CodeSystem/BasicAuditEntityType", "XrequestId")
        found.append({"type": kind, "what": {"identifier": {"value": noted.request}}})
    return found


def _looked_at(noted: Noted, person: Json) -> Json:
    return {
        "what": person,
        "type": _coding(f"{_THO}/audit-entity-type", "2", "System Object"),
        "role": _coding(f"{_THO}/object-role", "4", "Domain Resource"),
        "description": view_of(noted.view).words,
    }


def _asked(noted: Noted) -> Json:
    """Which search it was. What was asked is not kept: it says who somebody is."""
    return {
        "type": _coding(f"{_THO}/audit-entity-type", "2", "System Object"),
        "role": _coding(f"{_THO}/object-role", "24", "Query"),
        "description": view_of(noted.view).words,
        "query": b64encode(noted.view.encode()).decode(),
    }


def _coding(system: str, code: str, display: str = "") -> Json:
    return {"system": system, "code": str(code)} | ({"display": str(display)} if display else {})
