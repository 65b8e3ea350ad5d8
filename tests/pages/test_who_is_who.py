"""Staff look at two records side by side, decide whether they are one person, and undo it."""

import re

import pytest

from tests.builders import nhs_identifier, nhs_number, patient, verified
from tests.pages import ada
from tests.pages.browser import Visitor
from tests.pages.conftest import Visit
from tests.pages.town import Town

CLINICIAN = "Priya Demo"
NUMBER = nhs_number(60_012) or ""
HOME = {"use": "home", "line": ["12 Mill Lane"], "city": "Leeds", "postalCode": "LS6 1AB"}
QUEUE = "/identities/reviews"


@pytest.fixture(scope="module")
def in_doubt(place: Town) -> str:
    """Where the record of somebody is whose number another record quotes too."""
    surgery = {"generalPractitioner": [ada.SURGERY], "gender": "female"}
    known = surgery | {"name": [{"family": "Example", "given": ["Mary", "Ann"]}], "address": [HOME]}
    other = surgery | {"name": [{"family": "Example", "given": ["Mary"]}]}
    quoting = patient(id="mary-2", identifier=[nhs_identifier(NUMBER)], **other)
    quoting["birthDate"] = "1948-02-28"
    place.tell([(ada.PRACTICE, verified(NUMBER, id="mary-1", **known)), (ada.HOSPITAL, quoting)])
    place.until_caught_up()
    return f"/people/{place.person(NUMBER, ada.PRACTICE)}"


def review(someone: Visitor) -> None:
    """Go to the question about her, however many others there are."""
    someone.goes_to(QUEUE)
    box = someone.page.get_by_role("listitem").filter(has_text="mary-2")
    box.get_by_role("link").first.click()


def cell(someone: Visitor, name: str) -> str:
    return someone.page.get_by_role("row", name=re.compile(f"^{name}")).inner_text()


def test_two_records_are_joined_after_a_look_at_both_and_parted_again(
    visit: Visit, in_doubt: str, size: tuple[int, int]
) -> None:
    # Given somebody who gives care to both
    someone = visit(size)
    someone.signs_in(CLINICIAN)
    someone.page.get_by_role("main").get_by_role("link", name="Who is who").click()
    someone.finds_it_accessible()
    someone.keeps_screen("reviews")
    # When they look at the question
    review(someone)
    assert "Agrees in part" in cell(someone, "Name")
    assert "Differs" in cell(someone, "Born")
    assert "LS6" in cell(someone, "Postcode area")
    someone.finds_it_accessible()
    someone.keeps_screen("review")
    # And answer it by the keyboard alone
    someone.tabs_to(someone.page.get_by_label("They are one person"))
    someone.page.keyboard.press("Space")
    someone.tabs_to(someone.page.get_by_label("How do you know?"))
    someone.page.keyboard.type("Seen at the desk with her passport")
    someone.tabs_to(someone.page.get_by_role("button", name="Go on"))
    someone.page.keyboard.press("Enter")
    # Then they are told what will happen before it does
    someone.page.get_by_role("heading", name="Join the records?").wait_for()
    assert "in one timeline" in someone.page.get_by_role("main").inner_text()
    someone.finds_it_accessible()
    someone.keeps_screen("review-confirm")
    someone.page.get_by_role("button", name="Join the records").click()
    assert (
        "They are one person in the record now." in someone.page.get_by_role("alert").inner_text()
    )
    someone.finds_it_accessible()
    someone.keeps_screen("decision")
    # And her page says who said so
    someone.goes_to(in_doubt)
    someone.page.get_by_role("link", name="By what they are known").click()
    said = someone.page.get_by_role("region", name="Who says that it is one person")
    assert "Seen at the desk with her passport" in said.inner_text()
    someone.finds_it_accessible()
    someone.keeps_screen("identities")
    # And it can be taken back
    said.get_by_role("link", name=re.compile("^Take this back")).first.click()
    someone.page.get_by_role("button", name="Take it back").click()
    assert (
        "They are two people in the record now." in someone.page.get_by_role("alert").inner_text()
    )
    review(someone)
    assert "Agrees in part" in cell(someone, "Name")


def test_it_is_decided_without_scripts_and_what_is_wrong_is_said(
    visit: Visit, in_doubt: str
) -> None:
    someone = visit(java_script_enabled=False)
    someone.signs_in(CLINICIAN)
    review(someone)
    someone.page.get_by_role("button", name="Go on").click()
    assert "Choose what to do" in someone.page.get_by_role("alert").inner_text()
    someone.wrong.clear()  # the console says 400
    someone.page.get_by_label("They are two people").check()
    someone.page.get_by_label("How do you know?").fill("Two passports")
    someone.page.get_by_role("button", name="Go on").click()
    someone.page.get_by_role("button", name="Keep them apart").click()
    assert (
        "They are two people in the record now." in someone.page.get_by_role("alert").inner_text()
    )
    someone.page.get_by_role("button", name="Take it back").click()
    someone.page.get_by_text("Taken back on").wait_for()
