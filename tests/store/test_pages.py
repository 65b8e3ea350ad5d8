"""Pages as the server sends them: signing in, what is refused, and what the headers say."""

import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.measures import MEASURES
from schemas.settings import Settings
from services.access.problems import install
from services.access.tokens import CLOCK_SKEW_S, issue, make_keys
from services.operations.api import router as operations
from services.pages import board
from services.pages.assets import assets
from services.pages.board import Ask
from services.pages.demo_users import DEMO_USERS
from services.pages.figures import answers_for
from services.pages.lag import Progress
from services.pages.room import add_pages
from services.pages.sign_in import local
from streams.runtime.database import engine
from tests.builders import at_ward, encounter, event_of
from tests.store.conftest import House

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
PATHS = ("/", "/operations", "/measures")


class Done:
    """A pipeline that has done all there is."""

    async def reached(self) -> Progress:
        return {}


def app_over(database: AsyncEngine, settings: Settings) -> FastAPI:
    app = FastAPI()
    app.state.progress = Done()
    app.state.database, app.state.settings = database, settings
    app.state.keys = make_keys(settings)
    install(app)
    app.include_router(operations)
    add_pages(app)
    return app


@pytest_asyncio.fixture
async def browser(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with client(house.database, house.settings) as found:
        yield found


def client(database: AsyncEngine, settings: Settings) -> httpx.AsyncClient:
    app = app_over(database, settings)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def proof_at(browser: httpx.AsyncClient, path: str) -> str:
    found = CSRF.search((await browser.get(path)).text)
    assert found is not None
    return found[1]


async def sign_in(browser: httpx.AsyncClient, user: str, **more: str) -> httpx.Response:
    proof = await proof_at(browser, "/sign-in")
    return await browser.post("/sign-in", data={"csrf": proof, "user": user, **more})


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_sees_a_page_without_signing_in(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == httpx.codes.SEE_OTHER
    assert answer.headers["location"].startswith("/sign-in")


async def test_whoever_signs_in_comes_back_to_where_they_were_going(
    browser: httpx.AsyncClient,
) -> None:
    first = await browser.get("/operations?at=ZT1")
    shown = await browser.get(first.headers["location"])
    assert 'value="/operations?at=ZT1"' in shown.text
    answer = await sign_in(browser, "demo-operations", next="/operations?at=ZT1")
    assert answer.headers["location"] == "/operations?at=ZT1"
    assert (await browser.get("/operations")).status_code == httpx.codes.OK


@pytest.mark.parametrize(
    "elsewhere",
    ["https://x.example/", "//x.example", "/\\x.example", "javascript:alert(1)", "/a\nb", ""],
)
def test_signing_in_leads_nowhere_else(elsewhere: str) -> None:
    assert local(elsewhere) == "/"
    assert local("/operations?at=ZT1") == "/operations?at=ZT1"


async def test_the_session_is_out_of_reach_of_scripts_and_of_other_sites(
    browser: httpx.AsyncClient,
) -> None:
    answer = await sign_in(browser, "demo-operations")
    kept = answer.headers.get_list("set-cookie")
    assert len(kept) == 2
    assert all("HttpOnly" in one and "SameSite=lax" in one for one in kept)


async def test_a_form_of_another_site_is_refused(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "demo-operations")
    proof = await proof_at(browser, "/")
    forged = [
        await browser.post("/sign-out", data={"csrf": "0" * 64}),
        await browser.post("/sign-out"),
        await browser.post(
            "/sign-out", data={"csrf": proof}, headers={"Sec-Fetch-Site": "cross-site"}
        ),
    ]
    assert {answer.status_code for answer in forged} == {httpx.codes.FORBIDDEN}
    assert (await browser.get("/")).status_code == httpx.codes.OK
    assert (await browser.post("/sign-out", data={"csrf": proof})).is_redirect
    assert (await browser.get("/")).is_redirect


async def test_the_proof_of_one_session_is_nothing_in_another(browser: httpx.AsyncClient) -> None:
    before = await proof_at(browser, "/sign-in")
    await sign_in(browser, "demo-operations")
    answer = await browser.post("/sign-out", data={"csrf": before})
    assert answer.status_code == httpx.codes.FORBIDDEN


async def test_every_page_refuses_what_is_not_ours(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "demo-operations")
    for path in (*PATHS, "/sign-in", "/operations?at=%3Cscript%3E"):
        answer = await browser.get(path)
        policy = dict(
            part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
        )
        (nonce,) = set(re.findall(r'nonce="([^"]+)"', answer.text))
        assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == f"'self' 'nonce-{nonce}'"
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', answer.text)


@pytest.mark.parametrize("user", DEMO_USERS)
async def test_each_role_sees_the_pages_that_it_is_led_to_and_no_other(
    browser: httpx.AsyncClient, house: House, user: str
) -> None:
    await sign_in(browser, user)
    home = (await browser.get("/")).text
    for path in PATHS[1:]:
        led = f'href="{path}"' in home
        status = (await browser.get(path)).status_code
        assert status == (httpx.codes.OK if led else httpx.codes.FORBIDDEN)


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
    told = await answers_for(house.database, viewer, board.asks(), {}, datetime.now(UTC))
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


async def test_a_place_that_cannot_be_is_a_page_too(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "demo-operations")
    answer = await browser.get("/operations", params={"at": "' or 1=1 --"})
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "<h1" in answer.text


async def test_outside_development_nobody_chooses_who_to_be(house: House) -> None:
    strict = house.settings.model_copy(update={"development": False, "development_key": None})
    async with client(house.database, strict) as browser:
        shown = (await browser.get("/sign-in")).text
        assert "demo-" not in shown
        kept = browser.cookies
        assert list(kept) == [] or all(name.startswith("__Host-") for name in kept)


@pytest.mark.parametrize("name", [name for name in assets() if name.endswith((".css", ".js"))])
def test_no_asset_is_fetched_from_anywhere_else(name: str) -> None:
    asset: Any = assets()[name]
    assert not re.findall(rb"url\(['\"]?(?:https?:)?//", asset.content)
    assert b"Frutiger" not in asset.content
    assert b"sourceMappingURL" not in asset.content


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


async def board_of(browser: httpx.AsyncClient) -> str:
    return (await browser.get("/operations")).text


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    told = [urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode() for part in parts]
    return ".".join([*told, ""])


async def test_a_session_is_only_as_good_as_its_token(
    browser: httpx.AsyncClient, house: House
) -> None:
    viewer, settings = DEMO_USERS["demo-operations"], house.settings
    other = settings.model_copy(update={"oidc_audience": "another"})
    forged = {
        "expired": issue(settings, viewer, timedelta(seconds=-61 - CLOCK_SKEW_S)),
        "of another audience": issue(other, viewer),
        "unsigned": unsigned({"sub": "u1", "role": "administrator", "org": "ZT1"}),
        "nonsense": "x",
    }
    for why, token in forged.items():
        browser.cookies.clear()
        browser.cookies.set("throughline", token)
        for path in (*PATHS, "/operations/changes", "/measures/beds_occupied/stays"):
            answer = await browser.get(path)
            assert answer.is_redirect, (why, path)
            assert answer.headers["location"].startswith("/sign-in"), (why, path)


async def test_the_session_of_a_page_opens_no_door_of_the_api(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "demo-operations")
    assert (await browser.get("/operations")).is_success
    assert (await browser.get("/api/measures")).status_code == httpx.codes.UNAUTHORIZED


async def test_what_a_publisher_sends_is_text_and_never_markup(
    browser: httpx.AsyncClient, house: House
) -> None:
    evil = "<script>alert(1)</script>{{ 7 * 7 }}"
    ward = at_ward(evil, "2026-02-01T09:00:00Z")
    await house.take(event_of(encounter(location=[ward])))
    await sign_in(browser, "demo-clinician")
    for path in ("/operations", "/measures/beds_occupied/stays"):
        shown = (await browser.get(path)).text
        assert "<script>alert" not in shown
        assert "49" not in re.findall(r"alert\(1\)[^<]*", shown)
        assert "&lt;script&gt;alert(1)" in shown


async def test_many_fields_are_no_way_to_fill_the_memory(browser: httpx.AsyncClient) -> None:
    proof = await proof_at(browser, "/sign-in")
    answer = await browser.post("/sign-in", data={"csrf": proof, "user": "x" * 70_000})
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


async def test_without_a_database_the_page_says_to_try_again(house: House) -> None:
    nowhere = house.settings.model_copy(
        update={"database": "postgresql+asyncpg://nobody@127.0.0.1:1/none"}
    )
    away = engine(nowhere)
    async with client(away, nowhere) as browser:
        await sign_in(browser, "demo-operations")
        answer = await browser.get("/operations")
    await away.dispose()
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.headers["retry-after"]
    assert "Nothing is lost" in answer.text


async def test_a_bug_is_a_page_and_its_words_are_nobodys(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("Ada Example, born 1948-02-29")

    monkeypatch.setattr("services.pages.operations.answers_for", broken)
    async with client(house.database, house.settings) as browser:
        await sign_in(browser, "demo-operations")
        with structlog.testing.capture_logs() as logged:
            answer = await browser.get("/operations")
    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert "Sorry, there is a problem with the service" in answer.text
    assert "bug" in [entry["event"] for entry in logged]
    assert "Ada" not in answer.text + repr(logged)
