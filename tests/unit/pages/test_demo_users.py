"""Whom a development stack lets one be."""

import pytest

from services.access.viewer import Role
from services.pages.demo_users import DEMO_USERS, THEMSELF, chosen, viewer_of

RECORD = "5bb57a61-0000-4000-8000-00000000000a"


@pytest.mark.parametrize(
    "said", [RECORD, RECORD.upper(), f"http://127.0.0.1:8080/people/{RECORD}?saved=about-me#now"]
)
def test_whoever_has_a_record_is_that_person_by_its_address(said: str) -> None:
    assert chosen(THEMSELF, said) == RECORD
    person = viewer_of(RECORD)
    assert (person.user, person.role) == (RECORD, Role.PERSON)


@pytest.mark.parametrize("said", ["", "Ada", RECORD[:-1]])
def test_without_a_record_one_is_nobody(said: str) -> None:
    assert chosen(THEMSELF, said) is None
    assert chosen(RECORD, "") is None
    assert chosen("", RECORD) is None


def test_a_demo_user_is_whom_they_were_chosen_for() -> None:
    for user, viewer in DEMO_USERS.items():
        assert chosen(user, "") == user
        assert viewer_of(user) == viewer
