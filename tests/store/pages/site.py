"""The pages over a database, and a browser of few words."""

import re

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.reference import load
from schemas.settings import Settings
from services.access.problems import install
from services.access.tokens import issue, make_keys
from services.access.viewer import Role, Viewer
from services.operations.api import router as operations
from services.pages.lag import Progress
from services.pages.names import names_of
from services.pages.room import add_pages
from services.record.following import Following
from streams.measures.engine import Engine
from tests.store.conftest import House

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
PATHS = ("/", "/caseload", "/operations", "/measures", "/find", "/identities/reviews")


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


async def proof_at(browser: httpx.AsyncClient, path: str) -> str:
    found = CSRF.search((await browser.get(path)).text)
    assert found is not None
    return found[1]


async def sign_in(browser: httpx.AsyncClient, user: str, **more: str) -> httpx.Response:
    proof = await proof_at(browser, "/sign-in")
    return await browser.post("/sign-in", data={"csrf": proof, "user": user, **more})


async def board_of(browser: httpx.AsyncClient) -> str:
    return (await browser.get("/operations")).text


def give_care(browser: httpx.AsyncClient, house: House) -> None:
    """Sign somebody in who gives care where the tests' facts come from."""
    viewer = Viewer(user="u1", name="U One", role=Role.CLINICIAN, org="RX1")
    browser.cookies.set("throughline", issue(house.settings, viewer))
