"""Who is let in, and what a session and a form are good for."""

import httpx
import pytest

from services.pages.demo_users import DEMO_USERS
from services.pages.sign_in import local
from tests.store.conftest import House
from tests.store.pages.site import PATHS, client, proof_at, sign_in


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


async def test_outside_development_nobody_chooses_who_to_be(house: House) -> None:
    strict = house.settings.model_copy(update={"development": False, "development_key": None})
    async with client(house.database, strict) as browser:
        shown = (await browser.get("/sign-in")).text
        assert "demo-" not in shown
        kept = browser.cookies
        assert list(kept) == [] or all(name.startswith("__Host-") for name in kept)
