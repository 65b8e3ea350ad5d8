"""The reference data that come with the product are those of the simulated care system."""

import csv
from pathlib import Path

import pytest

from services.simulator import simulate
from services.simulator.people import AREAS, postcodes
from services.simulator.reference import rows

FOLDER = Path(__file__).parents[3] / "deploy" / "reference"


@pytest.mark.parametrize("name", sorted(rows()))
def test_the_files_are_what_the_simulator_says(name: str) -> None:
    with (FOLDER / name).open(newline="") as file:
        assert [tuple(row) for row in csv.reader(file)] == rows()[name]


def test_a_postcode_lies_in_one_area_and_everybody_has_one() -> None:
    area_of = {postcode: area for area in AREAS for postcode in postcodes(area)}
    assert len(area_of) == sum(len(postcodes(area)) for area in AREAS)
    for person in simulate(200, 1, seed=3).people:
        assert area_of[person.household.postcode] == person.household.area
