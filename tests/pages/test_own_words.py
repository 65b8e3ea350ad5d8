"""A person's own words, written down by themself and with those who care for them."""

import re

import pytest

from services.pages import about_me_words
from tests.builders import nhs_number, verified
from tests.pages import ada
from tests.pages.browser import PHONE
from tests.pages.conftest import Visit
from tests.pages.town import Town

CLINICIAN = "Priya Demo"
NUMBER = nhs_number(60_011) or ""
MOST, WELLNESS = "What is most important to me", "My wellness"


@pytest.fixture(scope="module")
def record(place: Town) -> str:
    """Where the record of somebody is who has said nothing of themself yet."""
    name = [{"family": "Example", "given": ["Grace"]}]
    told = {"id": "grace", "name": name, "generalPractitioner": [ada.SURGERY]}
    place.tell([(ada.PRACTICE, verified(NUMBER, **told))])
    place.until_caught_up()
    return f"/people/{place.person(NUMBER, ada.PRACTICE)}"


def test_what_they_say_is_written_down_with_them(
    visit: Visit, record: str, size: tuple[int, int]
) -> None:
    # Given somebody who gives care, at the record of a person
    someone = visit(size)
    someone.signs_in(CLINICIAN, record)
    # When they open the form
    someone.page.get_by_role("link", name="Write down what they say, with them").click()
    assert "Grace Example" in someone.heading()
    someone.finds_it_accessible()
    someone.keeps_screen("about-me-edit")
    # And save it with nothing in it
    for field in someone.page.get_by_role("textbox").all():
        field.fill("")
    someone.page.get_by_role("button", name="Save").click()
    # Then they are led to where something has to be written
    someone.page.get_by_role("link", name=about_me_words.SAY_SOMETHING.text).click()
    assert someone.page.get_by_label(MOST).evaluate("it => it === document.activeElement")
    someone.finds_it_accessible()
    someone.keeps_screen("about-me-error")
    someone.wrong.clear()  # the console says 400
    # And once they have, by the keyboard alone, it is on the record
    someone.page.keyboard.type(f"My garden, {size[0]} steps long")
    someone.tabs_to(someone.page.get_by_role("button", name="Save"))
    someone.page.keyboard.press("Enter")
    someone.page.wait_for_url(f"**{record}?saved=about-me")
    assert "Saved." in someone.page.get_by_role("alert").inner_text()
    about = someone.page.get_by_role("region", name="About me", exact=True)
    assert f"My garden, {size[0]} steps long" in about.inner_text()
    someone.finds_it_accessible()
    someone.keeps_screen("about-me-saved")


def test_who_saves_second_is_told_and_sees_both(visit: Visit, record: str) -> None:
    # Given two who opened the form
    first, second = visit(), visit(PHONE)
    for someone in (first, second):
        someone.signs_in(CLINICIAN, f"{record}/about-me")
    # When both save
    first.page.get_by_label(WELLNESS).fill("I tire by noon")
    first.page.get_by_role("button", name="Save").click()
    first.page.wait_for_url("**?saved=about-me")
    second.page.get_by_label(WELLNESS).fill("Good days since spring")
    second.page.get_by_role("button", name="Save").click()
    # Then the second sees what the first wrote beside their own words
    assert "Somebody else saved other words" in second.page.get_by_role("alert").inner_text()
    assert "I tire by noon" in second.page.locator("#wellness-now").inner_text()
    assert second.page.get_by_label(WELLNESS).input_value() == "Good days since spring"
    second.finds_it_accessible()
    second.keeps_screen("about-me-came-between")
    second.wrong.clear()  # the console says 409
    # And what they make of both is on the record
    second.page.get_by_label(WELLNESS).fill("I tire by noon, less since spring")
    second.page.get_by_role("button", name="Save").click()
    second.page.wait_for_url("**?saved=about-me")
    about = second.page.get_by_role("region", name="About me", exact=True)
    assert "less since spring" in about.inner_text()


def test_the_person_themself_writes_without_scripts(visit: Visit, record: str) -> None:
    me = visit(java_script_enabled=False)
    me.goes_to("/sign-in")
    me.page.get_by_role("button", name="Sign in").click()
    me.page.get_by_label("A person, for their own record").check()
    me.page.get_by_label("Record of that person").fill(record)
    me.page.get_by_role("button", name="Sign in").click()
    led = me.page.get_by_role("main").get_by_role("link")
    assert [one.inner_text() for one in led.all()] == ["My record", "My own words"]
    led.filter(has_text="My own words").click()
    assert me.heading().startswith("My own words")
    me.page.get_by_label(re.compile("People who are important")).fill("My sister Joan")
    me.page.get_by_role("button", name="Save").click()
    me.page.wait_for_url(f"**{record}?saved=about-me")
    about = me.page.get_by_role("region", name="About me", exact=True).inner_text()
    assert "My sister Joan" in about
    assert "by A person" in about
    assert "Change my own words" in about
