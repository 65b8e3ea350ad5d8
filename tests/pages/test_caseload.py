"""A team's own people, as those who give care use the page."""

import re
from datetime import UTC, datetime

import pytest

from services.access.viewer import Role, Viewer
from tests.pages import ada
from tests.pages.browser import Visitor
from tests.pages.conftest import Visit
from tests.pages.sessions import is_signed_in
from tests.pages.town import Town

CLINICIAN, COORDINATOR = "Priya Demo", "Sam Demo"
PATH = "/caseload"


@pytest.fixture(scope="module")
def known(place: Town) -> Town:
    """The town, and somebody in it for whom a referral waits in silence."""
    place.tell(ada.facts(datetime.now(UTC)))
    place.until_caught_up()
    return place


@pytest.fixture
def priya(visit: Visit, known: Town) -> Visitor:
    """Somebody who gives care, at their people."""
    someone = visit()
    someone.signs_in(CLINICIAN, PATH)
    return someone


def tab(someone: Visitor, name: str) -> tuple[int, str]:
    """How many people a tab counts, and where it leads."""
    link = someone.page.get_by_role("link", name=re.compile(rf"^[\d,]+ {name}$"))
    count = link.locator(".tl-tab__count").inner_text()
    return int(count.replace(",", "")), link.get_attribute("href") or ""


def people(someone: Visitor) -> list[str]:
    return someone.page.locator(".tl-case__name").all_inner_texts()


def test_it_is_accessible_and_as_wide_as_the_window(
    visit: Visit, known: Town, size: tuple[int, int]
) -> None:
    someone = visit(size)
    someone.signs_in(CLINICIAN, PATH)
    assert someone.heading() == "My people"
    someone.finds_it_accessible()
    someone.keeps_screen("caseload")


def test_each_who_gives_care_has_people_and_what_waits_comes_first(
    visit: Visit, known: Town
) -> None:
    for name in (CLINICIAN, COORDINATOR):
        someone = visit()
        someone.signs_in(name)
        someone.page.get_by_role("main").get_by_role("link", name="My people").click()
        someone.page.wait_for_url(f"**{PATH}")
        assert tab(someone, "Everybody")[0] > len(people(someone)) - 1 > 10
        silent, href = tab(someone, "Silent handoff")
        first = someone.page.locator(".tl-people .tl-case").first
        assert "Silent handoff" in first.inner_text()
        someone.goes_to(href)
        assert len(people(someone)) == silent
        assert ada.NAME in people(someone)


def test_somebody_is_told_with_where_they_are_what_happened_and_what_waits(priya: Visitor) -> None:
    someone = priya.page.locator(".tl-case", has_text=ada.NAME)
    words = someone.inner_text()
    for said in (
        "NHS number 999 049 9985",
        "Registered with our practice",
        "In a hospital bed: ZT101-W02, Harbour Vale Test Hospitals (ZT1)",
        "Podiatry: painful feet: accept or reject it",
        "For Vale Test Community Health (ZC1)",
    ):
        assert said in words, said
    someone.get_by_role("link", name=ada.NAME).click()
    priya.page.wait_for_url("**/people/*")
    assert priya.heading() == ada.NAME


def test_it_is_narrowed_and_the_address_says_so(priya: Visitor) -> None:
    many, _ = tab(priya, "Everybody")
    priya.page.get_by_label("Where they are").select_option("bed")
    priya.page.get_by_label("What happened since").fill("2026-01-01")
    priya.page.get_by_role("button", name="Show").click()
    priya.page.wait_for_url("**/caseload?*place=bed&since=2026-01-01")
    assert 0 < tab(priya, "Everybody")[0] < many
    assert priya.page.get_by_label("Where they are").input_value() == "bed"
    assert priya.page.get_by_text("Since 1 January 2026").count() > 0
    priya.page.get_by_role("link", name="Show everybody").click()
    priya.page.wait_for_url(f"**{PATH}")
    assert tab(priya, "Everybody")[0] == many


def test_it_is_used_with_the_keyboard_alone(priya: Visitor) -> None:
    priya.tabs_to(priya.page.get_by_role("link", name=re.compile("Silent handoff$")))
    priya.page.keyboard.press("Enter")
    priya.page.wait_for_url("**what=silent-handoff")
    current = priya.page.locator("[aria-current=true]")
    assert "Silent handoff" in current.inner_text()
    priya.tabs_to(priya.page.get_by_label("Where they are"))
    priya.tabs_to(priya.page.get_by_role("button", name="Show"))
    priya.tabs_to(priya.page.get_by_label("Somebody else, by NHS number"))
    priya.tabs_to(priya.page.locator(".tl-case__name a").first)


def test_it_is_whole_and_paged_without_scripts(
    visit: Visit, known: Town, size: tuple[int, int]
) -> None:
    someone = visit(size, java_script_enabled=False)
    someone.signs_in(CLINICIAN, PATH)
    first = people(someone)
    someone.page.get_by_role("link", name="More people").click()
    someone.page.wait_for_url("**after=*")
    assert len(first) == 50
    assert people(someone)
    someone.page.get_by_role("link", name="Back to the first page").click()
    someone.page.wait_for_url(f"**{PATH}")
    assert people(someone) == first
    someone.page.get_by_label("Somebody else, by NHS number").fill(ada.NUMBER)
    someone.page.get_by_role("button", name="Find").click()
    someone.page.wait_for_url("**/find")
    assert someone.page.get_by_role("link", name=ada.NAME).is_visible()


def test_that_something_is_new_is_told_and_moves_nothing(priya: Visitor, known: Town) -> None:
    priya.page.clock.install()
    priya.goes_to(PATH)
    note = priya.page.get_by_text("Something has been reported since")
    before = people(priya)
    known.admit()
    known.until_caught_up()
    assert not note.is_visible()
    priya.page.clock.fast_forward("01:00")
    note.wait_for()
    assert people(priya) == before
    priya.finds_it_accessible()
    priya.page.get_by_role("link", name="Load it again").click()
    priya.page.wait_for_load_state()
    assert people(priya)


def test_on_paper_there_are_the_people_and_nothing_to_press(priya: Visitor) -> None:
    priya.page.emulate_media(media="print")
    assert not priya.page.get_by_role("button", name="Show").is_visible()
    assert not priya.page.get_by_role("navigation", name="What there is to know").is_visible()
    assert priya.page.get_by_text(ada.NAME).is_visible()


def test_who_has_nobody_is_told_what_would_bring_them_somebody(
    visit: Visit, known: Town, size: tuple[int, int]
) -> None:
    someone = visit(size)
    is_signed_in(someone, known, Viewer(user="u1", name="U", role=Role.CLINICIAN, org="ZX9"))
    someone.goes_to(PATH)
    assert someone.page.get_by_text("Nobody is on your caseload yet").is_visible()
    someone.finds_it_accessible()
    someone.keeps_screen("caseload-empty")


def test_nobody_as_asked_for_is_said_so(priya: Visitor) -> None:
    priya.goes_to(f"{PATH}?place=ZT9&since=2026-01-01")
    assert priya.page.get_by_text("Nobody on your caseload is as asked for").is_visible()
    priya.finds_it_accessible()
    priya.goes_to(f"{PATH}?since=yesterday")
    assert "a date" in priya.page.get_by_role("alert").inner_text()
    priya.finds_it_accessible()
    priya.wrong.clear()  # the console says 400


def test_who_may_not_look_is_told_so_and_sees_nobody(
    visit: Visit, known: Town, size: tuple[int, int]
) -> None:
    someone = visit(size)
    someone.signs_in("Olu Demo", PATH)
    assert someone.heading() == "You do not have access to this page"
    assert "a caseload is for those who give care" in someone.page.content()
    assert people(someone) == []
    someone.finds_it_accessible()
    someone.wrong.clear()  # the console says 403
