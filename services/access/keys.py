"""The identity provider's public keys, fetched when a token needs one that is not held."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from schemas.settings import Settings

Document = Mapping[str, Any]
Fetch = Callable[[str], Awaitable[Document]]

FETCH_WITHIN_S = 5.0
MAX_AGE_S = 3600.0  # a key that the provider has withdrawn is trusted no longer than this
MIN_AGE_S = 10.0  # made-up key ids must not become a flood of requests to the provider


class ProviderUnreachable(Exception):
    """The identity provider did not give its keys: no token can be checked now."""


class Keys:
    """The keys of one issuer, by OpenID Connect discovery. None without an issuer.

    `fetch` gives the JSON at an address; `now` gives seconds that only grow.
    """

    def __init__(
        self, issuer: str | None, fetch: Fetch, now: Callable[[], float] = monotonic
    ) -> None:
        self._issuer, self._fetch, self._now = issuer, fetch, now
        self._keys: dict[str | None, Key] = {}
        self._fetched_at = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def key(self, key_id: str | None) -> Key | None:
        """The signing key of that id; without an id the only key there is, else none.

        Raises ProviderUnreachable.
        """
        if self._issuer is None:
            return None
        async with self._one_at_a_time:
            age = self._now() - self._fetched_at
            if age > MAX_AGE_S or (age > MIN_AGE_S and self._held(key_id) is None):
                self._keys = await self._fresh(self._issuer)
                self._fetched_at = self._now()
        return self._held(key_id)

    def _held(self, key_id: str | None) -> Key | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id) if key_id is not None else None

    async def _fresh(self, issuer: str) -> dict[str | None, Key]:
        with unreachable():
            found = await discovered(issuer, self._fetch)
            return signing_keys(await self._fetch(found["jwks_uri"]))


async def discovered(issuer: str, fetch: Fetch) -> Document:
    """What the provider says of itself. Raises ProviderUnreachable where it is another one."""
    with unreachable():
        found = await fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ProviderUnreachable("the provider names another issuer than is configured")
        return found


@contextmanager
def unreachable() -> Iterator[None]:
    """Whatever goes wrong at the provider's end is one failure: ProviderUnreachable."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, JoseError) as error:
        raise ProviderUnreachable(type(error).__name__) from error


def signing_keys(document: Document) -> dict[str | None, Key]:
    """The keys of a JWK Set by id, those for encryption and shared secrets left out."""
    public = [key for key in document["keys"] if _signs(key)]
    return {key.kid: key for key in KeySet.import_key_set({"keys": public}).keys}


def _signs(key: Document) -> bool:
    return key.get("use", "sig") == "sig" and key.get("kty") in {"RSA", "EC"}


def plain_client() -> httpx.AsyncClient:
    """A client for the provider, which answers soon or not at all and leads nowhere else."""
    return httpx.AsyncClient(timeout=FETCH_WITHIN_S)


async def fetch_json(
    address: str, open_client: Callable[[], httpx.AsyncClient] = plain_client
) -> Document:
    """The JSON object at an address. Raises httpx.HTTPError and ValueError."""
    async with open_client() as client:
        answer = await client.get(address)
        answer.raise_for_status()
        found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def make_keys(settings: Settings) -> Keys:
    """The keys that tokens are checked with; nothing is fetched before a token asks."""
    return Keys(settings.oidc_issuer, fetch_json)
