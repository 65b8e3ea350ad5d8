"""The reference data that fit the synthetic care system: the rows of each file of the folder."""

import csv
from collections.abc import Iterator
from pathlib import Path

from schemas.events import Sector
from services.simulator.organisations import (
    ORGANISATIONS,
    PRACTICES,
    SITES,
    SPECIALITY_CODES,
    wards,
)
from services.simulator.people import AREAS, Area, postcodes
from services.simulator.services import OFFERS

Rows = list[tuple[str, ...]]

SINCE = "2020-01-01"
EDITION = "IMD 2025 (synthetic)"
# Beds are for so many people; a simulated system of another size tells of its own by events.
_PEOPLE = 1_700


def rows() -> dict[str, Rows]:
    """The rows of each file by its name, the header first."""
    return {
        "organisations.csv": [
            ("code", "name", "sector"),
            *((one.source, one.name, one.sector.value) for one in ORGANISATIONS),
        ],
        "sites.csv": [("provider", "site", "name", "place"), *_sites()],
        "wards.csv": [
            ("provider", "site", "ward", "name", "specialty", "staffed_beds", "valid_from"),
            *_wards(),
        ],
        "specialties.csv": [
            ("code", "name"),
            *((code, name.capitalize()) for name, code in SPECIALITY_CODES.items()),
        ],
        "practices.csv": [
            (
                *("practice", "name", "neighbourhood", "neighbourhood_name"),
                *("place", "place_name", "valid_from"),
            ),
            *_practices(),
        ],
        "postcodes.csv": [
            ("postcode", "lsoa"),
            *((postcode, area.lsoa) for area in AREAS for postcode in postcodes(area)),
        ],
        "deprivation.csv": [
            ("lsoa", "decile", "edition"),
            *((area.lsoa, str(area.imd_decile), EDITION) for area in AREAS),
        ],
        "services.csv": [
            ("provider", "service", "name", "sector", "preventative", "neighbourhood"),
            *_services(),
        ],
    }


def code_of(name: str) -> str:
    """The code of a place or a neighbourhood: its name in lower case, hyphens for blanks."""
    return name.lower().replace(" ", "-")


def area_of(practice: str) -> Area:
    """An area of those that a practice (ODS code) looks after; all are in one neighbourhood."""
    return next(area for area in AREAS if area.practice.source == practice)


def _sites() -> Iterator[tuple[str, ...]]:
    providers = {ward.site: ward.organisation for ward in wards(_PEOPLE)}
    for site, name in SITES.items():
        provider = providers[site]
        place = "Moorside" if provider.source == "ZT2" else "Harbour Vale"
        yield provider.source, site, name, code_of(place)


def _wards() -> Iterator[tuple[str, ...]]:
    for ward in wards(_PEOPLE):
        provider, code = ward.organisation.source, SPECIALITY_CODES[ward.speciality]
        yield provider, ward.site, ward.code, ward.name, code, str(ward.staffed_beds), SINCE


def _practices() -> Iterator[tuple[str, ...]]:
    for practice in PRACTICES:
        area = area_of(practice.source)
        neighbourhood, place = area.neighbourhood, area.place
        codes = code_of(neighbourhood), neighbourhood, code_of(place), place
        yield practice.source, practice.name, *codes, SINCE


def _services() -> Iterator[tuple[str, ...]]:
    for offer in OFFERS:
        sector: Sector = offer.provider.sector
        said = (str(offer.preventative).lower(), str(offer.neighbourhood).lower())
        yield offer.provider.source, offer.code, offer.name, sector.value, *said


def write(folder: Path) -> None:
    """Write every file of the folder anew; makes the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in rows().items():
        with (folder / name).open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)
