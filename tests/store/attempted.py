"""What attempts are made on: the whole application, every route of it, and tokens of all sorts."""

import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from time import time
from typing import Any, NamedTuple

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from joserfc.jwk import RSAKey

from schemas.settings import Settings
from services.access.provider import SignedIn
from services.access.tokens import CLOCK_SKEW_S, issue
from services.access.viewer import Role, Viewer
from services.pages import session, session_storage
from services.web import create_app
from tests.store.pages.provider import KEY, Stub, asks, claims, signed, with_provider

CLINICIAN = Viewer(user="u1", name="Una Wren", role=Role.CLINICIAN, org="RX1")
# Of another organisation, which has nothing to do with anybody here.
STRANGER = Viewer(user="u2", name="Stan Gerr", role=Role.CLINICIAN, org="RX9", teams=("T9",))
_PARAMETER = re.compile(r"{(\w+)(?::path)?}")
THEIRS = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})


class Closed:
    """A door that takes nothing in: nothing that is attempted may come this far."""

    async def receive(self, message: object) -> None:
        raise AssertionError("it was taken in")


def application(settings: Settings, **more: Any) -> FastAPI:
    """The services as one whole, with a provider of its own that signs with `KEY`."""
    app = create_app(with_provider(settings, **more))
    app.state.door = Closed()
    asks(app, Stub().open)
    return app


@asynccontextmanager
async def caller(app: FastAPI, token: str = "", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A program that calls the application; with the token, where there is one."""
    said = headers | ({"Authorization": f"Bearer {token}"} if token else {})
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url=app.state.settings.address,
        headers=said,
    ) as client:
        yield client


@asynccontextmanager
async def as_viewer(app: FastAPI, viewer: Viewer) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a token and with a session of the pages."""
    state = app.state
    secret = await session_storage.begin(state.database, state.settings, SignedIn(viewer, "id"))
    async with caller(app, issued(viewer)) as client:
        client.cookies.set(session.cookies(state.settings)[0], secret)
        yield client


def issued(viewer: Viewer) -> str:
    """A good token of the provider."""
    told = {"name": viewer.name, "role": viewer.role.value, "org": viewer.org}
    return signed(claims(sub=viewer.user, teams=list(viewer.teams), **told))


class Way(NamedTuple):
    """One way into the application."""

    method: str
    path: str
    route: APIRoute

    @property
    def is_page(self) -> bool:
        """Whether people open it, and not programs."""
        return not self.route.include_in_schema

    @property
    def is_of_figures(self) -> bool:
        """Whether it answers of nobody in particular."""
        return self.path.startswith(("/api/measures", "/measures", "/operations"))

    def filled(self, known: Mapping[str, str], otherwise: str = "x") -> str:
        """The path with its parameters filled in."""
        return _PARAMETER.sub(lambda found: known.get(found[1], otherwise), self.path)

    @property
    def has_parameters(self) -> bool:
        """Whether something stands in its path that who calls says."""
        return _PARAMETER.search(self.path) is not None


def ways(app: FastAPI) -> Iterator[Way]:
    """Every way in, of every room that is wired."""
    for found in iter_route_contexts(app.routes):
        if isinstance(found.route, APIRoute):
            for method in sorted(found.route.methods - {"HEAD"}):
                yield Way(method, found.path, found.route)


def asked_for(way: Way) -> list[str]:
    """The names that the way takes in an address."""
    found, left = [], [way.route.dependant]
    while left:
        one = left.pop()
        found += [parameter.alias for parameter in one.query_params]
        left += one.dependencies
    return found


def forged(
    header: Mapping[str, Any], said: Mapping[str, Any], sign: Callable[[bytes], bytes]
) -> str:
    """A token that no library would make."""
    whole = b".".join(_b64(json.dumps(part).encode()) for part in (header, said))
    return (whole + b"." + _b64(sign(whole))).decode()


def _b64(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")


def _tampered() -> str:
    head, _, sign = signed(claims()).split(".")
    body = _b64(json.dumps(claims(role="administrator")).encode()).decode()
    return f"{head}.{body}.{sign}"


def _own_key(name: str, value: Any) -> str:
    return signed(claims(), THEIRS, **{name: value})


def tokens(settings: Settings) -> dict[str, str]:
    """Tokens that prove nothing, by what is wrong with them."""
    now = int(time())
    late = timedelta(seconds=-61 - CLOCK_SKEW_S)
    public = KEY.as_pem(private=False)
    elsewhere = settings.model_copy(update={"oidc_audience": "another"})
    return {
        "nonsense": "x",
        "three parts of nonsense": "a.b.c",
        "expired": signed(claims(exp=now - 61 - CLOCK_SKEW_S)),
        "expired, of development": issue(settings, CLINICIAN, late),
        "never expires": signed(claims(exp=None)),
        "not valid yet": signed(claims(nbf=now + 600)),
        "issued in the future": signed(claims(iat=now + 600)),
        "for somebody else": signed(claims(aud="another")),
        "for somebody else, of development": issue(elsewhere, CLINICIAN),
        "for nobody": signed(claims(aud=None)),
        "of another issuer": signed(claims(iss="https://elsewhere.example")),
        "of no issuer": signed(claims(iss=None)),
        "of development's issuer, by the provider": signed(claims(iss="throughline-development")),
        "alg none": forged({"alg": "none"}, claims(), lambda _: b""),
        "alg NoNe": forged({"alg": "NoNe", "kid": "1"}, claims(), lambda _: b""),
        "no alg": forged({"kid": "1"}, claims(), lambda _: b""),
        "no signature": forged({"alg": "RS256", "kid": "1"}, claims(), lambda _: b""),
        "the public key as a secret": forged(
            {"alg": "HS256", "kid": "1"}, claims(), lambda s: hmac.digest(public, s, "sha256")
        ),
        "an empty secret": forged(
            {"alg": "HS256"}, claims(), lambda s: hmac.digest(b"", s, "sha256")
        ),
        "an algorithm that is not pinned": signed(claims(), alg="RS512"),
        "an unknown key": signed(claims(), THEIRS, kid="made-up"),
        "another's key under our name": signed(claims(), THEIRS),
        "a key from a file": signed(claims(), THEIRS, kid="../../../../dev/null"),
        "a key of many": forged({"alg": "RS256", "kid": ["1"]}, claims(), lambda _: b"x"),
        "its own key (jwk)": _own_key("jwk", THEIRS.as_dict(private=False)),
        "its own address of keys (jku)": _own_key("jku", "https://elsewhere.example/keys"),
        "its own certificate (x5u)": _own_key("x5u", "https://elsewhere.example/cert"),
        "an extension that is not understood": forged(
            {"alg": "RS256", "kid": "1", "crit": ["b64"], "b64": False}, claims(), lambda _: b"x"
        ),
        "tampered with": _tampered(),
        "of nobody": signed(claims(sub=None)),
        "without a role": signed(claims(role=None)),
        "of a role that is none": signed(claims(role="root")),
        "of two roles": signed(claims(role=["clinician", "administrator"])),
        "without an organisation": signed(claims(org=None)),
        "an identity token": signed(claims(at_hash="x")),
        "an identity token, as it is called elsewhere": signed(claims(typ="ID")),
    }
