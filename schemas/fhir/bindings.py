"""Codes that an element must be one of: the required bindings of FHIR R4 4.0.1."""

from collections.abc import Sequence
from typing import Final

_ENCOUNTER_STATUS: Final = (
    "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
)
_COMPARATOR: Final = "< <= >= >"

# Bindings that the models list in part (ending in "+") or not at all.
# Source: hl7.org/fhir/R4, the "required" value sets of the elements.
_WHOLE: Final[dict[str, str]] = {
    "Encounter.status": _ENCOUNTER_STATUS,
    "EncounterStatusHistory.status": _ENCOUNTER_STATUS,
    "Observation.status": (
        "registered preliminary final amended corrected cancelled entered-in-error unknown"
    ),
    "Task.status": (
        "draft requested received accepted rejected ready cancelled in-progress on-hold "
        "failed completed entered-in-error"
    ),
    "QuestionnaireItem.type": (
        "group display boolean decimal integer date dateTime time string text url choice "
        "open-choice attachment reference quantity"
    ),
    "OperationOutcomeIssue.code": (
        "invalid structure required value invariant security login unknown expired forbidden "
        "suppressed processing not-supported duplicate multiple-matches not-found deleted "
        "too-long code-invalid extension too-costly business-rule conflict transient lock-error "
        "no-store exception timeout incomplete throttled informational"
    ),
    "Composition.confidentiality": "U L M N R V",
    "TimingRepeat.when": (
        "MORN MORN.early MORN.late NOON AFT AFT.early AFT.late EVE EVE.early EVE.late NIGHT PHS "
        "HS WAKE C CM CD CV AC ACM ACD ACV PC PCM PCD PCV"
    ),
    "Age.comparator": _COMPARATOR,
    "Count.comparator": _COMPARATOR,
    "Distance.comparator": _COMPARATOR,
    "Duration.comparator": _COMPARATOR,
    "Quantity.comparator": _COMPARATOR,
}

# The endings with which the models say that a list of codes goes on.
_OPEN_ENDINGS: Final = frozenset({"+", "etc."})


def codes_of(element: str, listed: Sequence[str] | None) -> list[str] | None:
    """The codes that `element` ("Encounter.status") must be one of; None where any code will do.

    `listed` is what the model lists for it, taken only where it is the whole list.
    """
    if element in _WHOLE:
        return _WHOLE[element].split()
    if not listed or _OPEN_ENDINGS.intersection(listed):
        return None
    return list(listed)
