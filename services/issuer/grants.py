"""What a client may ask the development issuer for, and the codes that it gave for it. Pure."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from secrets import token_urlsafe
from time import monotonic
from typing import NamedTuple

CODE_LASTS_S = 60.0


class Client(NamedTuple):
    """The one client that the issuer knows, and where it may be led back to."""

    id: str
    redirect_uri: str
    signed_out_uri: str


class Wanted(NamedTuple):
    """A request to sign somebody in, as it was asked."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str


class Grant(NamedTuple):
    """Who was signed in, for which request, and until when the code is good."""

    user: str
    wanted: Wanted
    until: float


class Wrong(Exception):
    """A request that no good client makes; its text is an error code of OAuth 2.0."""


def wanted(asked: Mapping[str, str], client: Client) -> Wanted:
    """What is asked for. Raises Wrong: nobody is led to an address that is not the client's."""
    if asked.get("client_id") != client.id or asked.get("redirect_uri") != client.redirect_uri:
        raise Wrong("unauthorized_client")
    if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
        raise Wrong("invalid_request")
    challenge = asked.get("code_challenge", "")
    if asked.get("code_challenge_method") != "S256" or not challenge:
        raise Wrong("invalid_request")
    return Wanted(client.redirect_uri, asked.get("state", ""), asked.get("nonce", ""), challenge)


class Grants:
    """The codes that are out; each is taken once, by whoever has the verifier."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now, self._out = now, dict[str, Grant]()

    def give(self, user: str, for_: Wanted) -> str:
        """A new code for somebody."""
        now, code = self._now(), token_urlsafe(32)
        self._out = {code: grant for code, grant in self._out.items() if grant.until > now}
        self._out[code] = Grant(user, for_, now + CODE_LASTS_S)
        return code

    def take(self, form: Mapping[str, str], client: Client) -> Grant:
        """What a code was given for. Raises Wrong."""
        grant = self._out.pop(form.get("code", ""), None)
        if form.get("grant_type") != "authorization_code":
            raise Wrong("unsupported_grant_type")
        if form.get("client_id") != client.id:
            raise Wrong("invalid_client")
        if grant is None or grant.until <= self._now():
            raise Wrong("invalid_grant")
        if form.get("redirect_uri") != grant.wanted.redirect_uri:
            raise Wrong("invalid_grant")
        if not hmac.compare_digest(_challenge(form.get("code_verifier", "")), _bytes(grant)):
            raise Wrong("invalid_grant")
        return grant


def _challenge(verifier: str) -> bytes:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")


def _bytes(grant: Grant) -> bytes:
    return grant.wanted.challenge.encode()
