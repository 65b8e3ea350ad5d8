"""What the parts of a figure are called: codes in the words that people say. Pure."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from schemas.measure import Dimension
from services.operations.models import Row
from services.pages import words
from services.pages.words import UNKNOWN

# What codes of reference data are called, by dimension; a ward's code comes after its site's.
Names = Mapping[Dimension, Mapping[str, str]]
NO_NAMES: Final[Names] = {}
# A code is its provider's, or its site's: the same code elsewhere is another one.
_PLACED: Final = {
    Dimension.SITE: ("provider", "site"),
    Dimension.WARD: ("provider", "site", "ward"),
}
_TITLES: Final = {
    Dimension.COHORT: "Target group",
    Dimension.CLASS: "Kind of visit",
    Dimension.DEPRIVATION: "Deprivation of the area",
    Dimension.ETHNICITY: "Ethnic category",
    Dimension.AGE: "Age band",
    Dimension.HOUR: "Hour of the day",
}
# Codes of Encounter.class.
CLASSES: Final = {
    "IMP": "inpatient",
    "ACUTE": "acute inpatient",
    "NONAC": "inpatient, not acute",
    "SS": "short stay",
    "OBSENC": "under observation",
    "EMER": "emergency",
    "AMB": "outpatient",
    "HH": "at home",
    "VR": "virtual",
}
# Source: gov.uk, hospital discharge and community support guidance, Annex B.
_PATHWAYS: Final = {
    "0": "0: home, no new need",
    "1": "1: home with support",
    "2": "2: community bed",
    "3": "3: bed-based long-term care",
}
_FIFTHS: Final = {"1": "1, the most deprived fifth", "5": "5, the least deprived fifth"}
# Source: NHS Data Dictionary, ethnic category.
_ETHNIC: Final = {
    "A": "White: British",
    "B": "White: Irish",
    "C": "Any other White background",
    "D": "Mixed: White and Black Caribbean",
    "E": "Mixed: White and Black African",
    "F": "Mixed: White and Asian",
    "G": "Any other mixed background",
    "H": "Asian or Asian British: Indian",
    "J": "Asian or Asian British: Pakistani",
    "K": "Asian or Asian British: Bangladeshi",
    "L": "Any other Asian background",
    "M": "Black or Black British: Caribbean",
    "N": "Black or Black British: African",
    "P": "Any other Black background",
    "R": "Chinese",
    "S": "Any other ethnic group",
    "Z": "Not stated",
    "99": "Not known",
}
_OF_REASONS: Final = "delay-"
# What stands for no part: these come last.
NOT_SAID: Final = frozenset({UNKNOWN, "unknown", "Z", "99"})


def title(dimension: str) -> str:
    """What a dimension is called: "Target group"."""
    return _TITLES.get(Dimension(dimension), words.spaced(dimension).capitalize())


def key(by: str, row: Row) -> tuple[str, ...]:
    """The codes that name a part, a ward's after its provider's and its site's."""
    columns = _PLACED.get(Dimension(by), ("visit_class" if by == Dimension.CLASS else by,))
    return tuple(_code(getattr(row, column)) for column in columns)


def _code(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return UNKNOWN if value is None else str(value)


def name(by: str, codes: tuple[str, ...], names: Names) -> str:
    """What a part is called; a code that has no name is left as it is."""
    dimension, code = Dimension(by), codes[-1]
    known = names.get(dimension, {}).get("/".join(codes))
    if known is not None:
        return f"{known} ({code})" if dimension in _CODES_SHOWN else known
    return _SAID.get(dimension, str)(code)


# People of a hospital know these by their codes as well.
_CODES_SHOWN: Final = frozenset({Dimension.PROVIDER, Dimension.SITE, Dimension.WARD})

_SHORT: Final = _CODES_SHOWN | {Dimension.ETHNICITY, Dimension.DEPRIVATION}


def whole_name(by: str, codes: tuple[str, ...], names: Names) -> str:
    """The same where no heading tells the provider and the site: with these before it."""
    above = (Dimension.PROVIDER, Dimension.SITE)[: len(codes) - 1]
    told = [name(one, codes[: n + 1], names) for n, one in enumerate(above)]
    return ", ".join([*told, name(by, codes, names)])


def label(by: str, codes: tuple[str, ...], names: Names) -> str:
    """What a part is called where there is little room: by its code, if people know that."""
    return codes[-1] if Dimension(by) in _SHORT else name(by, codes, names)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _coded(code: str) -> str:
    return _capital(words.spaced(code.removeprefix(_OF_REASONS)))


def _among(known: Mapping[str, str]) -> Callable[[str], str]:
    return lambda code: _capital(known.get(code, code))


def _hour(code: str) -> str:
    return f"{int(code):02d}:00 to {int(code):02d}:59" if code.isdecimal() else _capital(code)


_SAID: Final[Mapping[Dimension, Callable[[str], str]]] = {
    Dimension.DAY: lambda code: words.day(date.fromisoformat(code)),
    Dimension.HOUR: _hour,
    Dimension.CLASS: _among(CLASSES),
    Dimension.PATHWAY: _among(_PATHWAYS),
    Dimension.DEPRIVATION: _among(_FIFTHS),
    Dimension.ETHNICITY: _among(_ETHNIC),
    Dimension.COHORT: _coded,
    Dimension.REASON: _coded,
    Dimension.PLACE: _coded,
    Dimension.NEIGHBOURHOOD: _coded,
    Dimension.AGE: _capital,
    Dimension.SEX: _capital,
}
