"""What pages show to whom, and that each look is noted."""

import re
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from schemas.measures import MEASURES
from services.pages import board
from services.pages.board import Ask
from services.pages.demo_users import DEMO_USERS
from services.pages.figures import answers_for
from tests.builders import encounter, event_of
from tests.store.conftest import House
from tests.store.pages.site import board_of, sign_in


async def test_a_look_at_the_board_that_is_refused_is_noted(
    browser: httpx.AsyncClient, house: House
) -> None:
    await sign_in(browser, "demo-privacy-officer")
    answer = await browser.get("/operations")
    assert "You do not have access" in answer.text
    assert ("measures", None, False) in await house.looks()


async def test_the_board_shows_who_is_in_a_bed(browser: httpx.AsyncClient, house: House) -> None:
    await house.take(event_of(encounter()))
    await sign_in(browser, "demo-operations")
    shown = (await browser.get("/operations")).text
    figure = re.search(r'data-key="card-beds_occupied">.*?>(\d+)<', shown)
    assert figure is not None
    assert figure[1] == "1"


async def test_each_figure_that_the_board_names_is_there(house: House) -> None:
    viewer = DEMO_USERS["demo-operations"]
    told = await answers_for(house.engine, viewer, board.asks(), {}, datetime.now(UTC))
    cards = [(card.ask, card.figure) for card in board.CARDS]
    more = [(card.ask, figure) for card in board.CARDS for figure, _ in card.more]
    columns = [
        (Ask(column.measure, column.period, cut.by, cut.setting), column.figure)
        for cut in board.CUTS
        for column in cut.columns
    ]
    named = [(ask, figure) for ask, figure in (*cards, *more, *columns) if figure and ask in told]
    assert named
    assert [(ask, name) for ask, name in named if name not in told[ask].figures] == []


@pytest.mark.parametrize("at", ["ZT1", "ZT1/ZT101"])
async def test_a_narrowed_board_leaves_out_what_cannot_be_narrowed_so(
    browser: httpx.AsyncClient, at: str
) -> None:
    await sign_in(browser, "demo-operations")
    shown = await browser.get("/operations", params={"at": at})
    assert shown.is_success
    assert "card-beds_occupied" in shown.text
    assert ("card-silent_handoffs" in shown.text) == ("/" not in at)


async def test_a_place_that_cannot_be_is_a_page_too(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "demo-operations")
    answer = await browser.get("/operations", params={"at": "' or 1=1 --"})
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "<h1" in answer.text


async def test_an_asset_is_kept_for_ever_under_the_name_of_its_content(
    browser: httpx.AsyncClient,
) -> None:
    await sign_in(browser, "demo-operations")
    found = re.search(r'href="(/assets/pages.css\?v=[0-9a-f]+)"', (await browser.get("/")).text)
    assert found is not None
    answer = await browser.get(found[1])
    assert "immutable" in answer.headers["cache-control"]
    again = await browser.get(found[1], headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == httpx.codes.NOT_MODIFIED
    assert (await browser.get("/assets/../render.py")).status_code == httpx.codes.NOT_FOUND


async def test_an_address_that_is_none_is_a_page_for_people_and_a_problem_for_programs(
    browser: httpx.AsyncClient,
) -> None:
    of_people = await browser.get("/opertions", headers={"Accept": "text/html"})
    assert of_people.status_code == httpx.codes.NOT_FOUND
    assert "Page not found" in of_people.text
    for path in ("/opertions", "/api/opertions"):
        of_programs = await browser.get(path, headers={"Accept": "application/json"})
        assert of_programs.status_code == httpx.codes.NOT_FOUND
        assert "<h1" not in of_programs.text


async def test_who_gives_care_comes_from_a_figure_to_its_stays_and_that_is_noted(
    browser: httpx.AsyncClient, house: House
) -> None:
    await house.take(event_of(encounter()))
    await sign_in(browser, "demo-clinician")
    found = re.search(r'href="(/measures/beds_occupied/stays[^"]*)"', await board_of(browser))
    assert found is not None
    shown = await browser.get(found[1].replace("&amp;", "&"))
    assert 'href="/stays/RX1/e1"' in shown.text
    # From the figure to what was sent: the third page.
    stay = re.search(r'href="(/stays/[^"]*)"', shown.text)
    assert stay is not None
    facts = (await browser.get(stay[1])).text
    fact = re.search(r'href="(/events/[^"]*)"', facts)
    assert fact is not None
    original = (await browser.get(fact[1])).text
    assert "&#34;resourceType&#34;: &#34;Encounter&#34;" in original
    looks = [view for view, _, allowed in await house.looks() if allowed]
    assert looks == ["measure-stays", "visit-events", "event"]


@pytest.mark.parametrize("path", ["/stays/RX1/e1", f"/events/{UUID(int=1)}"])
async def test_who_runs_beds_sees_neither_a_visit_nor_an_original(
    browser: httpx.AsyncClient, house: House, path: str
) -> None:
    await house.take(event_of(encounter()))
    await sign_in(browser, "demo-operations")
    answer = await browser.get(path)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert (await house.looks())[-1][2] is False


@pytest.mark.parametrize("path", ["/stays/RX1/nobody", f"/events/{UUID(int=1)}"])
async def test_what_is_not_known_is_not_found(browser: httpx.AsyncClient, path: str) -> None:
    await sign_in(browser, "demo-clinician")
    assert (await browser.get(path)).status_code == httpx.codes.NOT_FOUND


async def test_who_runs_beds_is_not_led_to_stays_and_does_not_see_them(
    browser: httpx.AsyncClient, house: House
) -> None:
    await house.take(event_of(encounter()))
    await sign_in(browser, "demo-operations")
    assert "/stays" not in await board_of(browser)
    answer = await browser.get("/measures/beds_occupied/stays")
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert 'id="stays"' not in answer.text
    assert (await house.looks())[-1][2] is False


@pytest.mark.parametrize(
    "asked",
    [
        "beds_occupied/stays?by=moon",
        "nothing/stays",
        "beds_occupied/stays?after=%00",
        "nothing",
        "beds_occupied?by=moon",
        "beds_occupied?by=day",
        "admissions?days=-1",
        "admissions?days=x",
        "admissions?setting=sea",
        "admissions?at=%3Cb%3E",
        "admissions?known=yesterday",
        "beds_occupied?moment=noon",
        "admissions/explained?by=ward",
        "nothing/explained",
    ],
)
async def test_what_cannot_be_asked_is_a_page_too(browser: httpx.AsyncClient, asked: str) -> None:
    await sign_in(browser, "demo-clinician")
    answer = await browser.get(f"/measures/{asked}")
    assert answer.is_client_error
    assert "<h1" in answer.text


@pytest.mark.parametrize("measure", MEASURES)
async def test_every_measure_has_a_page_and_every_cut_of_it_too(
    browser: httpx.AsyncClient, house: House, measure: str
) -> None:
    await house.take(event_of(encounter()))
    await sign_in(browser, "demo-operations")
    for by in ("", *MEASURES[measure].dimensions):
        answer = await browser.get(f"/measures/{measure}", params={"by": by, "days": 364})
        assert answer.is_success, by
        assert MEASURES[measure].title in answer.text
        assert "Source: " in answer.text
    explained = await browser.get(f"/measures/{measure}/explained")
    assert explained.is_success
    assert "The figure explained" in explained.text


async def test_a_figure_is_explained_by_its_stays_and_what_changed_it(
    browser: httpx.AsyncClient, house: House
) -> None:
    await house.take(event_of(encounter()))
    await sign_in(browser, "demo-clinician")
    page = (await browser.get("/measures/beds_occupied")).text
    explained = re.search(r'href="(/measures/beds_occupied/explained[^"]*)"', page)
    assert explained is not None
    shown = (await browser.get(explained[1].replace("&amp;", "&"))).text
    assert "1 stay<" in shown
    behind = re.search(r'href="(/measures/beds_occupied/stays[^"]*figure=total)"', shown)
    assert behind is not None
    assert 'href="/stays/RX1/e1"' in (await browser.get(behind[1].replace("&amp;", "&"))).text
    fact = re.search(r'href="(/events/[^"]*)"', shown)
    assert fact is not None
    assert (await browser.get(fact[1])).is_success


async def test_a_figure_is_shown_as_it_was_known(browser: httpx.AsyncClient, house: House) -> None:
    await house.take(event_of(encounter()))
    await sign_in(browser, "demo-operations")
    then = await browser.get("/measures/beds_occupied", params={"known": "2026-03-01T10:00"})
    assert "As of 1 March 2026, 10:00am" in then.text
    assert 'tl-card__number">0<' in then.text
    assert 'value="2026-03-01T10:00"' in then.text
    explained = re.search(r'href="(/measures/beds_occupied/explained[^"]*)"', then.text)
    assert explained is not None
    shown = await browser.get(explained[1].replace("&amp;", "&"))
    assert "As of 1 March 2026, 10:00am" in shown.text
    assert "It counts no stay" in shown.text


async def test_who_runs_beds_is_told_how_many_stays_and_not_which(
    browser: httpx.AsyncClient, house: House
) -> None:
    await house.take(event_of(encounter()))
    await sign_in(browser, "demo-operations")
    shown = (await browser.get("/measures/beds_occupied/explained")).text
    assert "1 stay<" in shown
    assert "/stays" not in shown
    assert "/events/" not in shown


async def test_a_small_group_is_hidden_and_the_page_says_why(
    browser: httpx.AsyncClient, house: House
) -> None:
    await house.take(event_of(encounter()))
    await sign_in(browser, "demo-operations")
    shown = (await browser.get("/measures/beds_occupied", params={"by": "sex"})).text
    assert "Hidden" in shown
    assert "fewer than 5 people" in shown
    assert "no part has any of it that may be told" in shown
