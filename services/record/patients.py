"""Who a person is, folded from what their sources said: FHIR Patients, HL7 v2 PIDs. Pure."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple
from unicodedata import combining, normalize

from schemas.events import CareEvent
from schemas.fhir.elements import concept_text, values
from schemas.hl7v2.demographics import patient_in
from schemas.identity import NHS_NUMBER_SYSTEM, is_nhs_number, is_verified

Resource = dict[str, Any]

# HL7, individual-pronouns: a coded word, or the person's own.
PRONOUNS = "http://hl7.org/fhir/StructureDefinition/individual-pronouns"
DAY_UNKNOWN = "unknown"
# The order in which a person's names are shown: FHIR R4 NameUse, what they are called now first.
NAME_USES = ("official", "usual", None, "temp", "nickname", "anonymous", "maiden", "old")


class Details(NamedTuple):
    """Who somebody is; `names`: the words of each name, `numbers`: every NHS number stated.

    `died`: the time of death as it was written, or `DAY_UNKNOWN`.
    """

    name: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    nhs_number: str | None = None
    verified: bool = False
    names: tuple[frozenset[str], ...] = ()
    numbers: frozenset[str] = frozenset()
    pronouns: str | None = None
    died: str | None = None


def details_of(facts: Iterable[CareEvent]) -> Details:
    """Who the facts say somebody is: each detail from the latest recorded that has it.

    A verified NHS number goes before any other; a number that fails its check is not shown.
    """
    latest = sorted(
        (fact for fact in facts if not fact.deleted),
        key=lambda fact: (fact.recorded, fact.id),
        reverse=True,
    )
    patients = [patient_in(fact) if fact.is_hl7v2 else fact.parsed() for fact in latest]
    stated = list(_nhs_numbers(patients))
    number, verified = max(stated, key=lambda each: each[1], default=(None, False))
    return Details(
        next((name for patient in patients if (name := _shown(patient))), None),
        _latest(patients, "birthDate"),
        _latest(patients, "gender"),
        number,
        verified,
        tuple(words_of(_text(name)) for patient in patients for name in _names(patient)),
        frozenset(number for number, _ in stated),
        next((said for patient in patients if (said := _pronouns(patient))), None),
        next((said for patient in patients if (said := _died(patient)) is not None), None) or None,
    )


def numbered(details: Details, number: str | None) -> Details:
    """The details with the number that the person is linked to, where no Patient fact has one."""
    return details if details.nhs_number else details._replace(nhs_number=number)


def only_number(keys: Iterable[str]) -> str | None:
    """The NHS number among a person's identities; None where there is none, or two."""
    numbers = {key.split("/")[1] for key in keys if key.startswith("nhs/")}
    return numbers.pop() if len(numbers) == 1 else None


def matches(details: Details, name: str, birth_date: str) -> bool:
    """True where the date of birth is theirs and each word begins a word of one of their names."""
    asked = words_of(name)
    return details.birth_date == birth_date and any(
        all(any(word.startswith(begin) for word in known) for begin in asked)
        for known in details.names
    )


def words_of(name: str) -> frozenset[str]:
    """The words of a name, for comparison: no case, accents, apostrophes or hyphens."""
    plain = "".join(c for c in normalize("NFKD", name) if not combining(c))
    return frozenset(re.sub(r"['’`.]", "", plain).casefold().replace("-", " ").split())


def age_on(said: str, today: date) -> int | None:
    """Whole years since a whole date of birth; None where it is not one, or is still to come."""
    try:
        birth = date.fromisoformat(said)
    except ValueError:
        return None
    age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    return age if age >= 0 else None


def nhs_number_text(number: str | None) -> str | None:
    """An NHS number as it is read out: 999 123 4567."""
    return f"{number[:3]} {number[3:6]} {number[6:]}" if number else None


def _nhs_numbers(patients: Iterable[Resource]) -> Iterable[tuple[str, bool]]:
    """Each NHS number that is valid, and whether its source has verified it."""
    for patient in patients:
        for identifier in patient.get("identifier", ()):
            number = identifier.get("value", "")
            if identifier.get("system") == NHS_NUMBER_SYSTEM and is_nhs_number(number):
                yield number, is_verified(identifier)


def _latest(patients: Iterable[Resource], element: str) -> str | None:
    return next((p[element] for p in patients if isinstance(p.get(element), str)), None)


def _pronouns(patient: Resource) -> str | None:
    """The person's pronouns, now: each extension has one, and a period in which it holds."""
    for extension in values(patient, "extension"):
        if extension.get("url") == PRONOUNS:
            parts = {part.get("url"): part for part in values(extension, "extension")}
            ended = "end" in (parts.get("period", {}).get("valuePeriod") or {})
            said = concept_text(parts.get("value", {}).get("valueCodeableConcept"))
            if said and not ended:
                return said
    return None


def _died(patient: Resource) -> str | None:
    """When the person died; empty where it is said that they did not, None where nothing is."""
    at, said = patient.get("deceasedDateTime"), patient.get("deceasedBoolean")
    if isinstance(at, str) and at:
        return at
    return None if said is None else DAY_UNKNOWN if said is True else ""


def _shown(patient: Resource) -> str | None:
    names = sorted(_names(patient), key=lambda name: _preference(name.get("use")))
    return next((text for name in names if (text := _text(name))), None)


def _names(patient: Resource) -> list[Resource]:
    return [name for name in patient.get("name", ()) if isinstance(name, dict)]


def _preference(use: str | None) -> int:
    return NAME_USES.index(use) if use in NAME_USES else len(NAME_USES)


def _text(name: Resource) -> str:
    """A HumanName in words: its text, else its given names and its family name."""
    parts = [*(given for given in name.get("given", ()) if given), name.get("family")]
    return name.get("text") or " ".join(part for part in parts if part)
