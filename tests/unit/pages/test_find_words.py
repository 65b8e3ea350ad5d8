"""What the form that finds a person takes, and what it says of whom it found."""

from uuid import UUID

import pytest

from services.pages import find_words
from services.pages.find_words import Asked
from services.record.models import PersonFound, Search
from tests.builders import NHS_NUMBER, wrong_check_digit


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(), find_words.SAY_WHOM),
        (Asked(number="1"), find_words.NOT_A_NUMBER),
        (Asked(number=wrong_check_digit(NHS_NUMBER)), find_words.NOT_A_NUMBER),
        (Asked(number=NHS_NUMBER, name="Ada"), find_words.ONE_WAY),
        (Asked(number=NHS_NUMBER, year="1948"), find_words.ONE_WAY),
        (Asked(name="Ada"), find_words.NO_DAY_ASKED),
        (Asked(day="1"), find_words.NO_NAME_ASKED),
        (Asked(name="Ada", day="30", month="2", year="1948"), find_words.NOT_A_DAY),
        (Asked(name="Ada", day="x", month="2", year="1948"), find_words.NOT_A_DAY),
        (Asked(name="Ada", day="1", month="2", year="9" * 30), find_words.NOT_A_DAY),
        (Asked(name="Ada", day="1", month="2"), find_words.NOT_A_DAY),
        (Asked(number=f" {NHS_NUMBER[:3]} {NHS_NUMBER[3:]}"), Search(nhs_number=NHS_NUMBER)),
        (
            Asked(name="Ada", day="9", month="3", year="1941"),
            Search(name="Ada", birth_date="1941-03-09"),
        ),
    ],
)
def test_one_looks_for_a_number_or_for_a_name_and_a_day(asked: Asked, said: object) -> None:
    assert find_words.search(asked) == said


def test_blanks_around_what_is_filled_in_do_not_count() -> None:
    form = {"number": " 1 ", "name": "\t", "born[day]": " 2"}
    assert find_words.asked(form) == Asked("1", "", "2", "", "")


def test_whoever_is_found_is_told_apart_by_birth_and_number() -> None:
    found = PersonFound(
        person_id=UUID(int=7),
        name=None,
        birth_date="1941-03",
        sex=None,
        nhs_number=NHS_NUMBER,
        nhs_number_text="999 000 0026",
        nhs_number_verified=True,
    )
    assert find_words.found([found]) == [
        (f"/people/{UUID(int=7)}", "Name not known", "March 1941", "999 000 0026")
    ]
