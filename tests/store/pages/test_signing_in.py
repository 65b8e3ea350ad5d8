"""Who is let in, and what a session and a form are good for."""

from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import pytest_asyncio
import structlog
from sqlalchemy import text

from schemas.settings import Settings
from services.access.viewer import Role, Viewer
from services.issuer.app import create_issuer
from services.pages.demo_users import DEMO_USERS
from services.pages.sign_in import local
from tests.store.conftest import House
from tests.store.pages.provider import Stub, asks, claims, signed, with_provider
from tests.store.pages.site import (
    HIDDEN,
    PATHS,
    app_of,
    client,
    page_of,
    proof_at,
    sign_in,
    sign_in_as,
)

DEVELOPMENT_ISSUER = "http://issuer"


@pytest_asyncio.fixture
async def stub(browser: httpx.AsyncClient) -> Stub:
    """A provider for the browser's application."""
    found = Stub()
    app = app_of(browser)
    app.state.settings = with_provider(app.state.settings)
    asks(app, found.open)
    return found


@pytest_asyncio.fixture
async def issuer(browser: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """The same browser at the development issuer, for the application that it is at."""
    app = app_of(browser)
    app.state.settings = with_provider(app.state.settings, DEVELOPMENT_ISSUER)
    made = create_issuer(DEVELOPMENT_ISSUER, "http://test", development=True)

    def open_client() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(made))

    asks(app, open_client)
    async with open_client() as there:
        yield there


async def way_in(browser: httpx.AsyncClient, towards: str = "/") -> str:
    answer = await browser.get("/sign-in/start", params={"next": towards})
    assert answer.status_code == httpx.codes.SEE_OTHER
    return answer.headers["location"]


async def comes_back(
    browser: httpx.AsyncClient, stub: Stub, towards: str = "/", **changes: str
) -> httpx.Response:
    """Sign in at the stub, and come back with what it says, and with changes."""
    said = stub.lets_in(await way_in(browser, towards))
    return await browser.get("/sign-in/callback", params=said | changes)


async def viewers(house: House) -> list[tuple[str, str, str]]:
    async with house.database.connect() as connection:
        rows = await connection.execute(text("select viewer, role, org from sessions"))
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_sees_a_page_without_signing_in(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == httpx.codes.SEE_OTHER
    assert answer.headers["location"].startswith("/sign-in")


async def test_whoever_signs_in_comes_back_to_where_they_were_going(
    browser: httpx.AsyncClient, stub: Stub, house: House
) -> None:
    first = await browser.get("/operations?at=ZT1")
    shown = await browser.get(first.headers["location"])
    start = page_of(shown).link("Sign in")
    answer = await browser.get(start)
    back = await browser.get("/sign-in/callback", params=stub.lets_in(answer.headers["location"]))
    assert back.headers["location"] == "/operations?at=ZT1"
    assert (await browser.get("/operations")).status_code == httpx.codes.OK
    assert await viewers(house) == [("u1", "clinician", "RX1")]
    assert ("sign-in", None, True) in await house.log()


async def test_the_provider_is_asked_for_a_code_with_pkce_and_told_nothing_of_us(
    browser: httpx.AsyncClient, stub: Stub
) -> None:
    there = urlsplit(await way_in(browser, "/people/6f1d1c8e"))
    asked = dict(parse_qsl(there.query))
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == "http://test/sign-in/callback"
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert "people" not in there.query
    assert len({(await way_in(browser)).partition("state=")[2] for _ in range(3)}) == 3


async def test_signing_in_at_the_development_issuer(
    browser: httpx.AsyncClient, issuer: httpx.AsyncClient, house: House
) -> None:
    # Given the page of the issuer, to which the application leads
    shown = await issuer.get(await way_in(browser, "/measures"))
    fields = {name: unescape(value) for name, value in HIDDEN.findall(shown.text)}
    nobody = await issuer.post("http://issuer/authorize", data=fields)
    assert "Choose who to be" in nobody.text
    # When somebody is chosen
    chosen = await issuer.post(
        "http://issuer/authorize", data=fields | {"user": "demo-care-coordinator"}
    )
    back = await browser.get(chosen.headers["location"])
    # Then they are signed in, and the code is worth nothing any more
    assert back.headers["location"] == "/measures"
    assert await viewers(house) == [("demo-care-coordinator", "care-coordinator", "ZC1")]
    again = await browser.get(chosen.headers["location"])
    assert again.status_code == httpx.codes.FORBIDDEN
    assert (await browser.get("/")).is_success


@pytest.mark.parametrize(
    "elsewhere",
    ["https://x.example/", "//x.example", "/\\x.example", "javascript:alert(1)", "/a\nb", ""],
)
async def test_signing_in_leads_nowhere_else(
    browser: httpx.AsyncClient, stub: Stub, elsewhere: str
) -> None:
    assert local(elsewhere) == "/"
    assert local("/operations?at=ZT1") == "/operations?at=ZT1"
    answer = await comes_back(browser, stub, elsewhere)
    assert answer.headers["location"] == "/"


async def test_the_session_is_out_of_reach_of_scripts_and_of_other_sites(
    browser: httpx.AsyncClient, stub: Stub
) -> None:
    app_of(browser).state.settings = with_provider(
        app_of(browser).state.settings, development=False, public_url="https://test"
    )
    asks(app_of(browser), stub.open)
    browser.base_url = httpx.URL("https://test")
    said = stub.lets_in(await way_in(browser))
    kept = (await browser.get("/sign-in/callback", params=said)).headers.get_list("set-cookie")
    names = {one.partition("=")[0] for one in kept if "Max-Age=0" not in one}
    assert names == {"__Host-throughline", "__Host-throughline-form"}
    for flag in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert all(flag in one for one in kept), flag
    assert not any("Domain" in one for one in kept)
    assert max(len(one) for one in kept) < 500


async def test_a_token_of_any_size_makes_no_large_cookie(
    browser: httpx.AsyncClient, stub: Stub
) -> None:
    stub.tell = lambda nonce: signed(claims(nonce=nonce, groups=["g" * 36] * 500))
    answer = await comes_back(browser, stub)
    assert answer.headers["location"] == "/"
    assert (await browser.get("/")).is_success
    assert sum(len(cookie.value or "") for cookie in browser.cookies.jar) < 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"error": "access_denied"}, "You stopped before the end"),
        ({"error": "login_required"}, "did not let you in"),
        ({"code": ""}, "did not let you in"),
        ({"code": "made-up"}, "could not be checked"),
        ({"state": "made-up"}, "begun in another browser"),
        ({"state": ""}, "begun in another browser"),
        ({"iss": "https://elsewhere.example"}, "could not be checked"),
    ],
)
async def test_whoever_comes_back_otherwise_is_not_signed_in(
    browser: httpx.AsyncClient,
    stub: Stub,
    house: House,
    changes: dict[str, str],
    words: str,
) -> None:
    with structlog.testing.capture_logs() as logged:
        answer = await comes_back(browser, stub, **changes)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert words in answer.text
    assert await viewers(house) == []
    assert "sign-in-refused" in [entry["event"] for entry in logged]


async def test_a_state_is_good_once_and_in_the_browser_that_began(
    browser: httpx.AsyncClient, stub: Stub, house: House
) -> None:
    said = stub.lets_in(await way_in(browser))
    # Somebody else's browser, to which the answer was handed
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app_of(browser)), base_url="http://test"
    ) as other:
        stolen = await other.get("/sign-in/callback", params=said)
        assert stolen.status_code == httpx.codes.FORBIDDEN
    assert (await browser.get("/sign-in/callback", params=said)).is_redirect
    stub.codes[said["code"]] = "as if the provider took it twice"
    again = await browser.get("/sign-in/callback", params=said)
    assert again.status_code == httpx.codes.FORBIDDEN
    assert len(await viewers(house)) == 1


async def test_two_windows_may_sign_in_at_once(browser: httpx.AsyncClient, stub: Stub) -> None:
    first, second = await way_in(browser, "/find"), await way_in(browser, "/measures")
    for there, towards in ((first, "/find"), (second, "/measures")):
        back = await browser.get("/sign-in/callback", params=stub.lets_in(there))
        assert back.headers["location"] == towards


async def test_who_has_no_role_here_is_told_so(
    browser: httpx.AsyncClient, stub: Stub, house: House
) -> None:
    stub.tell = lambda nonce: signed(claims(nonce=nonce, role=None))
    answer = await comes_back(browser, stub)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "has no place in this service yet" in answer.text
    assert await viewers(house) == []


async def test_what_a_provider_keeps_for_those_who_ask_is_asked_for(
    browser: httpx.AsyncClient, stub: Stub, house: House
) -> None:
    app_of(browser).state.settings = with_provider(
        house.settings,
        oidc_role_claim="posts.code",
        oidc_org_claim="posts.org",
        oidc_roles={"R8000": "clinician"},
    )
    asks(app_of(browser), stub.open)
    stub.described = {"userinfo_endpoint": "https://login.example.org/realms/care/userinfo"}
    stub.tell = lambda nonce: signed(claims(nonce=nonce, role=None, org=None))
    # Of somebody else, then of whoever signed in
    for sub, told in (("u2", []), ("u1", [("u1", "clinician", "RX7")])):
        stub.userinfo = {"sub": sub, "posts": [{"code": "R8000", "org": "RX7"}]}
        await comes_back(browser, stub)
        assert await viewers(house) == told


@pytest.mark.parametrize(
    ("methods", "where"), [(None, "authorization"), (["client_secret_post"], "client_secret=")]
)
async def test_a_client_with_a_secret_proves_itself_as_the_provider_takes_it(
    browser: httpx.AsyncClient, stub: Stub, methods: list[str] | None, where: str
) -> None:
    from pydantic import SecretStr

    app_of(browser).state.settings = with_provider(
        app_of(browser).state.settings, oidc_client_secret=SecretStr("a secret: of two words")
    )
    asks(app_of(browser), stub.open)
    stub.described = {"token_endpoint_auth_methods_supported": methods} if methods else {}
    assert (await comes_back(browser, stub)).is_redirect
    (request,) = [one for one in stub.asked if one.method == "POST"]
    assert where in request.headers or where in request.content.decode()
    assert ("authorization" in request.headers) == (where == "authorization")


async def test_a_provider_that_is_away_lets_nobody_in_and_is_asked_again(
    browser: httpx.AsyncClient, stub: Stub
) -> None:
    stub.is_up = False
    answer = await browser.get("/sign-in/start")
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "the sign-in service does not answer" in answer.text
    stub.is_up = True
    assert (await comes_back(browser, stub)).is_redirect


async def test_signing_in_again_ends_the_session_before(
    browser: httpx.AsyncClient, stub: Stub, house: House
) -> None:
    # Given a session that somebody else put into this browser
    theirs = await sign_in_as(
        browser, Viewer(user="u9", name="U Nine", role=Role.OPERATIONS, org="RX9")
    )
    # When its user signs in
    await comes_back(browser, stub)
    # Then it is another one, and the first is worth nothing
    assert await viewers(house) == [("u1", "clinician", "RX1")]
    browser.cookies.clear()
    browser.cookies.set("throughline", theirs)
    assert (await browser.get("/")).is_redirect


async def test_who_signs_out_is_out_here_and_at_the_provider(
    browser: httpx.AsyncClient, stub: Stub, house: House
) -> None:
    await comes_back(browser, stub)
    held = browser.cookies["throughline"]
    proof = await proof_at(browser, "/")
    answer = await browser.post("/sign-out", data={"csrf": proof})
    # The provider is told by a form, since its address would say who somebody is
    assert 'action="https://login.example.org/realms/care/end"' in answer.text
    told = dict(HIDDEN.findall(answer.text))
    assert told["post_logout_redirect_uri"] == "http://test/signed-out"
    assert told["id_token_hint"].count(".") == 2
    policy = answer.headers["content-security-policy"]
    assert "form-action 'self' https://login.example.org;" in policy
    assert await viewers(house) == []
    # And the secret that the browser held is worth nothing, whoever holds it
    browser.cookies.clear()
    browser.cookies.set("throughline", held)
    assert (await browser.get("/")).is_redirect
    assert ("sign-out", None, True) in await house.log()


@pytest.mark.parametrize("away", [True, False])
async def test_signing_out_does_not_depend_on_the_provider(
    browser: httpx.AsyncClient, stub: Stub, house: House, away: bool
) -> None:
    await comes_back(browser, stub)
    stub.described, stub.is_up = {"end_session_endpoint": None}, not away
    asks(app_of(browser), stub.open)
    answer = await browser.post("/sign-out", data={"csrf": await proof_at(browser, "/")})
    assert answer.headers["location"] == "/signed-out"
    assert "Nobody is signed in" in (await browser.get("/signed-out")).text
    assert await viewers(house) == []


async def moved(house: House, **columns: str) -> None:
    """As if that much time had passed."""
    said = ", ".join(f"{name} = {name} - interval '{by}'" for name, by in columns.items())
    async with house.database.begin() as tx:
        await tx.execute(text(f"update sessions set {said}"))


@pytest.mark.parametrize("passed", [{"seen": "31 minutes"}, {"ends": "721 minutes"}])
async def test_a_session_ends_that_nobody_uses_or_that_is_too_old(
    browser: httpx.AsyncClient, stub: Stub, house: House, passed: dict[str, str]
) -> None:
    await sign_in(browser, "demo-operations")
    await moved(house, **passed)
    answer = await browser.get("/operations?at=ZT1")
    shown = await browser.get(answer.headers["location"])
    assert "You were signed out" in shown.text
    assert "next=%2Foperations%3Fat%3DZT1" in shown.text


async def test_opening_pages_keeps_a_session_and_what_a_page_asks_by_itself_does_not(
    browser: httpx.AsyncClient, house: House
) -> None:
    await sign_in(browser, "demo-operations")
    await moved(house, seen="29 minutes")
    await browser.get("/", headers={"Sec-Fetch-Mode": "cors"})
    await moved(house, seen="2 minutes")
    assert (await browser.get("/")).is_redirect
    await sign_in(browser, "demo-operations")
    await moved(house, seen="29 minutes")
    await browser.get("/", headers={"Sec-Fetch-Mode": "navigate"})
    await moved(house, seen="2 minutes")
    assert (await browser.get("/")).is_success


async def test_what_was_typed_is_not_lost_without_a_word(
    browser: httpx.AsyncClient, house: House
) -> None:
    # Given a form, and a session that ended while it was filled in
    await sign_in(browser, "demo-clinician")
    proof = await proof_at(browser, "/find")
    typed = {"name": "Ada <b>Example</b>", "born[day]": "9", "csrf": proof}
    await moved(house, seen="31 minutes")
    # When it is sent, then what was typed is told, and the way back
    answer = await browser.post("/find", data=typed)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "your form was not sent" in answer.text
    assert "Ada &lt;b&gt;Example&lt;/b&gt;" in answer.text
    assert "/sign-in?next=%2Ffind&amp;ended=true" in answer.text
    # And nobody's page can have another site's words shown
    forged = await browser.post("/find", data=typed | {"csrf": "0" * 64})
    assert forged.is_redirect


async def test_a_form_of_another_site_is_refused_and_that_is_noted(
    browser: httpx.AsyncClient, house: House
) -> None:
    await sign_in(browser, "demo-clinician")
    proof = await proof_at(browser, "/")
    forged = [
        await browser.post("/find", data={"csrf": "0" * 64}),
        await browser.post("/find"),
        await browser.post("/find", data={"csrf": proof}, headers={"Sec-Fetch-Site": "cross-site"}),
        await browser.post("/find", data={"csrf": proof}, headers={"Sec-Fetch-Site": "same-site"}),
    ]
    assert {answer.status_code for answer in forged} == {httpx.codes.FORBIDDEN}
    assert (await house.log()).count(("forged-form", None, False)) == len(forged)
    assert (await browser.get("/")).status_code == httpx.codes.OK
    assert (await browser.post("/sign-out", data={"csrf": proof})).is_redirect
    assert (await browser.get("/")).is_redirect


async def test_the_proof_of_one_session_is_nothing_in_another(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "demo-clinician")
    before = await proof_at(browser, "/")
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
        if not led:
            # As the page says
            assert (await house.log())[-1][2] is False


async def test_where_no_provider_is_set_nobody_signs_in(house: House) -> None:
    strict = house.settings.model_copy(update={"development": False, "development_key": None})
    async with client(house.database, strict) as browser:
        for path in ("/sign-in", "/sign-in/start"):
            assert "is not set up yet" in (await browser.get(path)).text
        assert all(name.startswith("__Host-") for name in browser.cookies)


def test_the_development_issuer_is_for_development_alone() -> None:
    from services.access.tokens import NotInDevelopment

    with pytest.raises(NotInDevelopment):
        create_issuer("http://issuer", "http://test", development=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://x.example/"},
        {"client_id": "another"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
        {"scope": "profile"},
    ],
)
async def test_the_development_issuer_leads_nobody_elsewhere(
    browser: httpx.AsyncClient, issuer: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    there = urlsplit(await way_in(browser))
    asked = dict(parse_qsl(there.query)) | changes
    for answer in (
        await issuer.get("http://issuer/authorize", params=asked),
        await issuer.post("http://issuer/authorize", data=asked | {"user": "demo-clinician"}),
    ):
        assert answer.status_code == httpx.codes.BAD_REQUEST
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "x" * 43},
        {"client_id": "another"},
        {"redirect_uri": "https://x.example/"},
        {"grant_type": "password"},
        {"code": "made-up"},
    ],
)
async def test_the_development_issuer_gives_tokens_to_whoever_asked(
    browser: httpx.AsyncClient, issuer: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    asked = dict(parse_qsl(urlsplit(await way_in(browser)).query))
    chosen = await issuer.post("http://issuer/authorize", data=asked | {"user": "demo-clinician"})
    (code,) = [v for n, v in parse_qsl(urlsplit(chosen.headers["location"]).query) if n == "code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": "throughline",
        "redirect_uri": "http://test/sign-in/callback",
    }
    answer = await issuer.post("http://issuer/token", data=form | changes)
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert "token" not in answer.json()


def test_half_of_what_signing_in_takes_stops_the_start() -> None:
    whole = {
        "kafka": "k:1",
        "database": "postgresql+asyncpg://d",
        "oidc_issuer": "https://login.example.org",
        "oidc_client_id": "throughline",
        "public_url": "https://care.example.org",
    }
    assert Settings.model_validate(whole).address == "https://care.example.org"
    for wrong in (
        {"oidc_issuer": None},
        {"oidc_issuer": "http://login.example.org"},
        {"public_url": ""},
        {"public_url": "http://care.example.org"},
        {"oidc_client_id": None, "oidc_client_secret": "s"},
        {"oidc_scopes": "profile"},
        {"oidc_roles": "clinician"},
    ):
        with pytest.raises(ValueError, match="oidc_"):
            Settings.model_validate(whole | wrong)
