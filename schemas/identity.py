"""How a source identity is written, and when an NHS number may be believed."""

import re
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from nhs_number.validate import is_valid

NHS_NUMBER_SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"
# An identity as it is known here: for what is written here about somebody without a number.
IDENTITY_SYSTEM = "urn:throughline:identity"
VERIFICATION_EXTENSION = (
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
)
PRESENT_AND_VERIFIED = frozenset({"01", "number-present-and-verified"})
NHS_NUMBER_DIGITS = 10
# PostgreSQL indexes 2,704 bytes; three names of four-byte characters fit.
LONGEST_NAME = 200
# The source of the identities that NHS numbers are.
NHS = "nhs"
_NHS = re.compile(r"(?P<bare>nhs/[0-9]{10})(?P<born>/.+)?")


def indexable(name: str) -> str:
    """The name as keys hold it: one that is too long for an index is cut and ends in a digest."""
    if len(name) <= LONGEST_NAME:
        return name
    digest = blake2b(name.encode(), digest_size=16).hexdigest()
    return f"{name[: LONGEST_NAME - len(digest) - 1]}~{digest}"


def nhs_key(number: str) -> str:
    """The identity that an NHS number is, whoever quotes it."""
    return f"nhs/{number}"


def nhs_born_key(number: str, birth_date: str) -> str:
    """The identity of an NHS number with its date of birth: two births are two people."""
    return f"nhs/{number}/{birth_date}"


def bare_of(key: str) -> str | None:
    """The NHS number alone that an identity is, or is with a date of birth; else None."""
    found = _NHS.fullmatch(key)
    return found["bare"] if found else None


def birth_in(key: str) -> str | None:
    """The date of birth that an NHS number was proven with; None for any other identity."""
    found = _NHS.fullmatch(key)
    return found["born"][1:] if found and found["born"] else None


def is_proven(key: str) -> bool:
    """True for an NHS number with a date of birth: what only a verified number gives."""
    found = _NHS.fullmatch(key)
    return found is not None and found["born"] is not None


def local_key(source: str, patient_id: str) -> str:
    """The identity that a source gives by the logical id of its Patient resource."""
    return indexable(f"{source}/Patient/{patient_id}")


def identifier_key(source: str, system: str, value: str) -> str:
    """The identity that a source gives by an identifier of its own."""
    return indexable(f"{source}/id/{system}|{value}")


@lru_cache(maxsize=4096)
def is_nhs_number(value: str) -> bool:
    """Ten digits, the check digit right, and not one digit ten times.

    Source: NHS Data Dictionary, nhs_number; definitions, section 3.
    """
    digits = value.isascii() and value.isdigit() and len(value) == NHS_NUMBER_DIGITS
    return digits and len(set(value)) > 1 and bool(is_valid(value))


def is_verified(identifier: dict[str, Any]) -> bool:
    """True where a UK Core identifier says that its NHS number is present and verified (01)."""
    return any(
        coding.get("code") in PRESENT_AND_VERIFIED
        for extension in identifier.get("extension", ())
        if extension.get("url") == VERIFICATION_EXTENSION
        for coding in extension.get("valueCodeableConcept", {}).get("coding", ())
    )
