"""The page for publishers names all that is read for measures."""

from pathlib import Path

from streams.traits.elements import COHORTS, DISCHARGE
from streams.traits.organisations import STAFFED_BEDS_EXTENSION, WTE_EXTENSION
from streams.traits.people import RESIDENCE_EXTENSION
from streams.traits.read import READERS
from streams.traits.surveys import INSTRUMENTS

PAGE = Path(__file__).parents[3] / "docs" / "measured.md"


def test_the_page_names_every_type_system_extension_and_instrument() -> None:
    addresses = (COHORTS, DISCHARGE, RESIDENCE_EXTENSION, WTE_EXTENSION, STAFFED_BEDS_EXTENSION)
    instruments = (f"/{name}" for name in INSTRUMENTS)
    said = PAGE.read_text(encoding="utf-8")
    for name in (*READERS, *addresses, *instruments):
        assert f"`{name}`" in said, name
