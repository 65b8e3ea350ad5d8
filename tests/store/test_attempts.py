"""What an attacker tries, and that each attempt is refused, counted and, where somebody is
signed in or a person is asked for, noted for the privacy officer.

| attempt | where it is made |
|---|---|
| no token, a session's cookie, a token in the address | here: every route |
| tokens that are expired, forged, for others, of unknown keys | here: `attempted.tokens` |
| other people's ids, ids in other forms | here |
| what is restricted, by any path | here: every route; by what label: `test_restricted.py` |
| SQL, templates, markup, NUL, length, in any parameter, form field or body | here: every route |
| methods, paths of files, the Host header | here |
| asking too often | here; how it is counted: `tests/unit/access/test_limits.py` |
| breaking the glass without a reason | here |
| forged forms, fixed sessions, replayed codes, open redirects | `pages/test_signing_in.py` |
"""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
import structlog
from aiokafka.errors import KafkaConnectionError
from fastapi import FastAPI
from prometheus_client import REGISTRY
from sqlalchemy import text

from schemas.settings import Settings
from services.access.viewer import Role, Viewer
from services.pages.demo_users import DEMO_USERS
from tests.builders import NHS_NUMBER
from tests.store.attempted import (
    CLINICIAN,
    STRANGER,
    Way,
    application,
    as_viewer,
    asked_for,
    caller,
    issued,
    tokens,
    ways,
)
from tests.store.conftest import House
from tests.store.pages.site import HIDDEN
from tests.store.test_relationships import WHY, an_event
from tests.store.test_restricted import RESTRICTED, SECRETS, told

Json = dict[str, Any]

# Whoever reaches the application may have these; a proxy keeps the first three from outside.
OPEN = {
    "/metrics",
    "/health/live",
    "/health/ready",
    "/api/progress",
    "/asyncapi.json",
    "/fhir/metadata",
    "/assets/{name:path}",
    "/sign-in",
    "/sign-in/start",
    "/sign-in/callback",
    "/signed-out",
}
EVIL = {
    "SQL": "' or 1=1 --",
    "SQL that ends it": "1'; drop table facts; --",
    "SQL that waits": "1' and pg_sleep(30) is null --",
    "a template": "{{982451653*57885161}}{%x%}${982451653*57885161}",
    "markup": '"><script>alert(1)</script><img src=x onerror=alert(1)>',
    "NUL": "a\0b",
    "a new line": "a\r\nSet-Cookie: evil=1",
    "a path": "../../../../etc/passwd",
    "wildcards": "%_%",
    "long": "x" * 20_000,  # of an address, the first 4,000
    "half a character": "\ud800",
    "a number without end": "9" * 400,
    "an object": '{"$ne": null}',
}
UNDONE = str(982451653 * 57885161)  # too long to stand in somebody's id by chance


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    return application(settings)


@pytest_asyncio.fixture(autouse=True)
async def _let_go(app: FastAPI) -> AsyncIterator[None]:
    """The database's connections belong to the event loop of their test."""
    yield
    await app.state.database.dispose()
    app.state.limiters = None


@pytest.fixture
def house(house: House) -> House:
    return replace(house, is_open=False)


@pytest_asyncio.fixture
async def known(house: House) -> dict[str, str]:
    """A person of RX1 of whom ZM1 says restricted things, as parameters of paths."""
    person = await told(house, RESTRICTED)
    return {
        "person_id": person,
        "event_id": await an_event(house, "Observation"),
        "source": "ZM1",
        "visit": "e2",
        "measure_id": "beds_occupied",
        "measure": "beds_occupied",
    }


def answered_by(app: FastAPI, method: str = "GET") -> list[Way]:
    """The ways of a method that are not open; what is heard without end is left out."""
    endless = ("/changes", "/stream")
    return [
        way
        for way in ways(app)
        if way.method == method and way.path not in OPEN and not way.path.endswith(endless)
    ]


async def refusals(why: str) -> float:
    return REGISTRY.get_sample_value("throughline_requests_refused_total", {"why": why}) or 0.0


async def test_every_route_but_the_open_ones_is_shut_to_whoever_has_no_token(
    app: FastAPI, known: dict[str, str], house: House
) -> None:
    found = list(ways(app))
    assert len(found) > 50
    assert {way.path for way in found} >= OPEN
    async with caller(app) as nobody:
        for way in found:
            if way.path in OPEN:
                continue
            answer = await nobody.request(way.method, way.filled(known))
            if way.path == "/sign-out":
                assert answer.status_code == 403, way
            elif way.is_page:
                assert answer.status_code == 303, way
                assert answer.headers["location"].startswith("/sign-in"), way
            else:
                assert answer.status_code == 401, way
                assert answer.headers["www-authenticate"].startswith("Bearer"), way
            assert NHS_NUMBER not in answer.text
    assert await house.log() == []


async def test_a_token_elsewhere_than_in_its_header_is_none(
    app: FastAPI, known: dict[str, str]
) -> None:
    good, person = issued(CLINICIAN), f"/api/people/{known['person_id']}"
    async with caller(app, good) as client:
        assert (await client.get(person)).status_code == 200
    async with caller(app) as client:
        for parameters in ({"access_token": good}, {"token": good}, {"authorization": good}):
            assert (await client.get(person, params=parameters)).status_code == 401
        for headers in ({"Authorization": f"Basic {good}"}, {"X-Authorization": f"Bearer {good}"}):
            assert (await client.get(person, headers=headers)).status_code == 401
        client.cookies.set("throughline", good)
        assert (await client.get(person)).status_code == 401
        assert (await client.get(f"/people/{known['person_id']}")).status_code == 303
    async with as_viewer(app, CLINICIAN) as client:
        del client.headers["Authorization"]
        assert (await client.get(f"/people/{known['person_id']}")).status_code == 200
        assert (await client.get(person)).status_code == 401


async def test_a_token_that_proves_nothing_opens_nothing_and_is_counted(
    app: FastAPI, known: dict[str, str], house: House
) -> None:
    attempts, before = tokens(app.state.settings), await refusals("bad-token")
    with structlog.testing.capture_logs() as logged:
        for why, token in attempts.items():
            async with caller(app, token) as client:
                answer = await client.get(f"/api/people/{known['person_id']}")
                assert answer.status_code == 401, why
                assert "invalid_token" in answer.headers["www-authenticate"], why
                assert token not in answer.text, why
                client.cookies.set("throughline", token)
                assert (await client.get("/")).status_code == 303, why
    assert await refusals("bad-token") == before + len(attempts)
    lines = [entry for entry in logged if entry["event"] == "request-refused"]
    assert len(lines) == len(attempts)
    assert known["person_id"] not in repr(logged)
    assert not any(token in repr(logged) for token in attempts.values() if len(token) > 5)
    assert await house.log() == []


def forms_of(identity: str) -> Iterator[str]:
    """One id, as programs write it."""
    found = UUID(identity)
    yield from (identity, identity.upper(), found.hex, f"{{{identity}}}", f"urn:uuid:{identity}")


async def test_another_ones_record_is_not_shown_however_its_id_is_written_and_that_is_noted(
    app: FastAPI, known: dict[str, str], house: House
) -> None:
    person = known["person_id"]
    of_person = [way for way in answered_by(app) if "{person_id}" in way.path]
    assert len(of_person) > 10
    async with as_viewer(app, STRANGER) as client:
        for way in of_person:
            for form in forms_of(person):
                answer = await client.get(way.filled({"person_id": form}))
                if answer.headers.get("location") == f"/people/{person}":
                    continue  # to the record itself, which tells why not
                assert answer.status_code in {403, 422}, (way, form, answer.text)
                assert "Brown" not in answer.text
                if answer.status_code == 403:
                    assert (await house.log())[-1][1:] == (person, False), (way, form)


async def test_ids_that_are_guessed_lead_to_nobody(
    app: FastAPI, known: dict[str, str], house: House
) -> None:
    guesses = [str(uuid4()), str(UUID(int=0)), str(UUID(int=2**128 - 1)), "1", "-1", "null", "*"]
    neighbour = UUID(int=UUID(known["person_id"]).int + 1)
    async with as_viewer(app, CLINICIAN) as client:
        for way in (way for way in answered_by(app) if "{person_id}" in way.path):
            for guess in (*guesses, str(neighbour)):
                at = len(await house.log())
                answer = await client.get(way.filled({"person_id": guess}))
                if answer.headers.get("location") == f"/people/{guess}":
                    continue  # to the record itself, which there is not
                assert answer.status_code in {403, 404, 422}, (way, guess)
                if answer.status_code == 404 and len(guess) == len(str(neighbour)):
                    assert len(await house.log()) > at, (way, guess)


async def test_a_person_sees_their_own_record_and_nobody_elses(
    app: FastAPI, known: dict[str, str], house: House
) -> None:
    other = Viewer(user=str(uuid4()), name="P", role=Role.PERSON, org="RX1")
    own = other.model_copy(update={"user": known["person_id"]})
    path = f"/api/people/{known['person_id']}"
    async with caller(app, issued(own)) as client:
        assert (await client.get(path)).status_code == 200
    async with caller(app, issued(other)) as client:
        assert (await client.get(path)).status_code == 403
    assert (await house.log())[-1] == ("person", known["person_id"], False)


async def test_nothing_restricted_is_told_on_any_way(app: FastAPI, known: dict[str, str]) -> None:
    hidden = [one for one in SECRETS if one != "ZM1"]
    moments = ({}, {"as_known_at": "2999-01-01T00:00:00Z"}, {"format": "json", "_count": "200"})
    async with as_viewer(app, CLINICIAN) as client:
        for way in answered_by(app):
            # Figures count everybody; whose bed it is is what nobody is told.
            here = [one for one in hidden if one != "ZM9" or not way.is_of_figures]
            for asked in moments:
                answer = await client.get(way.filled(known), params=asked)
                assert answer.status_code < 500, (way, answer.text)
                assert [one for one in here if one in answer.text] == [], way
        behind = (await client.get("/api/measures/beds_occupied/stays")).json()["stays"]
        whose = {one["stay"]["source"]: one["stay"]["person_id"] for one in behind}
        assert whose == {"RX1": known["person_id"], "ZM1": None}
        for words in ({"nhs_number": NHS_NUMBER}, {"name": "Brown", "birth_date": "1948"}):
            found = await client.post("/api/people/search", json=words)
            assert [one for one in SECRETS if one in found.text] == []


async def facts(house: House) -> int:
    async with house.database.connect() as connection:
        return int((await connection.execute(text("select count(*) from facts"))).scalar_one())


class Unreachable:
    """A door that what is said cannot come through now: it comes back on the page."""

    async def receive(self, message: object) -> None:
        raise KafkaConnectionError


def is_harmless(answer: httpx.Response) -> bool:
    """No failure of ours, nothing worked out or run that was said to us."""
    return (
        (answer.status_code < 500 or answer.status_code == httpx.codes.SERVICE_UNAVAILABLE)
        and UNDONE not in answer.text
        and "<script>alert" not in answer.text
        and "onerror=alert(1)>" not in answer.text
        and "root:" not in answer.text
        and "evil" not in answer.headers.get("set-cookie", "")
    )


async def test_what_is_said_in_an_address_is_a_value_and_nothing_else(
    app: FastAPI, known: dict[str, str], house: House
) -> None:
    count = await facts(house)
    async with as_viewer(app, CLINICIAN) as client:
        for way in answered_by(app):
            for why, evil in EVIL.items():
                said = evil.encode("utf-8", "surrogatepass")[:4_000]
                for name in asked_for(way):
                    query = {name: said.decode("latin-1")}
                    answer = await client.get(way.filled(known), params=query)
                    assert is_harmless(answer), (way, why, name, answer.text[-300:])
                if way.has_parameters:
                    path = way.filled({}, "".join(f"%{byte:02X}" for byte in said))
                    answer = await client.get(path)
                    assert is_harmless(answer), (way, why, answer.text[-300:])
    assert await facts(house) == count


async def test_what_is_typed_into_a_form_is_a_value_and_nothing_else(
    app: FastAPI, known: dict[str, str], house: House
) -> None:
    tried = set()
    app.state.door = Unreachable()
    async with as_viewer(app, CLINICIAN) as client:
        for way in (way for way in answered_by(app) if way.is_page):
            shown = await client.get(way.filled(known))
            for action, fields in posted_forms(shown.text):
                if action == "/sign-out":
                    continue
                for evil in EVIL.values():
                    clean = evil.encode("utf-8", "replace").decode()
                    said = {name: value or clean for name, value in fields.items()}
                    answer = await client.post(action, data=said)
                    assert is_harmless(answer), (action, evil, answer.text[-300:])
                    tried.add(action)
    assert {"/find", f"/people/{known['person_id']}/about-me"} <= tried


_FORM = re.compile(r'<form[^>]*action="([^"]*)"[^>]*method="post".*?</form>', re.DOTALL)
_FIELD = re.compile(r'<(?:input|textarea|select)[^>]*name="([^"]+)"')


def posted_forms(html: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Where each form of a page is sent, and its fields: those that are hidden as they are."""
    for form in _FORM.finditer(html):
        fields = dict.fromkeys(map(unescape, _FIELD.findall(form[0])), "")
        hidden = {name: unescape(value) for name, value in HIDDEN.findall(form[0])}
        yield unescape(form[1]), fields | hidden


async def test_what_is_said_in_a_body_is_a_value_and_nothing_else(
    app: FastAPI, known: dict[str, str]
) -> None:
    tried = 0
    schemas = app.openapi()["components"]["schemas"]
    async with as_viewer(app, CLINICIAN) as client:
        for way in (way for method in ("POST", "PUT") for way in answered_by(app, method)):
            if way.is_page or way.route.body_field is None:
                continue
            names = schemas.get(way.route.body_field.field_info.annotation.__name__, {})
            for evil in EVIL.values():
                clean = evil.encode("utf-8", "replace").decode()
                for body in (
                    dict.fromkeys(names.get("properties", ()), clean),
                    {name: [{"a": clean}] for name in names.get("properties", ())},
                    [clean],
                    clean,
                ):
                    answer = await client.request(way.method, way.filled(known), json=body)
                    assert is_harmless(answer), (way, evil, answer.text[-300:])
                    tried += 1
    assert tried > 100


async def test_a_body_that_is_none_of_ours_is_refused(app: FastAPI) -> None:
    bodies = [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"name": "' + b"x" * 2_000_000 + b'"}']
    async with as_viewer(app, CLINICIAN) as client:
        for body in bodies:
            for kind in ("application/json", "text/plain", "application/xml", ""):
                answer = await client.post(
                    "/api/people/search", content=body, headers={"Content-Type": kind}
                )
                assert 400 <= answer.status_code < 500, (body[:20], kind)
                assert "xxxx" not in answer.text


async def test_a_method_that_a_route_does_not_have_does_nothing(
    app: FastAPI, known: dict[str, str], house: House
) -> None:
    methods = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"}
    allowed: dict[str, set[str]] = {}
    for way in ways(app):
        allowed.setdefault(way.filled(known), set()).add(way.method)
    async with as_viewer(app, CLINICIAN) as client:
        for path, those in allowed.items():
            for method in methods - those - {"GET"}:
                if path.startswith("/fhir/"):
                    continue  # what is published there is for the door to say
                answer = await client.request(method, path)
                assert answer.status_code in {404, 405}, (method, path)
        override = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE"}
        before = await facts(house)
        await client.post(f"/api/people/{known['person_id']}", headers=override)
        assert await facts(house) == before


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../render.py",
        "/assets/..%2Frender.py",
        "/assets/%2e%2e/%2e%2e/session.py",
        "/assets/....//render.py",
        "/assets//etc/passwd",
        "/assets/%2Fetc%2Fpasswd",
        "/assets/pages.css%00.py",
        "/assets/..\\render.py",
        "/assets/",
        "/assets/images",
    ],
)
async def test_no_file_is_served_but_those_that_pages_are_made_of(app: FastAPI, path: str) -> None:
    async with caller(app) as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "import" not in answer.text


async def test_the_name_by_which_we_are_called_leads_nowhere(
    app: FastAPI, known: dict[str, str]
) -> None:
    hosts = {"Host": "elsewhere.example", "X-Forwarded-Host": "elsewhere.example"}
    async with as_viewer(app, CLINICIAN) as client:
        for way in answered_by(app):
            answer = await client.get(way.filled(known), headers=hosts)
            assert "elsewhere.example" not in answer.text + str(answer.headers), way


async def test_the_glass_is_not_broken_without_a_reason_nor_by_whoever_gives_no_care(
    app: FastAPI, known: dict[str, str], house: House
) -> None:
    path = f"/api/people/{known['person_id']}/break-glass"
    without: list[Json] = [{}, WHY | {"reason": ""}, WHY | {"text": ""}, WHY | {"text": "   "}]
    without += [WHY | {"reason": "curiosity"}, {"reason": WHY["reason"]}]
    async with caller(app, issued(STRANGER)) as client:
        for said in without:
            assert (await client.post(path, json=said)).status_code == 422, said
        assert (await client.get(f"/api/people/{known['person_id']}")).status_code == 403
    for role in set(Role) - {Role.CLINICIAN, Role.CARE_COORDINATOR}:
        viewer = STRANGER.model_copy(update={"role": role, "user": f"a-{role}"})
        async with caller(app, issued(viewer)) as client:
            assert (await client.post(path, json=WHY)).status_code == 403, role
        assert (await house.log())[-1] == ("break-glass", known["person_id"], False), role


async def test_whoever_is_signed_in_and_refused_is_noted_on_every_way(
    app: FastAPI, known: dict[str, str], house: House
) -> None:
    refused = 0
    for viewer in (*DEMO_USERS.values(), STRANGER):
        async with as_viewer(app, viewer) as client:
            for way in answered_by(app):
                before = await newest(house)
                answer = await client.get(way.filled(known))
                if answer.status_code == 403:
                    refused += 1
                    noted = await newest(house)
                    assert noted != before, (viewer.role, way.path)
                    assert noted[1] is False, (viewer.role, way.path)
    assert refused > 50


async def newest(house: House) -> tuple[int, bool]:
    """The last row of the access log: its number, and whether it was allowed."""
    said = text("select id, allowed from access_log order by id desc limit 1")
    async with house.database.connect() as connection:
        row = (await connection.execute(said)).one()
        return row.id, row.allowed


@pytest_asyncio.fixture
async def hurried(settings: Settings) -> AsyncIterator[FastAPI]:
    """An application in which hardly anything may be done in a minute."""
    few = ("searches", "requests", "glasses", "sign_ins", "refusals")
    made = application(settings, **{f"{one}_a_minute": 2 for one in few})
    yield made
    await made.state.database.dispose()
    made.state.engine.close()


async def test_whoever_asks_too_often_is_told_to_wait_and_that_is_noted_once(
    hurried: FastAPI, house: House, known: dict[str, str]
) -> None:
    person = known["person_id"]
    glass = {"json": WHY}
    asked: list[tuple[str, str, Json, str, str]] = [
        ("POST", "/api/people/search", {"json": {"nhs_number": NHS_NUMBER}}, "search", "problem"),
        ("GET", f"/api/people/{person}", {}, "request", "problem"),
        ("POST", f"/api/people/{person}/break-glass", glass, "break-glass", "problem"),
        ("GET", f"/fhir/Patient/{person}/$everything", {}, "request", "fhir"),
        ("GET", "/", {}, "request", "html"),
    ]
    for number, (method, path, more, kind, form) in enumerate(asked):
        viewer = CLINICIAN.model_copy(update={"user": f"hurry-{number}"})
        async with as_viewer(hurried, viewer) as client:
            for _ in range(2):
                assert (await client.request(method, path, **more)).is_success, path
            before = await refusals("too-often")
            with structlog.testing.capture_logs() as logged:
                answers = [await client.request(method, path, **more) for _ in range(3)]
        for answer in answers:
            assert answer.status_code == 429, path
            assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert form in answer.headers["content-type"]
        assert await refusals("too-often") == before + 3
        assert [entry["event"] for entry in logged] == ["too-often"]
        assert viewer.user not in repr(logged)
        assert (await house.log()).count((f"too-often-{kind}", None, False)) >= 1
    noted = [view for view, _, _ in await house.log() if view.startswith("too-often")]
    assert len(noted) == len(asked)


async def test_unproven_requests_of_one_address_are_told_to_wait_and_proven_ones_are_not(
    hurried: FastAPI, house: House, known: dict[str, str]
) -> None:
    async with caller(hurried) as nobody:
        statuses = [(await nobody.get("/api/measures")).status_code for _ in range(4)]
        assert statuses == [401, 401, 429, 429]
        ins = [(await nobody.get("/sign-in/start")).status_code for _ in range(3)]
        assert ins == [303, 303, 429]
    async with caller(hurried, issued(CLINICIAN)) as client:
        assert (await client.get("/api/measures")).status_code == 200
    assert await house.log() == []


async def test_publishing_is_held_back_by_nothing(hurried: FastAPI, house: House) -> None:
    class Taking:
        async def receive(self, message: object) -> None:
            raise ConnectionRefusedError

    hurried.state.door = Taking()
    for role in (Role.PUBLISHER, Role.ADMINISTRATOR):
        viewer = Viewer(user=f"a-{role}", name="Feed", role=role, org="RX1")
        async with caller(hurried, issued(viewer)) as feed:
            sent = [await feed.put("/fhir/Encounter/e1", json={}) for _ in range(6)]
            assert {answer.status_code for answer in sent} == {503}


HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.mark.parametrize("development", [True, False])
async def test_every_answer_says_what_may_be_done_with_it(
    settings: Settings, house: House, known: dict[str, str], development: bool
) -> None:
    more = {} if development else {"public_url": "https://care.example.org"}
    app = application(settings, development=development, **more)
    seen = set()
    async with as_viewer(app, CLINICIAN) as client, caller(app) as nobody:
        for way in ways(app):
            if way.path.endswith(("/changes", "/stream")):
                continue
            for who in (client, nobody):
                answer = await who.request(way.method, way.filled(known))
                headers = answer.headers
                seen.add(answer.status_code)
                if not way.path.startswith("/assets"):
                    assert {name: headers.get(name) for name in HEADERS} == HEADERS, way
                policy = headers["content-security-policy"]
                assert "default-src 'none'" in policy, way
                assert "frame-ancestors 'none'" in policy, way
                assert "unsafe" not in policy, way
                assert headers["referrer-policy"] in {"same-origin", "no-referrer"}, way
                assert ("strict-transport-security" in headers) is not development, way
                assert "server" not in headers, way
                for cookie in headers.get_list("set-cookie"):
                    assert "HttpOnly" in cookie, way
                    assert "SameSite=lax" in cookie, way
                    assert development or ("Secure" in cookie and cookie.startswith("__Host-"))
    assert seen >= {200, 303, 401, 403, 404, 422}
    await app.state.database.dispose()
    app.state.engine.close()


async def test_the_page_that_runs_others_scripts_is_there_in_development_alone(
    settings: Settings,
) -> None:
    for development, status in ((True, 200), (False, 404)):
        more = {} if development else {"public_url": "https://care.example.org"}
        app = application(settings, development=development, **more)
        async with caller(app) as client:
            assert (await client.get("/docs")).status_code == status
            assert (await client.get("/redoc")).status_code == 404
        await app.state.database.dispose()
        app.state.engine.close()


async def test_nobodys_name_or_number_is_logged_whatever_is_asked(
    app: FastAPI, known: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "hpack"):
        caplog.set_level(logging.CRITICAL, logger=name)  # the client of this test
    token = issued(CLINICIAN)
    with structlog.testing.capture_logs() as logged:
        async with as_viewer(app, CLINICIAN) as client, caller(app) as nobody:
            for way in ways(app):
                if way.path.endswith(("/changes", "/stream")):
                    continue
                for who in (client, nobody):
                    asked = {"after": NHS_NUMBER, "kind": "Brown"}
                    await who.request(way.method, way.filled(known), params=asked)
            for words in ({"nhs_number": NHS_NUMBER}, {"name": "Brown", "birth_date": "1948"}):
                await client.post("/api/people/search", json=words)
    assert logged
    said = repr(logged) + caplog.text
    for secret in (NHS_NUMBER, "Brown", "Una Wren", known["person_id"], token, "1948"):
        assert secret not in said, secret
