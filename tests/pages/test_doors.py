"""Signing in and out, the home page, the catalogue, and what is refused."""

import re

import pytest

from tests.pages.conftest import Visit
from tests.pages.town import Town

GIVE_CARE = ("Priya Demo", "Sam Demo")
PEOPLE = ("Olu Demo", "Priya Demo", "Sam Demo", "Morgan Demo", "Alex Demo")


def test_nobody_is_let_in_who_has_not_said_who_they_are(
    visit: Visit, size: tuple[int, int]
) -> None:
    # Given somebody who is not signed in
    someone = visit(size)
    # When they open the board
    someone.goes_to("/operations")
    # Then they are asked who they are, and come to the board afterwards
    assert someone.heading() == "Sign in"
    someone.finds_it_accessible()
    someone.keeps_screen("sign-in")
    someone.page.get_by_role("button", name="Sign in").click()
    assert someone.heading() == "Who are you?"
    assert someone.page.url.startswith(someone.issuer)
    someone.finds_it_accessible()
    someone.keeps_screen("who")
    someone.page.get_by_label("Olu Demo").check()
    someone.page.get_by_role("button", name="Sign in").click()
    assert someone.heading() == "Operations"


def test_whoever_chooses_nobody_is_told_so(visit: Visit, size: tuple[int, int]) -> None:
    someone = visit(size)
    someone.goes_to("/sign-in/start")
    someone.page.get_by_role("button", name="Sign in").click()
    summary = someone.page.get_by_role("alert")
    assert "Choose who to be" in summary.inner_text()
    assert someone.page.title().startswith("Error: ")
    someone.finds_it_accessible()
    someone.keeps_screen("who-error")
    # The browser says in its console that the answer was a 400, which is as it should be.
    someone.wrong.clear()


@pytest.mark.parametrize("name", PEOPLE)
def test_each_is_led_to_their_pages(visit: Visit, name: str) -> None:
    someone = visit()
    someone.signs_in(name)
    assert someone.heading() == "Where to go"
    someone.finds_it_accessible()
    links = someone.page.get_by_role("main").get_by_role("link")
    led = {link.get_attribute("href") for link in links.all()}
    figures = {"/privacy"} if name == "Morgan Demo" else {"/operations", "/measures"}
    assert led == figures | ({"/caseload", "/find"} if name in GIVE_CARE else set())


def test_whoever_may_not_is_told_why(visit: Visit, size: tuple[int, int]) -> None:
    someone = visit(size)
    someone.signs_in("Morgan Demo", "/operations")
    assert someone.heading() == "You do not have access to this page"
    assert "measures are for those who run or give care" in someone.page.content()
    someone.finds_it_accessible()
    someone.keeps_screen("no-access")
    someone.wrong.clear()  # the console says 403


def test_signing_out_leaves_nothing_behind(visit: Visit, size: tuple[int, int]) -> None:
    # Given somebody who looked at the board
    someone = visit(size)
    someone.signs_in("Olu Demo", "/operations")
    # When they sign out, here and then by itself at the sign-in service, and go back
    someone.page.get_by_role("button", name="Sign out").click()
    someone.page.wait_for_url("**/signed-out")
    assert someone.heading() == "You were signed out"
    someone.finds_it_accessible()
    someone.keeps_screen("signed-out")
    someone.goes_to("/operations")
    # Then the board is not shown again
    someone.page.wait_for_url("**/sign-in*")
    assert someone.heading() == "Sign in"


def test_a_form_that_comes_after_the_session_is_not_lost_without_a_word(
    visit: Visit, size: tuple[int, int], place: Town
) -> None:
    # Given somebody who fills in a form for longer than their session lasts
    someone = visit(size)
    someone.signs_in("Priya Demo", "/find")
    someone.page.get_by_label("Name").fill("Ada Example")
    place.ends_sessions()
    # When they send it, they are told that it was not sent, with what they typed
    someone.page.get_by_role("button", name="Find").click()
    assert someone.heading() == "You were signed out, and your form was not sent"
    assert someone.page.get_by_text("Ada Example").is_visible()
    someone.finds_it_accessible()
    someone.keeps_screen("not-sent")
    someone.wrong.clear()  # the console says 403
    # And signing in leads back to the form
    someone.page.get_by_role("button", name="Sign in again").click()
    assert someone.heading() == "You were signed out"
    someone.finds_it_accessible()
    someone.keeps_screen("session-over")
    someone.walks_in("Priya Demo")
    assert someone.heading() == "Find a person"


def test_the_catalogue_says_what_each_figure_means(visit: Visit, size: tuple[int, int]) -> None:
    someone = visit(size)
    someone.signs_in("Olu Demo", "/measures")
    assert someone.heading() == "Measures"
    definition = someone.page.get_by_role("region", name="Occupied bed days", exact=True)
    assert "at the midnight that ends a day" in definition.inner_text()
    someone.finds_it_accessible()
    someone.keeps_screen("measures")


def test_a_measure_can_be_cut_as_one_likes(visit: Visit, size: tuple[int, int]) -> None:
    someone = visit(size)
    someone.signs_in("Olu Demo", "/measures")
    someone.page.get_by_role("main").get_by_role("link", name="Admissions", exact=True).last.click()
    assert someone.heading() == "Admissions"
    someone.page.get_by_label("Cut by").select_option("day")
    someone.page.get_by_label("Period").select_option("7")
    someone.page.get_by_role("button", name="Show").click()
    someone.page.wait_for_url("**/measures/admissions?by=day*days=7*")
    assert someone.page.get_by_label("Cut by").input_value() == "day"
    assert someone.page.locator("#table-parts tbody tr").count() > 1
    someone.page.locator(".uplot").wait_for()
    someone.finds_it_accessible()
    someone.keeps_screen("measure")


def test_the_gap_between_the_most_and_the_least_deprived_is_told(
    visit: Visit, size: tuple[int, int]
) -> None:
    # Given a rate, cut by how deprived people's areas are
    someone = visit(size)
    someone.signs_in("Olu Demo", "/measures/closer_to_home")
    someone.page.get_by_label("Cut by").select_option("deprivation")
    someone.page.get_by_role("button", name="Show").click()
    # Then the gap is there, with its interval and how that was made
    someone.page.wait_for_url("**by=deprivation*")
    gap = someone.page.locator("#table-gaps tbody tr")
    assert gap.count() == 1
    assert "most deprived fifth, against 5, the least" in gap.inner_text()
    assert re.search(r"Differences: Newcombe.+ Ratios: Katz", someone.page.content())
    # And it is said that small numbers are hidden
    assert someone.page.get_by_text("fewer than 5 people").is_visible()
    someone.finds_it_accessible()
    someone.keeps_screen("measure-gap")


def test_a_figure_is_explained(visit: Visit, size: tuple[int, int]) -> None:
    someone = visit(size)
    someone.signs_in("Priya Demo", "/measures/length_of_stay")
    someone.page.get_by_role("link", name="This figure explained").click()
    assert someone.heading().endswith("The figure explained")
    someone.page.get_by_role("link", name="What was sent").wait_for()
    someone.finds_it_accessible()
    someone.keeps_screen("measure-explained")
    someone.page.get_by_role("link", name=re.compile(r"List them ?: Number$")).click()
    assert someone.heading().endswith("The stays behind the figure")


def test_home_can_be_seen_at_both_widths(visit: Visit, size: tuple[int, int]) -> None:
    someone = visit(size)
    someone.signs_in("Olu Demo")
    someone.finds_it_accessible()
    someone.keeps_screen("home")


def test_all_of_it_works_without_scripts(visit: Visit) -> None:
    someone = visit(java_script_enabled=False)
    someone.goes_to("/measures")
    someone.walks_in("Olu Demo")
    assert someone.heading() == "Measures"
    someone.page.get_by_role("button", name="Sign out").click()
    assert someone.heading() == "You were signed out of Throughline"
    someone.keeps_screen("leave")
    someone.page.get_by_role("button", name="Sign out everywhere").click()
    assert someone.heading() == "You were signed out"
