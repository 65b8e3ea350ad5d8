"""What may be asked of each resource type: search parameters, and the elements they look at. Pure.

The CapabilityStatement is made of these tables, and every search is read by them.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from schemas.fhir import SUPPORTED


class How(StrEnum):
    """How a value is compared: FHIR R4, SearchParamType."""

    DATE = "date"
    TOKEN = "token"  # noqa: S105 (a type of search parameter)
    STRING = "string"
    REFERENCE = "reference"


class Parameter(NamedTuple):
    """A search parameter: how its value is compared, and with which elements of the resource."""

    how: How
    paths: tuple[str, ...]


Parameters = Mapping[str, Parameter]


def _date(*paths: str) -> Parameter:
    return Parameter(How.DATE, paths)


def _token(*paths: str) -> Parameter:
    return Parameter(How.TOKEN, paths)


def _string(*paths: str) -> Parameter:
    return Parameter(How.STRING, paths)


def _tokens(*names: str) -> dict[str, Parameter]:
    """Parameters that are called as their elements are: `status`, `clinical-status`."""
    return {name: _token(_element(name)) for name in names}


def _element(name: str) -> str:
    first, *others = name.split("-")
    return first + "".join(word.capitalize() for word in others)


IDENTIFIER: Final = "identifier"
_PERFORMED: Final = ("performedDateTime", "performedPeriod")
_EFFECTIVE: Final = ("effectiveDateTime", "effectivePeriod", "effectiveInstant")
_OCCURRENCE: Final = ("occurrenceDateTime", "occurrencePeriod")
_ONSET: Final = ("onsetDateTime", "onsetPeriod")
_NAME: Final = ("name.text", "name.family", "name.given", "name.prefix")

# What is about one person.
PERSONAL: Final[Mapping[str, Parameters]] = MappingProxyType(
    {
        "Encounter": _tokens("status", "class", "type", IDENTIFIER) | {"date": _date("period")},
        "ServiceRequest": _tokens("status", "category", "code", "intent", "priority", IDENTIFIER)
        | {"authored": _date("authoredOn"), "occurrence": _date(*_OCCURRENCE)},
        "Task": _tokens("status", "code", "intent", "priority", "business-status", IDENTIFIER)
        | {
            "authored-on": _date("authoredOn"),
            "modified": _date("lastModified"),
            "period": _date("executionPeriod"),
        },
        "Observation": _tokens("status", "category", "code", IDENTIFIER)
        | {"date": _date(*_EFFECTIVE)},
        "Condition": _tokens(
            "clinical-status", "verification-status", "category", "code", IDENTIFIER
        )
        | {"onset-date": _date(*_ONSET), "recorded-date": _date("recordedDate")},
        "Appointment": _tokens("status", "appointment-type", IDENTIFIER) | {"date": _date("start")},
        "RelatedPerson": _tokens("active", "relationship", IDENTIFIER),
        "EpisodeOfCare": _tokens("status", "type", IDENTIFIER) | {"date": _date("period")},
        "CarePlan": _tokens("status", "category", "intent", IDENTIFIER) | {"date": _date("period")},
        "CareTeam": _tokens("status", "category", IDENTIFIER) | {"date": _date("period")},
        "Goal": _tokens("lifecycle-status", "achievement-status", "category", IDENTIFIER)
        | {"start-date": _date("startDate"), "target-date": _date("target.dueDate")},
        "Flag": _tokens("status", "category", "code", IDENTIFIER) | {"date": _date("period")},
        "AllergyIntolerance": _tokens(
            "clinical-status",
            "verification-status",
            "category",
            "code",
            "type",
            "criticality",
            IDENTIFIER,
        )
        | {"date": _date("recordedDate")},
        "Procedure": _tokens("status", "category", "code", IDENTIFIER)
        | {"date": _date(*_PERFORMED)},
        "Communication": _tokens("status", "category", IDENTIFIER)
        | {"sent": _date("sent"), "received": _date("received")},
        "QuestionnaireResponse": _tokens("status", IDENTIFIER) | {"authored": _date("authored")},
        "DocumentReference": _tokens("status", "category", "type", IDENTIFIER)
        | {"date": _date("date"), "period": _date("context.period")},
        "Composition": _tokens("status", "category", "type", IDENTIFIER) | {"date": _date("date")},
        "Consent": _tokens("status", "category", "scope", IDENTIFIER) | {"date": _date("dateTime")},
        "List": _tokens("status", "code", IDENTIFIER) | {"date": _date("date")},
    }
)

# What is about nobody: who gives care, and where.
DIRECTORY: Final[Mapping[str, Parameters]] = MappingProxyType(
    {
        "Practitioner": _tokens("active", IDENTIFIER) | {"name": _string(*_NAME)},
        "PractitionerRole": _tokens("active", "specialty", IDENTIFIER)
        | {"role": _token("code"), "date": _date("period")},
        "Organization": _tokens("active", "type", IDENTIFIER) | {"name": _string("name", "alias")},
        "Location": _tokens("status", "type", IDENTIFIER) | {"name": _string("name", "alias")},
        "HealthcareService": _tokens("active", IDENTIFIER)
        | {"name": _string("name"), "service-category": _token("category")},
        "Questionnaire": _tokens("status", "code", IDENTIFIER)
        | {"name": _string("name"), "title": _string("title"), "date": _date("date")},
    }
)

# A person is found by what must stand in no address: by POST alone.
PATIENT: Final = "Patient"
FINDING: Final[Parameters] = MappingProxyType(
    {
        IDENTIFIER: _token(IDENTIFIER),
        "name": _string("name"),
        "birthdate": _date("birthDate"),
    }
)

# A message as it came; read beside the resources, and no type that anybody publishes.
BINARY: Final = "Binary"
# Who looked at one person's record. Made of the audit: what sources publish as such is not read.
AUDIT_EVENT: Final = "AuditEvent"
LOOKS: Final[Parameters] = MappingProxyType(
    {"patient": Parameter(How.REFERENCE, ("entity.what",)), "date": _date("recorded")}
)
# About many people, or about a message: no part of one person's record.
UNREAD: Final = frozenset({"Group", "Bundle", "MessageHeader", "OperationOutcome", AUDIT_EVENT})
READ: Final = (*(kind for kind in SUPPORTED if kind not in UNREAD), BINARY)

_ANY: Final[Parameters] = MappingProxyType(
    {"_id": Parameter(How.TOKEN, ()), "_lastUpdated": Parameter(How.DATE, ())}
)
_WHOM: Final[Parameters] = MappingProxyType(
    {name: Parameter(How.REFERENCE, ()) for name in ("patient", "subject")}
)
_NONE: Final[Parameters] = MappingProxyType({})


def is_read(kind: str) -> bool:
    """Whether resources of the type are read here; a type that has no table is, by its shape."""
    return kind not in UNREAD


def is_of_nobody(kind: str) -> bool:
    """Whether resources of the type are about nobody."""
    return kind in DIRECTORY


def elements_asked(kind: str) -> Parameters:
    """The parameters of a type that look at its elements."""
    return FINDING if kind == PATIENT else PERSONAL.get(kind) or DIRECTORY.get(kind) or _NONE


def parameters_of(kind: str) -> Parameters:
    """Every search parameter of a type."""
    if kind == PATIENT:
        return {"_id": _ANY["_id"], **FINDING}
    if kind == AUDIT_EVENT:
        return LOOKS
    whom = _NONE if is_of_nobody(kind) else _WHOM
    return {**_ANY, **whom, **elements_asked(kind)}
