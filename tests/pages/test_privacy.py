"""The privacy officer at work, and a person who wants to know who looked."""

from datetime import UTC, datetime

import pytest

from services.access.viewer import Role, Viewer
from tests.pages import ada
from tests.pages.browser import Visitor
from tests.pages.conftest import Visit
from tests.pages.sessions import is_signed_in
from tests.pages.town import Town, said

OFFICER = "Morgan Demo"
STORY = "Rang from the ambulance: she could not say what she takes."


@pytest.fixture(scope="module")
def person(place: Town) -> str:
    """The id of somebody at whose record several people looked, one of them by broken glass."""
    place.tell(ada.facts(datetime.now(UTC)))
    place.until_caught_up()
    found = place.person(ada.NUMBER, ada.PRACTICE)
    for user, name, org in (
        ("priya.n", "Priya Nair", ada.PRACTICE),
        ("bea.k", "Bea Khan", ada.COMMUNITY),
    ):
        looks_at(place, found, Viewer(user=user, name=name, role=Role.CLINICIAN, org=org))
    stranger = Viewer(user="jo.m", name="Jo Marsh", role=Role.CLINICIAN, org="ZT2")
    looks_at(place, found, stranger, refused=True)
    with place.running.visited_as(stranger) as client:
        why = {"reason": "emergency", "text": STORY}
        said(client.post(f"/api/people/{found}/break-glass", json=why))
    looks_at(place, found, stranger)
    return found


def looks_at(place: Town, person: str, viewer: Viewer, *, refused: bool = False) -> None:
    with place.running.visited_as(viewer) as client:
        for part in ("", "/alerts", "/timeline", "/care-team"):
            answer = client.get(f"/api/people/{person}{part}")
            assert answer.status_code == (403 if refused else 200)


@pytest.fixture
def morgan(visit: Visit) -> Visitor:
    someone = visit()
    someone.signs_in(OFFICER, "/privacy")
    return someone


def part(someone: Visitor, name: str) -> str:
    return someone.page.get_by_role("region", name=name, exact=True).first.inner_text()


def test_the_officers_home_says_what_waits(
    visit: Visit, person: str, size: tuple[int, int]
) -> None:
    someone = visit(size)
    someone.signs_in(OFFICER, "/privacy")
    assert someone.heading() == "Privacy"
    someone.finds_it_accessible()
    glass = part(someone, "Broken glass")
    for words in ("Jo Marsh, Clinician", "Moorside Test Hospital", ada.NAME, STORY, "Waits for"):
        assert words in glass, words
    assert "Jo Marsh" in part(someone, "Who looked at most people today")
    assert "Every look before" in part(someone, "The audit itself")
    someone.keeps_screen("privacy")


def test_a_broken_glass_is_reviewed_with_the_keyboard_alone(
    morgan: Visitor, place: Town, person: str
) -> None:
    other = Viewer(user="al.t", name="Al Tate", role=Role.CLINICIAN, org="ZT2")
    with place.running.visited_as(other) as client:
        why = {"reason": "direct-care", "text": "Seen in clinic today"}
        said(client.post(f"/api/people/{person}/break-glass", json=why))
    page = morgan.page
    page.reload()
    morgan.tabs_to(page.get_by_role("link", name="Al Tate"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/privacy/broken-glass/*")
    morgan.tabs_to(page.get_by_label("Justified: they had to look"))
    page.keyboard.press("Space")
    morgan.tabs_to(page.get_by_label("Why", exact=True))
    page.keyboard.type("Their clinic had her on the list.")
    morgan.tabs_to(page.get_by_role("button", name="Go on"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Check your review").wait_for()
    morgan.finds_it_accessible()
    morgan.tabs_to(page.get_by_role("button", name="Keep this review"))
    page.keyboard.press("Enter")
    page.get_by_text("This was reviewed").wait_for()
    morgan.goes_to("/privacy/reviewed")
    assert "Their clinic had her on the list." in page.content()
    morgan.finds_it_accessible()


def test_a_review_that_is_not_whole_keeps_what_was_written(
    visit: Visit, person: str, size: tuple[int, int]
) -> None:
    someone = visit(size, java_script_enabled=False)
    someone.signs_in(OFFICER, "/privacy")
    page = someone.page
    page.get_by_role("link", name="Jo Marsh").click()
    assert "Timeline" in part(someone, "What they looked at")
    someone.keeps_screen("privacy-review")
    page.get_by_label("Why", exact=True).fill("Asked the ambulance service.")
    page.get_by_role("button", name="Go on").click()
    assert "Choose what you found" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Why", exact=True).input_value() == "Asked the ambulance service."
    assert page.title().startswith("Error: ")
    someone.wrong.clear()  # the console says 400


def test_a_review_is_accessible_right_and_wrong(
    visit: Visit, person: str, size: tuple[int, int]
) -> None:
    someone = visit(size)
    someone.signs_in(OFFICER, "/privacy")
    someone.page.get_by_role("link", name="Jo Marsh").click()
    someone.finds_it_accessible()
    someone.page.get_by_role("button", name="Go on").click()
    someone.page.get_by_role("alert").wait_for()
    someone.finds_it_accessible()
    someone.wrong.clear()  # the console says 400


def test_the_audit_is_searched_and_nothing_stands_in_an_address(
    visit: Visit, person: str, size: tuple[int, int]
) -> None:
    someone = visit(size)
    someone.signs_in(OFFICER, "/privacy/search")
    page = someone.page
    someone.finds_it_accessible()
    page.get_by_label("NHS number").fill("999")
    page.get_by_role("button", name="Search").click()
    assert "ten digits" in page.get_by_role("alert").inner_text()
    someone.finds_it_accessible()
    someone.wrong.clear()  # the console says 400
    page.get_by_label("NHS number").fill(ada.NUMBER)
    page.get_by_label("User").fill("jo.m")
    page.get_by_label("How it came out").select_option(label="Only those that were refused")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("heading", name="4 looks").wait_for()
    assert page.url.endswith("/privacy/search")
    assert page.locator(".nhsuk-tag", has_text="Refused").count() == 4
    someone.finds_it_accessible()
    someone.keeps_screen("audit-search")
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Download as CSV").click()
    assert downloaded.value.suggested_filename.startswith("looks-")
    page.get_by_role("link", name=ada.NAME).first.click()
    page.wait_for_url(f"**/people/{person}/access-log")


def test_the_officer_sees_who_looked(visit: Visit, person: str, size: tuple[int, int]) -> None:
    someone = visit(size)
    someone.signs_in(OFFICER, f"/people/{person}/access-log")
    assert "Who looked" in someone.heading()
    someone.finds_it_accessible()
    lines = someone.page.locator(".tl-line")
    broken = lines.filter(has_text="Jo Marsh").filter(has_text="Broken glass").first
    assert "they broke the glass" in broken.inner_text()
    refused = lines.filter(has_text="Jo Marsh").filter(has_text="Refused").first
    assert "They were refused, and saw nothing." in refused.inner_text()
    known = lines.filter(has_text="Bea Khan").first
    assert "Vale Test Community Health (ZC1)" in known.inner_text()
    assert "the person has been in their care" in known.inner_text()
    known.get_by_text("Each time").click()
    assert known.locator("li").count() == 4
    someone.finds_it_accessible()
    someone.keeps_screen("who-looked")


def test_a_person_sees_who_looked_at_their_record(
    visit: Visit, place: Town, person: str, size: tuple[int, int]
) -> None:
    someone = visit(size)
    me = Viewer(user=person, name=ada.NAME, role=Role.PERSON, org=ada.PRACTICE)
    is_signed_in(someone, place, me)
    someone.goes_to(f"/people/{person}")
    someone.page.get_by_role("link", name="Who looked at your record").click()
    assert someone.heading() == "Who looked at your record"
    someone.finds_it_accessible()
    shown = someone.page.get_by_role("main").inner_text()
    for words in ("Priya Nair", "Clinician, Quayside Test Practice", "You", "Broken glass"):
        assert words in shown, words
    assert "signs in as" not in shown
    someone.keeps_screen("who-looked-person")


def test_on_paper_there_is_who_looked_and_nothing_to_press(morgan: Visitor, person: str) -> None:
    morgan.goes_to(f"/people/{person}/access-log")
    morgan.page.emulate_media(media="print")
    assert morgan.page.get_by_text("Bea Khan").first.is_visible()
    assert not morgan.page.get_by_text("Each time").first.is_visible()
    assert not morgan.page.get_by_role("navigation", name="Menu").is_visible()
