"""The pages over a database, and a browser of few words."""

import re
from dataclasses import dataclass
from html import unescape

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.reference import load
from schemas.settings import Settings
from services.access.problems import install
from services.access.provider import SignedIn
from services.access.tokens import make_keys
from services.access.viewer import Role, Viewer
from services.operations.api import router as operations
from services.pages import session, session_storage
from services.pages.demo_users import DEMO_USERS
from services.pages.lag import Progress
from services.pages.names import names_of
from services.pages.room import add_pages
from services.record.following import Following
from streams.measures.engine import Engine

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
PATHS = ("/", "/caseload", "/operations", "/measures", "/find", "/privacy")


class Done:
    """A pipeline that has done all there is."""

    async def reached(self) -> Progress:
        return {}


def app_over(database: AsyncEngine, settings: Settings) -> FastAPI:
    app = FastAPI()
    app.state.progress = Done()
    app.state.database, app.state.settings = database, settings
    reference = load()
    app.state.engine, app.state.keys = Engine(database, reference), make_keys(settings)
    app.state.following = Following(database)
    install(app)
    app.include_router(operations)
    add_pages(app, names_of(reference))
    return app


def client(database: AsyncEngine, settings: Settings) -> httpx.AsyncClient:
    app = app_over(database, settings)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@dataclass(frozen=True)
class Page:
    """What a page shows, as far as tests ask."""

    text: str

    def link(self, words: str) -> str:
        """Where the link of these words leads."""
        found = re.search(rf'<a[^>]*href="([^"]*)"[^>]*>\s*{re.escape(words)}\s*</a>', self.text)
        assert found is not None, words
        return unescape(found[1])


def page_of(answer: httpx.Response) -> Page:
    """The page that was answered."""
    assert answer.status_code == httpx.codes.OK
    return Page(answer.text)


async def proof_at(browser: httpx.AsyncClient, path: str) -> str:
    found = CSRF.search((await browser.get(path)).text)
    assert found is not None
    return found[1]


def app_of(browser: httpx.AsyncClient) -> FastAPI:
    """The application that a browser is at."""
    transport = browser._transport
    assert isinstance(transport, httpx.ASGITransport)
    found = transport.app
    assert isinstance(found, FastAPI)
    return found


async def sign_in(browser: httpx.AsyncClient, user: str) -> None:
    """Sign a demo user in, as coming back from the provider does."""
    await sign_in_as(browser, DEMO_USERS[user])


async def sign_in_as(browser: httpx.AsyncClient, viewer: Viewer) -> str:
    """Sign anybody in; the secret that their browser now holds."""
    state = app_of(browser).state
    who = SignedIn(viewer, "an id token")
    secret = await session_storage.begin(state.database, state.settings, who)
    browser.cookies.clear()
    browser.cookies.set(session.cookies(state.settings)[0], secret)
    return secret


async def board_of(browser: httpx.AsyncClient) -> str:
    return (await browser.get("/operations")).text


async def give_care(browser: httpx.AsyncClient) -> None:
    """Sign somebody in who gives care where the tests' facts come from."""
    await sign_in_as(browser, Viewer(user="u1", name="U One", role=Role.CLINICIAN, org="RX1"))
