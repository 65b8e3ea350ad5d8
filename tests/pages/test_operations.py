"""The board as those who run a hospital's beds use it."""

import re
from collections import Counter
from collections.abc import Callable
from time import monotonic

import pytest

from tests.pages.browser import Visitor
from tests.pages.conftest import Visit
from tests.pages.town import Town, said

BOARD = "/operations"
# What a person calls at once; the machine of a test is slow and busy.
AT_ONCE_MS = 10_000
QUIET_MS = 2_500
# Twice what the service takes to be sure that it lags behind, and more.
LATE_MS = 60_000


@pytest.fixture
def olu(visit: Visit) -> Visitor:
    """Somebody who runs beds, at the board."""
    someone = visit()
    someone.signs_in("Olu Demo", BOARD)
    return someone


def until_it_says(someone: Visitor, measure: str, figure: int) -> None:
    number = someone.page.locator(f"[data-key=card-{measure}] .tl-card__number")
    number.filter(has_text=re.compile(f"^{figure}$")).wait_for(timeout=AT_ONCE_MS)


def test_the_board_is_accessible_and_as_wide_as_the_window(
    visit: Visit, size: tuple[int, int]
) -> None:
    someone = visit(size)
    someone.signs_in("Olu Demo", BOARD)
    someone.page.locator(".uplot").first.wait_for()
    someone.finds_it_accessible()
    someone.keeps_screen("operations")


def test_the_board_says_what_the_api_says(olu: Visitor, place: Town) -> None:
    with place.running.visited_by("operations", "ZT1") as api:
        answer = said(api.get("/api/measures/beds_occupied", params={"by": "ward"}))
    assert int(olu.figure("beds_occupied")) == answer["value"]
    rows = olu.page.locator("#table-wards tbody tr:not([data-total])")
    shown = [
        (re.sub(r".*\((.+)\)", r"\1", row.locator("th").inner_text()), row.locator("td").first)
        for row in rows.all()
    ]
    # Two sites may each have a ward of one code.
    beds = Counter((ward, int(figure.inner_text())) for ward, figure in shown)
    assert Counter((row["ward"], int(row["value"])) for row in answer["rows"]) <= beds


def test_every_figure_says_what_it_means_and_of_when_it_is(olu: Visitor) -> None:
    assert re.search(
        r"Figures as of \d+:\d\d:\d\d[ap]m on \d+ \w+ \d{4}",
        olu.page.locator("#board").inner_text(),
    )
    for card in olu.page.locator(".tl-card").all():
        card.get_by_text("What this means").click()
        assert re.search(r"Source: .+\. Version \d+\.", card.inner_text())
    for table in olu.page.locator("section:has(table)").all():
        assert table.get_by_text("What these figures mean").is_visible()


def test_an_admission_is_on_the_board_while_one_looks_at_it(
    olu: Visitor, place: Town, record_testsuite_property: Callable[[str, object], None]
) -> None:
    # Given the board
    before = int(olu.figure("beds_occupied"))
    # When somebody comes into a ward
    place.admit()
    began = monotonic()
    # Then the board says so without being asked, in its figures and in its tables
    until_it_says(olu, "beds_occupied", before + 1)
    record_testsuite_property("seconds from an event to the board", monotonic() - began)
    assert f"{before + 1}" in olu.page.locator("[data-key=card-beds_occupied]").inner_text()


def test_nothing_moves_while_the_board_is_paused(olu: Visitor, place: Town) -> None:
    before = int(olu.figure("beds_occupied"))
    olu.page.get_by_role("button", name="Pause updates").click()
    assert olu.page.locator("#live-tag").inner_text() == "Paused"
    place.admit()
    place.until_caught_up()
    olu.page.wait_for_timeout(QUIET_MS)
    assert int(olu.figure("beds_occupied")) == before
    olu.page.get_by_role("button", name="Resume updates").click()
    until_it_says(olu, "beds_occupied", before + 1)


def test_what_one_has_opened_stays_open_when_figures_change(olu: Visitor, place: Town) -> None:
    meaning = olu.page.locator("#meaning-beds_occupied")
    meaning.locator("summary").click()
    before = int(olu.figure("beds_occupied"))
    place.admit()
    until_it_says(olu, "beds_occupied", before + 1)
    assert meaning.get_attribute("open") is not None
    assert meaning.locator("summary").evaluate("it => it === document.activeElement")


def test_one_keeps_ones_place_when_the_board_gets_new_parts(visit: Visit, place: Town) -> None:
    # Given a board without anything in it, and somebody who reads what a figure means
    someone = visit()
    someone.signs_in("Olu Demo", f"{BOARD}?at=ZX7")
    meaning = someone.page.locator("#meaning-beds_occupied")
    meaning.locator("summary").click()
    # When the first person comes in, and with them a table
    place.admit("ZX701-W01", source="ZX7")
    someone.page.locator("#table-wards").wait_for(timeout=AT_ONCE_MS)
    # Then it is still open, and the keyboard is still there
    assert someone.figure("beds_occupied") == "1"
    assert meaning.get_attribute("open") is not None
    assert meaning.locator("summary").evaluate("it => it === document.activeElement")


def test_a_board_that_hears_nothing_says_so(visit: Visit) -> None:
    # Given a board whose service falls silent
    someone = visit()
    someone.page.clock.install()
    someone.page.route("**/operations/changes", lambda route: route.abort())
    someone.signs_in("Olu Demo", BOARD)
    warning = someone.page.get_by_text("These figures may be out of date")
    assert not warning.is_visible()
    # When half a minute has gone
    someone.page.clock.fast_forward(30_000)
    # Then it says that its figures may be old
    warning.wait_for()
    assert someone.page.locator("#live-tag").inner_text() == "Not live"
    someone.finds_it_accessible()
    someone.keeps_screen("operations-stale")
    someone.wrong.clear()  # the aborted requests


def test_a_board_whose_figures_lag_behind_says_so(olu: Visitor, place: Town) -> None:
    # Given a worker that does not work, and somebody who comes in
    warning = olu.page.get_by_text("Events have arrived that these figures do not count yet")
    before = int(olu.figure("beds_occupied"))
    (worker,) = place.running.children("worker")
    worker.suspend()
    try:
        place.admit()
        # When some seconds have gone
        # Then the board says that it does not show everything
        warning.wait_for(timeout=LATE_MS)
        olu.finds_it_accessible()
        olu.keeps_screen("operations-behind")
    finally:
        worker.resume()
    # And does so no longer once the worker works
    until_it_says(olu, "beds_occupied", before + 1)
    warning.wait_for(state="hidden", timeout=LATE_MS)


def test_the_board_can_be_narrowed_and_the_address_says_so(olu: Visitor) -> None:
    olu.page.get_by_label("Place").select_option("ZT1/ZT101")
    olu.page.get_by_role("main").get_by_role("button", name="Show").click()
    olu.page.wait_for_url("**/operations?at=ZT1%2FZT101")
    totals = olu.page.locator("#table-wards [data-total] th")
    assert totals.count() == 1
    assert olu.page.get_by_label("Place").input_value() == "ZT1/ZT101"


def test_a_place_with_nothing_in_it_says_so(visit: Visit, size: tuple[int, int]) -> None:
    someone = visit(size)
    someone.signs_in("Olu Demo", f"{BOARD}?at=ZX9")
    assert "There is nothing to show for this place yet" in someone.page.content()
    someone.finds_it_accessible()
    someone.keeps_screen("operations-empty")


def test_the_board_is_used_with_the_keyboard_alone(visit: Visit) -> None:
    someone = visit()
    someone.goes_to(BOARD)
    someone.tabs_to(someone.page.get_by_role("button", name="Sign in"))
    someone.page.keyboard.press("Enter")
    someone.page.get_by_label("Olu Demo").wait_for()
    someone.tabs_to(someone.page.get_by_label("Olu Demo"))
    someone.page.keyboard.press("Space")
    someone.page.keyboard.press("Enter")
    someone.page.wait_for_url(f"**{BOARD}")
    skip = someone.page.get_by_role("link", name="Skip to main content")
    someone.tabs_to(skip)
    assert skip.is_visible()
    someone.page.keyboard.press("Enter")
    someone.tabs_to(someone.page.get_by_role("button", name="Pause updates"))
    someone.page.keyboard.press("Enter")
    assert someone.page.locator("#live-tag").inner_text() == "Paused"
    meaning = someone.page.locator("#meaning-beds_occupied")
    someone.tabs_to(meaning.locator("summary"))
    someone.page.keyboard.press("Enter")
    assert meaning.get_attribute("open") is not None
    # A table wider than the window can be scrolled without a mouse.
    someone.tabs_to(someone.page.get_by_role("region", name="Beds by site and ward"))


def test_the_board_is_whole_without_scripts(visit: Visit, size: tuple[int, int]) -> None:
    someone = visit(size, java_script_enabled=False)
    someone.signs_in("Olu Demo", BOARD)
    assert int(someone.figure("beds_occupied")) > 0
    assert someone.page.locator("#table-wards tbody tr").count() > 1
    assert not someone.page.get_by_role("button", name="Pause updates").is_visible()
    assert someone.page.get_by_text("Load this page again for newer figures").is_visible()
    someone.page.locator("#meaning-beds_occupied summary").click()
    assert someone.page.locator("#meaning-beds_occupied .nhsuk-details__text").is_visible()
    someone.keeps_screen("operations-without-scripts")


def test_who_gives_care_comes_from_a_figure_to_its_stays(
    visit: Visit, size: tuple[int, int]
) -> None:
    someone = visit(size)
    someone.signs_in("Priya Demo", BOARD)
    figure = int(someone.figure("beds_occupied"))
    someone.page.get_by_role(
        "link", name=re.compile("The stays behind this ?: Beds occupied")
    ).click()
    assert someone.heading().endswith("The stays behind the figure")
    assert someone.page.locator("#stays tbody tr").count() == figure
    someone.finds_it_accessible()
    someone.keeps_screen("stays-behind")
    # And from there to each fact of a stay, and to what was sent
    someone.page.locator("#stays tbody a").first.click()
    assert "Visit" in someone.heading()
    someone.finds_it_accessible()
    someone.keeps_screen("stay")
    someone.page.get_by_role("link", name="The original").first.click()
    assert someone.page.get_by_role("region", name="The original").is_visible()
    someone.finds_it_accessible()
    someone.keeps_screen("original")
