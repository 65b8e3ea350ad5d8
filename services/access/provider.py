"""Signing in at any OpenID Connect provider: authorization code, PKCE, state and nonce.

Source: OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (who answers).
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from secrets import token_urlsafe
from time import monotonic
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urlencode

import httpx

from schemas.settings import Settings
from services.access.claims import BadToken, Claims, names_of, viewer_of
from services.access.keys import (
    MAX_AGE_S,
    Document,
    Keys,
    ProviderUnreachable,
    discovered,
    fetch_json,
    plain_client,
    unreachable,
)
from services.access.tokens import read_id_token
from services.access.viewer import Viewer

CALLBACK = "/sign-in/callback"
SIGNED_OUT = "/signed-out"


class NotSetUp(Exception):
    """Nobody can sign in: no provider is configured, or the pages have no name there."""


class Asked(NamedTuple):
    """What signing in began with; whoever comes back has to know it, and only once."""

    state: str
    nonce: str
    verifier: str
    towards: str

    @classmethod
    def anew(cls, towards: str) -> Self:
        """Three secrets that nobody can guess, and where one was going."""
        return cls(token_urlsafe(32), token_urlsafe(32), token_urlsafe(64), towards)

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier beforehand."""
        digest = sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


class SignedIn(NamedTuple):
    """Who signed in, and the token that the provider knows the session by."""

    viewer: Viewer
    id_token: str


class Provider:
    """The identity provider that is configured, as it describes itself.

    `open_client` gives an HTTP client; `now` gives seconds that only grow.
    """

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        open_client: Callable[[], httpx.AsyncClient] = plain_client,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._settings, self._keys, self._open, self._now = settings, keys, open_client, now
        self._names = names_of(settings)
        self._fetch = partial(fetch_json, open_client=open_client)
        self._found: Document = {}
        self._found_at = float("-inf")

    @property
    def is_set_up(self) -> bool:
        """Whether people can sign in."""
        return bool(self._settings.oidc_issuer and self._settings.oidc_client_id)

    async def way_in(self, asked: Asked) -> str:
        """Where the browser goes to sign in. Raises NotSetUp and ProviderUnreachable."""
        found = await self._described()
        query = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self._settings.address + CALLBACK,
            "scope": self._settings.oidc_scopes,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": asked.challenge,
            "code_challenge_method": "S256",
        }
        return _with_query(_endpoint(found, "authorization_endpoint"), query)

    async def way_out(self) -> str | None:
        """Where the provider ends its own session; None where it has no such place.

        Raises NotSetUp and ProviderUnreachable.
        """
        found = (await self._described()).get("end_session_endpoint")
        return found if isinstance(found, str) else None

    def goodbye(self, id_token: str) -> dict[str, str]:
        """What the provider is told there; it is posted, since it says who somebody is."""
        back = self._settings.address + SIGNED_OUT
        return {
            "id_token_hint": id_token,
            "client_id": self._client,
            "post_logout_redirect_uri": back,
        }

    async def signed_in(self, code: str, asked: Asked, answered_by: str = "") -> SignedIn:
        """Who came back with the code. Raises BadToken, NotSetUp and ProviderUnreachable."""
        if answered_by and answered_by != self._settings.oidc_issuer:
            raise BadToken("another provider answered than was asked")
        found = await self._described()
        said = await self._exchanged(found, code, asked)
        id_token = said.get("id_token")
        if not isinstance(id_token, str):
            raise BadToken("the provider did not say who signed in")
        claims = await read_id_token(id_token, asked.nonce, self._keys, self._settings)
        try:
            return SignedIn(viewer_of(claims, self._names), id_token)
        except BadToken:
            more = await self._told_besides(found, claims, said.get("access_token"))
            return SignedIn(viewer_of(more, self._names), id_token)

    @property
    def _client(self) -> str:
        if not self.is_set_up:
            raise NotSetUp
        return self._settings.oidc_client_id or ""

    async def _described(self) -> Document:
        if not self.is_set_up:
            raise NotSetUp
        if self._now() - self._found_at > MAX_AGE_S:
            self._found = await discovered(self._settings.oidc_issuer or "", self._fetch)
            self._found_at = self._now()
        return self._found

    async def _exchanged(self, found: Document, code: str, asked: Asked) -> Document:
        """The tokens for a code, which the provider takes once and from us alone."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.address + CALLBACK,
            "client_id": self._client,
            "code_verifier": asked.verifier,
        }
        proof, auth = self._proof(found)
        with unreachable():
            async with self._open() as client:
                answer = await client.post(
                    _endpoint(found, "token_endpoint"), data=form | proof, auth=auth
                )
            if answer.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
                raise BadToken("the provider did not take the code")
            said = answer.raise_for_status().json()
        if not isinstance(said, dict):
            raise ProviderUnreachable("the provider answered in a way that is not understood")
        return said

    def _proof(self, found: Document) -> tuple[dict[str, str], httpx.Auth]:
        """How a client with a secret proves itself, as the provider takes it: RFC 6749, 2.3.1."""
        if self._settings.oidc_client_secret is None:
            return {}, httpx.Auth()
        secret = self._settings.oidc_client_secret.get_secret_value()
        ways = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" in ways:
            return {}, httpx.BasicAuth(quote(self._client, safe=""), quote(secret, safe=""))
        return {"client_secret": secret}, httpx.Auth()

    async def _told_besides(self, found: Document, claims: Claims, access: object) -> Claims:
        """The claims with what the provider keeps for those who ask: of the same person alone."""
        place = found.get("userinfo_endpoint")
        if not isinstance(place, str) or not isinstance(access, str):
            return claims
        with unreachable():
            async with self._open() as client:
                headers = {"Authorization": f"Bearer {access}"}
                said: Any = (await client.get(place, headers=headers)).raise_for_status().json()
        if not isinstance(said, dict) or said.get("sub") != claims["sub"]:
            raise BadToken("the provider tells of somebody else")
        return {**said, **claims}


def _endpoint(found: Document, name: str) -> str:
    place = found.get(name)
    if not isinstance(place, str):
        raise ProviderUnreachable(f"the provider names no {name}")
    return place


def _with_query(address: str, query: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def make_provider(settings: Settings, keys: Keys) -> Provider:
    """The provider that is set; nothing is fetched before somebody signs in."""
    return Provider(settings, keys)
