"""What an attacker of the pages tries, and what a page says when something is broken."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import httpx
import orjson
import pytest
import structlog

from services.access.tokens import issue
from services.pages.assets import assets
from services.pages.demo_users import DEMO_USERS
from streams.runtime.database import engine
from tests.builders import at_ward, encounter, event_of
from tests.store.conftest import House
from tests.store.pages.site import PATHS, client, proof_at, sign_in


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    told = [urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode() for part in parts]
    return ".".join([*told, ""])


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


@pytest.mark.parametrize("name", [name for name in assets() if name.endswith((".css", ".js"))])
def test_no_asset_is_fetched_from_anywhere_else(name: str) -> None:
    asset: Any = assets()[name]
    assert not re.findall(rb"url\(['\"]?(?:https?:)?//", asset.content)
    assert b"Frutiger" not in asset.content
    assert b"sourceMappingURL" not in asset.content


async def test_a_cookie_of_ones_own_making_is_no_session(
    browser: httpx.AsyncClient, house: House
) -> None:
    viewer, settings = DEMO_USERS["demo-operations"], house.settings
    made_up = {
        "a bearer token": issue(settings, viewer),
        "unsigned": unsigned({"sub": "u1", "role": "administrator", "org": "ZT1"}),
        "nonsense": "x",
        "a digest": sha256(b"x").hexdigest(),
        "every session": "' or 1=1 --",
    }
    await sign_in(browser, "demo-operations")
    for why, cookie in made_up.items():
        browser.cookies.clear()
        browser.cookies.set("throughline", cookie)
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
    await sign_in(browser, "demo-clinician")
    proof = await proof_at(browser, "/find")
    answer = await browser.post("/find", data={"csrf": proof, "name": "x" * 70_000})
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


async def test_without_a_database_the_page_says_to_try_again(house: House) -> None:
    nowhere = house.settings.model_copy(
        update={"database": "postgresql+asyncpg://nobody@127.0.0.1:1/none"}
    )
    away = engine(nowhere)
    async with client(away, nowhere) as browser:
        browser.cookies.set("throughline", "somebody's")
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

    monkeypatch.setattr("services.pages.operations.answers_and_sites", broken)
    async with client(house.database, house.settings) as browser:
        await sign_in(browser, "demo-operations")
        with structlog.testing.capture_logs() as logged:
            answer = await browser.get("/operations")
    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert "Sorry, there is a problem with the service" in answer.text
    assert "bug" in [entry["event"] for entry in logged]
    assert "Ada" not in answer.text + repr(logged)
