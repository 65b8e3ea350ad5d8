"""Breaking the glass, as somebody uses it whom nothing ties to the person."""

import re

import pytest

from tests.builders import nhs_number, verified
from tests.pages.browser import Visitor
from tests.pages.conftest import Visit
from tests.pages.town import Town

CLINICIAN = "Priya Demo"
ELSEWHERE = "ZX7"
NAME = "Tomas Example"


@pytest.fixture(scope="module")
def stranger(place: Town) -> str:
    """Where the record of somebody is whom nothing ties to anybody who signs in here."""
    number = nhs_number(60_012) or ""
    name = [{"given": ["Tomas"], "family": "Example"}]
    place.tell([(ELSEWHERE, verified(number, id="tomas", name=name))])
    place.until_caught_up()
    return f"/people/{place.person(number, ELSEWHERE)}"


def at(visit: Visit, path: str, **more: object) -> Visitor:
    someone = visit(**more)
    someone.signs_in(CLINICIAN, path)
    someone.wrong.clear()  # the console says 403
    return someone


def test_who_has_no_access_is_told_why_and_what_breaking_the_glass_means(
    visit: Visit, stranger: str, size: tuple[int, int]
) -> None:
    someone = at(visit, stranger, size=size)
    assert someone.heading() == "You do not have access to this record"
    assert "Tomas" not in someone.page.content()
    someone.finds_it_accessible()
    someone.keeps_screen("break-glass")
    someone.page.get_by_role("button", name="Break the glass").click()
    summary = someone.page.get_by_role("alert")
    assert "Select why you have to look" in summary.inner_text()
    summary.get_by_role("link", name="Say in your own words").click()
    assert someone.page.get_by_label("What has happened").evaluate(
        "it => it === document.activeElement"
    )
    someone.finds_it_accessible()
    someone.keeps_screen("break-glass-error")
    someone.wrong.clear()  # the console says 400


def test_a_broken_glass_opens_the_record_by_the_keyboard_alone(visit: Visit, stranger: str) -> None:
    someone = at(visit, stranger)
    someone.tabs_to(someone.page.get_by_label(re.compile("An emergency")))
    someone.page.keyboard.press("Space")
    someone.tabs_to(someone.page.get_by_label("What has happened"))
    someone.page.keyboard.type("Found unconscious at the roadside, no papers on them.")
    someone.tabs_to(someone.page.get_by_role("button", name="Break the glass"))
    someone.page.keyboard.press("Enter")
    someone.page.wait_for_url(f"**{stranger}")
    assert someone.heading() == NAME
    banner = someone.page.get_by_role("region", name="Broken glass")
    assert re.search(r"You broke the glass, until \d+:\d\d[ap]m", banner.inner_text())
    assert "An emergency: Found unconscious" in banner.inner_text()
    someone.finds_it_accessible()
    someone.keeps_screen("person-broken-glass")


def test_it_is_whole_without_scripts(visit: Visit, place: Town, size: tuple[int, int]) -> None:
    number = nhs_number(60_020 + size[0]) or nhs_number(60_021 + size[0]) or ""
    place.tell([(ELSEWHERE, verified(number, id=f"nobody-{size[0]}"))])
    place.until_caught_up()
    path = f"/people/{place.person(number, ELSEWHERE)}"
    someone = at(visit, path, size=size, java_script_enabled=False)
    someone.page.get_by_label(re.compile("I am giving them care")).check()
    someone.page.get_by_role("button", name="Break the glass").click()
    assert someone.page.get_by_label(re.compile("I am giving them care")).is_checked()
    someone.page.get_by_label("What has happened").fill("New to us today, seen at the door.")
    someone.page.get_by_role("button", name="Break the glass").click()
    someone.page.wait_for_url(f"**{path}")
    assert someone.page.get_by_text("You broke the glass, until").is_visible()
    someone.wrong.clear()  # the console says 400


def test_who_gives_no_care_is_offered_no_glass_to_break(visit: Visit, stranger: str) -> None:
    someone = visit()
    someone.signs_in("Olu Demo", stranger)
    assert someone.heading() == "You do not have access to this page"
    assert someone.page.get_by_role("button", name="Break the glass").count() == 0
    someone.wrong.clear()  # the console says 403
