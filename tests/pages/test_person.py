"""A person's record as those who give care use it."""

import json
import re

import pytest

from services.pages import person
from services.pages.board import Lag
from tests.builders import nhs_number, verified
from tests.pages import ada
from tests.pages.browser import Visitor
from tests.pages.conftest import Visit
from tests.pages.town import Town

CLINICIAN = "Priya Demo"
NOBODY = "/people/00000000-0000-4000-8000-000000000000"


@pytest.fixture
def priya(visit: Visit, record: str) -> Visitor:
    """Somebody who gives care, at the record of a person."""
    someone = visit()
    someone.signs_in(CLINICIAN, record)
    return someone


def part(someone: Visitor, name: str) -> str:
    return someone.page.get_by_role("region", name=name, exact=True).inner_text()


def test_the_record_is_accessible_and_as_wide_as_the_window(
    visit: Visit, record: str, size: tuple[int, int]
) -> None:
    someone = visit(size)
    someone.signs_in(CLINICIAN, record)
    assert someone.heading() == ada.NAME
    someone.finds_it_accessible()
    someone.keeps_screen("person")


def test_nobody_has_to_repeat_their_story(priya: Visitor) -> None:
    banner = part(priya, "Whose record this is")
    for words in ("9 March 1941", "she/her", "999 049 9985", "Penicillin", "Safeguarding"):
        assert words in banner, words
    assert "Needs a quiet place" in banner
    assert "Large print" in banner
    assert "Biscuit" in part(priya, "About me")
    now = part(priya, "Where they are now")
    assert "In a hospital bed" in now
    assert "ZT101-W02" in now
    assert re.search(r"Expected discharge\s+\d+ \w+ \d{4}", now)
    team = part(priya, "Who is involved")
    assert re.search(r"Sam Okafor, Care coordinator\s+Ask first", team)
    assert "01632 960 017" in team
    open_ones = part(priya, "Open referrals")
    assert "Silent handoff" in open_ones
    assert re.search(r"What happens next\s+The appointment that is booked", open_ones)
    assert "Walk to the shop and back" in part(priya, "Care plans and goals")
    assert "Twice, both times in the bathroom" in part(priya, "What has already been asked")


def test_what_was_a_mistake_is_struck_through_with_what_replaced_it(priya: Visitor) -> None:
    line = priya.page.locator(".tl-line--struck", has_text="Clinic letter").first
    assert line.locator("s").first.inner_text() == "Clinic letter"
    assert "No longer holds. What stands for it now: Clinic letter, corrected" in line.inner_text()
    line.get_by_role("link", name="Clinic letter, corrected").click()
    assert priya.page.get_by_role("region", name="The original").is_visible()
    priya.page.go_back()
    weight = priya.page.locator(".tl-line--struck", has_text="Weight")
    assert "It was a mistake" in weight.inner_text()


def test_the_timeline_is_narrowed_and_the_address_says_so(priya: Visitor, record: str) -> None:
    priya.page.get_by_label("Kind", exact=True).select_option(label="Contact")
    priya.page.get_by_label("Service", exact=True).select_option(ada.COMMUNITY)
    priya.page.get_by_role("button", name="Show").click()
    priya.page.wait_for_url(f"**{record}?kind=contact&service=ZC1*")
    kinds = priya.page.locator(".tl-kind").all_inner_texts()
    assert set(kinds) == {"Contact"}
    assert "8 entries as asked for" in part(priya, "Timeline")
    priya.page.get_by_role("link", name="Show everything").click()
    assert priya.page.get_by_label("Kind", exact=True).input_value() == ""


def test_the_year_is_drawn_and_is_a_table_too(priya: Visitor) -> None:
    drawn = priya.page.get_by_role("img", name=re.compile("Hospital stays, 2 in the year"))
    assert drawn.locator("rect").count() == 2
    priya.page.get_by_text("The same as a table").click()
    table = priya.page.locator("#year-table")
    assert table.is_visible()
    assert table.get_by_text("goes on").count() > 0
    priya.finds_it_accessible()


def test_it_is_used_with_the_keyboard_alone(priya: Visitor) -> None:
    priya.tabs_to(priya.page.get_by_role("link", name="About me", exact=True))
    timeline = priya.page.get_by_role("link", name="Timeline", exact=True)
    priya.tabs_to(timeline)
    priya.page.keyboard.press("Enter")
    priya.page.wait_for_url("**#timeline")
    priya.tabs_to(priya.page.get_by_label("Kind", exact=True))
    priya.tabs_to(priya.page.get_by_role("button", name="Show"))


def test_it_is_whole_without_scripts(visit: Visit, record: str, size: tuple[int, int]) -> None:
    someone = visit(size, java_script_enabled=False)
    someone.signs_in(CLINICIAN, record)
    assert "Biscuit" in part(someone, "About me")
    before = someone.page.get_by_text("What they said before")
    before.click()
    assert someone.page.get_by_text("I tire easily").first.is_visible()


def test_on_paper_there_is_the_record_and_nothing_to_press(priya: Visitor) -> None:
    priya.page.emulate_media(media="print")
    assert not priya.page.get_by_role("button", name="Show").is_visible()
    assert not priya.page.get_by_role("navigation", name="On this page").is_visible()
    assert priya.page.get_by_text("Biscuit").first.is_visible()
    priya.page.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dots an inch
    priya.keeps_screen("person-on-paper")


def test_the_record_is_taken_away_as_a_bundle_under_a_name_that_names_nobody(
    priya: Visitor, place: Town
) -> None:
    link = priya.page.get_by_role("link", name="Download the record as FHIR (JSON)")
    with priya.page.expect_download() as started:
        link.click()
    assert started.value.suggested_filename == "record.json"
    taken = json.loads(started.value.path().read_bytes())
    assert (taken["resourceType"], taken["total"]) == ("Bundle", len(taken["entry"]))
    assert "Biscuit" in json.dumps(taken)


def test_a_record_that_lags_behind_says_so(priya: Visitor, place: Town, record: str) -> None:
    (worker,) = place.running.children("worker")
    worker.suspend()
    try:
        place.admit()
        warning = priya.page.get_by_text(person.LAG_WORDS[Lag.BEHIND])
        for _ in range(60):
            priya.goes_to(record)
            if warning.is_visible():
                break
            priya.page.wait_for_timeout(1_000)
        assert warning.is_visible()
        priya.finds_it_accessible()
    finally:
        worker.resume()


def test_who_may_not_look_is_told_so_and_sees_nothing(
    visit: Visit, record: str, size: tuple[int, int]
) -> None:
    someone = visit(size)
    someone.signs_in("Olu Demo", record)
    assert someone.heading() == "You do not have access to this page"
    assert "Ada" not in someone.page.content()
    someone.finds_it_accessible()
    someone.wrong.clear()  # the console says 403


def test_who_is_not_known_has_no_record(visit: Visit, size: tuple[int, int]) -> None:
    someone = visit(size)
    someone.signs_in(CLINICIAN, NOBODY)
    assert someone.heading() == "Page not found"
    someone.finds_it_accessible()
    someone.wrong.clear()  # the console says 404


def test_somebody_of_whom_little_is_known_has_a_page_that_says_so(
    visit: Visit, place: Town, size: tuple[int, int]
) -> None:
    number = nhs_number(60_001) or ""
    place.tell([(ada.PRACTICE, verified(number, id="blank", generalPractitioner=[ada.SURGERY]))])
    place.until_caught_up()
    someone = visit(size)
    someone.signs_in(CLINICIAN, f"/people/{place.person(number, ada.PRACTICE)}")
    assert someone.heading() == "Name not known"
    assert "Nothing has been written here yet" in part(someone, "About me")
    someone.finds_it_accessible()
    someone.keeps_screen("person-empty")


def test_a_person_is_found_and_stands_in_no_address(
    visit: Visit, record: str, size: tuple[int, int]
) -> None:
    someone = visit(size)
    someone.signs_in(CLINICIAN, "/find")
    someone.finds_it_accessible()
    someone.page.get_by_label("NHS number").fill("999")
    someone.page.get_by_role("button", name="Find").click()
    assert "ten digits" in someone.page.get_by_role("alert").inner_text()
    someone.finds_it_accessible()
    someone.wrong.clear()  # the console says 400
    someone.page.get_by_label("NHS number").fill("")
    someone.page.get_by_label("Name", exact=True).fill("ada exa")
    for name, number in (("Day", "9"), ("Month", "3"), ("Year", "1941")):
        someone.page.get_by_label(name, exact=True).fill(number)
    someone.page.get_by_role("button", name="Find").click()
    assert someone.page.url.endswith("/find")
    someone.finds_it_accessible()
    someone.keeps_screen("find")
    someone.page.get_by_role("link", name=ada.NAME).click()
    someone.page.wait_for_url(f"**{record}")
    assert someone.heading() == ada.NAME
