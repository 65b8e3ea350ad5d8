"""A person's page that is open while things happen, as those who give care use it."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from tests.pages.browser import Visitor
from tests.pages.conftest import Visit
from tests.pages.town import Town

if TYPE_CHECKING:
    from playwright.sync_api import Locator

CLINICIAN = "Priya Demo"
# What a person calls at once; the machine of a test is slow and busy.
AT_ONCE_MS = 20_000
QUIET_MS = 1_500
_numbers = count(1)


@pytest.fixture
def priya(visit: Visit, record: str) -> Visitor:
    """Somebody who gives care, at the record of a person."""
    someone = visit()
    someone.signs_in(CLINICIAN, record)
    return someone


def measured(place: Town) -> str:
    """The hospital measures something of her now; what the timeline calls it."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    name = f"Reading {next(_numbers)}"
    place.hospital_says(
        {
            "resourceType": "Observation",
            "id": name.lower().replace(" ", "-"),
            "meta": {"versionId": "1", "lastUpdated": now},
            "status": "final",
            "code": {"text": name},
            "subject": {"reference": "Patient/ada-zt1"},
            "effectiveDateTime": now,
        }
    )
    return name


def line(someone: Visitor, name: str) -> "Locator":
    return someone.page.locator(".tl-line", has_text=name)


def until_it_is_live(someone: Visitor) -> None:
    someone.page.get_by_role("button", name="Pause updates").wait_for()


def test_what_the_hospital_publishes_is_on_the_open_page_at_once(
    priya: Visitor, place: Town, record_testsuite_property: Callable[[str, object], None]
) -> None:
    until_it_is_live(priya)
    took = []
    for _ in range(3):
        began = monotonic()
        name = measured(place)
        line(priya, name).wait_for(timeout=AT_ONCE_MS)
        took.append(monotonic() - began)
    record_testsuite_property("seconds from an event to an open record", min(took))
    news = priya.page.locator("#news")
    assert news.get_attribute("role") == "status"
    assert news.inner_text() == "Updated: Timeline (1 new entry)."
    assert "tl-line--new" in (line(priya, name).get_attribute("class") or "")
    priya.finds_it_accessible()
    priya.keeps_screen("person-live")


def test_nobody_loses_their_place_when_the_page_changes(priya: Visitor, place: Town) -> None:
    # Given somebody who has opened something, fills in a form and reads further down
    until_it_is_live(priya)
    before = priya.page.get_by_text("What they said before")
    before.click()
    since = priya.page.get_by_label("From", exact=True)
    since.fill("2026-01-05")
    priya.page.get_by_label("Kind", exact=True).select_option(label="Contact")
    read = priya.page.locator(".tl-line", has_text="Leg dressing").nth(2).get_by_role("link")
    read.scroll_into_view_if_needed()
    read.focus()
    top = read.evaluate("it => it.getBoundingClientRect().top")
    # When something new comes in above what they read
    name = measured(place)
    line(priya, name).wait_for(timeout=AT_ONCE_MS)
    # Then all of it is as it was
    assert read.evaluate("it => it.getBoundingClientRect().top") == pytest.approx(top, abs=2)
    assert read.evaluate("it => it === document.activeElement")
    assert priya.page.get_by_text("I tire easily").first.is_visible()
    assert since.input_value() == "2026-01-05"
    assert priya.page.get_by_label("Kind", exact=True).input_value() == "contact"


def test_a_narrowed_timeline_stays_narrowed(visit: Visit, place: Town, record: str) -> None:
    someone = visit()
    someone.signs_in(CLINICIAN, f"{record}?kind=contact&service=ZC1")
    until_it_is_live(someone)
    many = someone.page.locator(".tl-line").count()
    with someone.page.expect_response(lambda answer: answer.url.endswith("service=ZC1")):
        name = measured(place)
    assert someone.page.locator(".tl-line").count() == many
    assert line(someone, name).count() == 0


def test_nothing_moves_while_updates_are_paused(priya: Visitor, place: Town) -> None:
    until_it_is_live(priya)
    priya.tabs_to(priya.page.get_by_role("button", name="Pause updates"))
    priya.page.keyboard.press("Enter")
    assert priya.page.locator("#live-tag").inner_text() == "Paused"
    name = measured(place)
    place.until_caught_up()
    priya.page.wait_for_timeout(QUIET_MS)
    assert line(priya, name).count() == 0
    priya.page.get_by_role("button", name="Resume updates").click()
    line(priya, name).wait_for(timeout=AT_ONCE_MS)


def test_a_page_that_hears_nothing_says_so(visit: Visit, record: str) -> None:
    someone = visit()
    someone.page.clock.install()
    someone.page.route("**/changes?*", lambda route: route.abort())
    someone.signs_in(CLINICIAN, record)
    warning = someone.page.get_by_text("This page may be out of date")
    assert not warning.is_visible()
    someone.page.clock.fast_forward(30_000)
    warning.wait_for()
    assert someone.page.locator("#live-tag").inner_text() == "Not live"
    someone.wrong.clear()  # the aborted requests


def test_without_scripts_the_page_says_how_to_see_what_is_newer(visit: Visit, record: str) -> None:
    someone = visit(java_script_enabled=False)
    someone.signs_in(CLINICIAN, record)
    assert someone.page.get_by_text("Load this page again for what is newer").is_visible()
    assert not someone.page.get_by_role("button", name="Pause updates").is_visible()


def test_the_live_page_is_as_wide_as_the_window(
    visit: Visit, record: str, size: tuple[int, int]
) -> None:
    someone = visit(size)
    someone.signs_in(CLINICIAN, record)
    until_it_is_live(someone)
    someone.finds_it_accessible()
