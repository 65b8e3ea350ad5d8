"""What everybody must know of a person: alerts, allergies, adjustments, communication needs.

Reasonable adjustments are Flags as the NHS England Patient Flag guide has them: the category NRAF,
and one of the adjustment categories. Communication needs are those of its categories that say so,
and the languages of the Patient (UK Core).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from schemas.fhir.elements import codes, concept_text, reference_text, text, values
from schemas.hl7v2 import parse
from schemas.times import moment
from streams.story.fact import Fact, in_order, is_current, since, sound
from streams.timeline.entry import joined
from streams.timeline.scene import coded

Resource = dict[str, Any]

KINDS: Final = ("Flag", "AllergyIntolerance", "Patient", "ADT^A60")
PATIENT_FLAG: Final = "https://fhir.nhs.uk/England/CodeSystem/PatientFlagCategory"
ADJUSTMENT: Final = "https://fhir.nhs.uk/England/CodeSystem/RA-FlagCategory"
# Communication support, professional, contact method, information format, more, language.
COMMUNICATION_CODES: Final = frozenset({"001", "002", "003", "004", "005", "006"})
SAFEGUARDING_CODES: Final = frozenset({"CP-IS", "FGM"})
INTERPRETER: Final = "nterpreterRequired"
NOTES: Final = "FlagNotes"
COMMUNICATES: Final = (
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSCommunication"
)
_RULED_OUT: Final = frozenset({"refuted", "entered-in-error"})


class AlertKind(StrEnum):
    """What an alert is about, in the order in which they are shown."""

    SAFEGUARDING = "safeguarding"
    ALLERGY = "allergy"
    ADJUSTMENT = "adjustment"
    COMMUNICATION = "communication"
    ALERT = "alert"


class Alert(NamedTuple):
    """One thing to know, since when, and who says so."""

    kind: AlertKind
    words: str
    detail: str | None
    since: datetime | None
    author: str | None
    source: str
    event_id: str


def alerts_of(facts: Iterable[Fact], at: datetime) -> list[Alert]:
    """What is to be known of a person at a moment: by kind, then the latest first."""
    held = list(facts)
    found = [
        *(_flag(fact) for fact in sound(held, "Flag") if is_current(fact.resource, at)),
        *_allergies(sound(held, "AllergyIntolerance")),
        *_of_messages(held),
        *_languages(sound(held, "Patient")),
    ]
    return sorted(_once(found), key=lambda alert: list(AlertKind).index(alert.kind))


def _once(found: Iterable[Alert]) -> list[Alert]:
    """The same words of one source once: a Patient that is sent again says nothing new."""
    seen: dict[tuple[AlertKind, str, str | None, str], Alert] = {}
    for alert in found:
        seen.setdefault((alert.kind, alert.words, alert.detail, alert.source), alert)
    return list(seen.values())


def _flag(fact: Fact) -> Alert:
    resource = fact.resource
    categories = [concept_text(category) for category in values(resource, "category")]
    return Alert(
        _kind_of(resource),
        concept_text(resource.get("code")) or next(filter(None, categories), None) or "Alert",
        joined(*categories, *_notes(resource)),
        since(resource, fact.event.recorded),
        reference_text(resource.get("author"), resource),
        fact.event.source,
        fact.event.id,
    )


def _kind_of(flag: Resource) -> AlertKind:
    said = {pair for category in values(flag, "category") for pair in codes(category)}
    adjustments = {code for system, code in said if system == ADJUSTMENT}
    flags = {code for system, code in said if system == PATIENT_FLAG}
    if adjustments & COMMUNICATION_CODES:
        return AlertKind.COMMUNICATION
    if adjustments or "NRAF" in flags:
        return AlertKind.ADJUSTMENT
    if flags & SAFEGUARDING_CODES or "safeguarding" in _words(flag):
        return AlertKind.SAFEGUARDING
    if "reasonable adjustment" in _words(flag):
        return AlertKind.ADJUSTMENT
    return AlertKind.ALERT


def _words(flag: Resource) -> str:
    return " ".join(filter(None, map(concept_text, values(flag, "category")))).casefold()


def _notes(flag: Resource) -> Iterator[str]:
    for extension in values(flag, "extension"):
        if text(extension.get("url")).endswith(NOTES):
            yield from (text(note) for note in values(extension, "valueAnnotation.text"))


def _allergies(facts: Iterable[Fact]) -> Iterator[Alert]:
    for fact in facts:
        resource = fact.resource
        said = {code for name in _STATUSES for _, code in codes(resource.get(name))}
        if not said & {*_RULED_OUT, "inactive", "resolved"}:
            reactions = [concept_text(one) for one in values(resource, "reaction.manifestation")]
            high = text(resource.get("criticality"))
            yield Alert(
                AlertKind.ALLERGY,
                concept_text(resource.get("code")) or "Allergy",
                joined(*reactions, f"criticality {high}" if high else None),
                moment(resource.get("onsetDateTime")) or fact.event.recorded,
                reference_text(resource.get("recorder"), resource),
                fact.event.source,
                fact.event.id,
            )


_STATUSES: Final = ("clinicalStatus", "verificationStatus")


def _of_messages(facts: Iterable[Fact]) -> Iterator[Alert]:
    """What the latest A60 of each source says: it tells the whole list (IAM, AL1)."""
    told: set[tuple[str, str | None]] = set()
    for fact in in_order(fact for fact in facts if fact.event.kind == "ADT^A60"):
        key = (fact.event.source, fact.event.subject)
        if key in told or fact.struck:
            continue
        told.add(key)
        message = parse(fact.event.text())
        for segment in (*message.segments("IAM"), *message.segments("AL1")):
            words = coded(segment, 3)
            if words and segment.text(6) != "D":
                reaction, at = coded(segment, 5), fact.event.recorded
                where = (fact.event.source, fact.event.id)
                yield Alert(AlertKind.ALLERGY, words, reaction, at, None, *where)


def _languages(patients: Iterable[Fact]) -> Iterator[Alert]:
    for fact in patients:
        for words, detail in _spoken(fact.resource):
            at, where = fact.event.recorded, (fact.event.source, fact.event.id)
            yield Alert(AlertKind.COMMUNICATION, words, detail, at, None, *where)


def _spoken(patient: Resource) -> Iterator[tuple[str, str | None]]:
    """Each language that is preferred or needs an interpreter, in words, and how to use it."""
    for one in values(patient, "communication"):
        language = concept_text(one.get("language"))
        said = _interpreted(one)
        if language and (one.get("preferred") is True or said):
            yield f"Speaks {language}", said
    for extension in values(patient, "extension"):
        if text(extension.get("url")).endswith(INTERPRETER) and extension.get("valueBoolean"):
            yield "Needs an interpreter", None
        if extension.get("url") == COMMUNICATES:
            parts = {text(p.get("url")): p for p in values(extension, "extension")}
            language = concept_text(parts.get("language", {}).get("valueCodeableConcept"))
            wants = parts.get("interpreterRequired", {}).get("valueBoolean")
            if language:
                modes = concept_text(parts.get("modeOfCommunication", {}).get(_CONCEPT))
                needs = "needs an interpreter" if wants is True else None
                yield f"Speaks {language}", joined(needs, modes)


_CONCEPT: Final = "valueCodeableConcept"


def _interpreted(communication: Resource) -> str | None:
    required = any(
        value is True
        for extension in values(communication, "extension")
        for value in (
            extension.get("valueBoolean"),
            *values(extension, "extension.valueBoolean"),
        )
        if text(extension.get("url")).endswith(INTERPRETER)
    )
    return "needs an interpreter" if required else None
