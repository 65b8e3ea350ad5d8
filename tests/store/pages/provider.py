"""Providers to sign in at: the development issuer, and one that says whatever it is told to."""

from collections.abc import Callable, Mapping
from functools import partial
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import RSAKey

from schemas.settings import Settings
from services.access.keys import Keys, fetch_json
from services.access.provider import Provider

ISSUER = "https://login.example.org/realms/care"
KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})


def with_provider(settings: Settings, issuer: str = ISSUER, **more: Any) -> Settings:
    """The settings of pages that people sign in to."""
    told = {"oidc_issuer": issuer, "oidc_client_id": "throughline", "public_url": "http://test"}
    return settings.model_copy(update={**told, **more})


def asks(app: FastAPI, open_client: Callable[[], httpx.AsyncClient]) -> None:
    """Let the application ask a provider that no network leads to."""
    settings: Settings = app.state.settings
    app.state.keys = Keys(settings.oidc_issuer, partial(fetch_json, open_client=open_client))
    app.state.provider = Provider(settings, app.state.keys, open_client)


def claims(**changes: Any) -> dict[str, Any]:
    """What an honest provider says of a clinician, with changes; None: it does not say so."""
    now = int(time())
    said = {
        "iss": ISSUER,
        "aud": "throughline",
        "sub": "u1",
        "iat": now,
        "exp": now + 300,
        "name": "U One",
        "role": "clinician",
        "org": "RX1",
    }
    return {name: value for name, value in (said | changes).items() if value is not None}


def signed(said: Mapping[str, Any], key: RSAKey = KEY, **header: Any) -> str:
    """A token as a provider signs it."""
    full = {"alg": "RS256", "kid": "1"} | header
    return jwt.encode(full, dict(said), key, [full["alg"]])


class Stub:
    """A provider that answers with the token that it is given; `tell` makes it of a nonce."""

    def __init__(self, tell: Callable[[str], str] | None = None) -> None:
        self.tell = tell or (lambda nonce: signed(claims(nonce=nonce)))
        self.codes: dict[str, str] = {}
        self.described: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.asked: list[httpx.Request] = []
        self.is_up = True

    def open(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def lets_in(self, way_in: str) -> dict[str, str]:
        """What the browser comes back with from the address that it was led to."""
        asked = {name: value for name, (value,) in parse_qs(urlsplit(way_in).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked["nonce"]
        return {"state": asked["state"], "code": code}

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if not self.is_up:
            raise httpx.ConnectError("refused")
        self.asked.append(request)
        place = request.url.path.removeprefix("/realms/care")
        if place == "/.well-known/openid-configuration":
            ends = {name: f"{ISSUER}/{name.partition('_')[0]}" for name in _ENDPOINTS}
            return httpx.Response(200, json={"issuer": ISSUER, **ends, **self.described})
        if place == "/jwks":
            return httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]})
        if place == "/userinfo":
            return httpx.Response(200, json=self.userinfo)
        (code,) = parse_qs(request.content.decode())["code"]
        if code not in self.codes:
            return httpx.Response(400, json={"error": "invalid_grant"})
        told = {"id_token": self.tell(self.codes.pop(code)), "access_token": "for userinfo"}
        return httpx.Response(200, json=told)


_ENDPOINTS = (
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "end_session_endpoint",
)
