"""Who and where somebody is, in the words of the measures, whichever format says it."""

import re
from collections.abc import Iterable
from typing import Final

CARE_HOME: Final = "care-home"
# Source: NHS Data Dictionary, ethnic_category. A second character is for local use.
_ETHNIC: Final = frozenset("ABCDEFGHJKLMNPRSZ")
_NOT_KNOWN: Final = "99"
_LONGEST_CODE: Final = 2
_INWARD: Final = 3
_POSTCODE: Final = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}", re.ASCII)
_HOME: Final = re.compile(r"\b(?:care|nursing|residential) home\b", re.IGNORECASE)


def ethnicity(code: str) -> str | None:
    """The ethnic category of a code: A to S, Z (not stated) or 99 (not known); None for others."""
    code = code.strip().upper()
    if code == _NOT_KNOWN:
        return code
    known = len(code) <= _LONGEST_CODE and code[:1] in _ETHNIC
    return code[0] if known and code else None


def postcode(said: str) -> str | None:
    """A postcode in upper case with one space; None where it has not the form of one."""
    packed = "".join(said.split()).upper()
    if _POSTCODE.fullmatch(packed) is None:
        return None
    return f"{packed[:-_INWARD]} {packed[-_INWARD:]}"


def says_care_home(lines: Iterable[str]) -> bool:
    """Whether the lines of an address call it a care home."""
    return any(_HOME.search(line) for line in lines)
