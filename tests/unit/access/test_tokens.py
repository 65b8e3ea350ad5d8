"""What a token proves: ours in development, the identity provider's everywhere."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from time import time
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from schemas.settings import Settings
from services.access.keys import MAX_AGE_S, MIN_AGE_S, Document, Keys
from services.access.tokens import (
    BadToken,
    NotInDevelopment,
    ProviderUnreachable,
    issue,
    make_keys,
    read,
)
from services.access.viewer import Role, Viewer

ISSUER = "https://login.example.org/realms/care"
SECRET = "a development key of forty-two characters."
VIEWER = Viewer(user="u1", name="U One", role=Role.CLINICIAN, org="RX1", teams=("stroke",))
FIRST, SECOND = (RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}) for kid in ("1", "2"))
CURVE = ECKey.generate_key("P-256", {"kid": "e", "use": "sig"})


def settings(*, development: bool = False, key: str | None = SECRET) -> Settings:
    return Settings(
        kafka="none:1",
        database="postgresql+asyncpg://none",
        development=development,
        development_key=key,
        oidc_issuer=ISSUER,
    )


class Provider:
    """An identity provider that can rotate its keys, lie and go away; counts its requests."""

    def __init__(self, *keys: RSAKey | ECKey) -> None:
        self.keys, self.issuer, self.is_up, self.asked = keys, ISSUER, True, 0

    async def fetch(self, address: str) -> Document:
        if not self.is_up:
            raise httpx.ConnectError("refused")
        if address == f"{ISSUER}/.well-known/openid-configuration":
            return {"issuer": self.issuer, "jwks_uri": f"{ISSUER}/certs"}
        assert address == f"{ISSUER}/certs"
        self.asked += 1
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def held_by(self, now: Callable[[], float] = lambda: 0.0) -> Keys:
        return Keys(ISSUER, self.fetch, now)


def claims(**changes: Any) -> dict[str, Any]:
    said = {
        "iss": ISSUER,
        "aud": ["account", "throughline"],
        "sub": "u1",
        "exp": int(time()) + 300,
        "name": "U One",
        "role": "clinician",
        "org": "RX1",
        "teams": ["stroke"],
    }
    return {name: value for name, value in (said | changes).items() if value is not None}


def token(
    key: RSAKey | ECKey = FIRST, algorithm: str = "RS256", kid: str | None = "1", **changes: Any
) -> str:
    header = {"alg": algorithm} | ({"kid": kid} if kid else {})
    return jwt.encode(header, claims(**changes), key, [algorithm])


async def test_a_development_token_makes_its_bearer_the_viewer() -> None:
    here = settings(development=True)
    assert await read(issue(here, VIEWER), make_keys(here), here) == VIEWER


@pytest.mark.parametrize(("development", "key"), [(False, SECRET), (True, None)])
def test_no_development_token_is_issued_elsewhere(development: bool, key: str | None) -> None:
    with pytest.raises(NotInDevelopment):
        issue(settings(development=development, key=key), VIEWER)


async def test_a_development_token_is_worth_nothing_in_production() -> None:
    made = issue(settings(development=True), VIEWER)
    with pytest.raises(BadToken):
        await read(made, Provider(FIRST).held_by(), settings())


async def test_a_development_token_runs_out() -> None:
    here = settings(development=True)
    with pytest.raises(BadToken, match="expired"):
        await read(issue(here, VIEWER, timedelta(hours=-1)), make_keys(here), here)


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"),
    [(FIRST, "RS256", "1"), (FIRST, "PS256", "1"), (CURVE, "ES256", "e")],
)
async def test_the_providers_tokens_are_read(key: RSAKey, algorithm: str, kid: str) -> None:
    keys = Provider(FIRST, CURVE).held_by()
    assert await read(token(key, algorithm, kid), keys, settings()) == VIEWER


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://login.example.org/realms/other"},
        {"aud": "account"},
        {"aud": None},
        {"exp": int(time()) - 300},
        {"exp": None},
        {"nbf": int(time()) + 86_400},  # later than any test runs after this is read
        {"sub": None},
        {"role": "root"},
        {"role": None},
        {"org": None},
        {"org": ""},
        {"teams": 7},
    ],
)
async def test_a_claim_that_does_not_hold_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        await read(token(**changes), Provider(FIRST).held_by(), settings())


def forged(algorithm: str, signature: Callable[[bytes], bytes]) -> str:
    """A token that no library would make: its header and claims are good, its signature is not."""
    parts = ({"alg": algorithm, "kid": "1"}, claims())
    said = b".".join(b64(json.dumps(part).encode()) for part in parts)
    return (said + b"." + b64(signature(said))).decode()


def b64(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")


FORGERIES = {
    "no signature": forged("none", lambda _: b""),
    "no signature, oddly spelt": forged("nOnE", lambda _: b""),
    "the public key as a secret": forged(
        "HS256", lambda said: hmac.digest(FIRST.as_pem(private=False), said, "sha256")
    ),
    "an algorithm that is not pinned": token(algorithm="RS512"),
    "no signature under a pinned name": forged("RS256", lambda _: b""),
}


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("development", [False, True])
async def test_a_forgery_is_refused(forgery: str, development: bool) -> None:
    keys = Provider(FIRST).held_by()
    with pytest.raises(BadToken):
        await read(FORGERIES[forgery], keys, settings(development=development))


@pytest.mark.parametrize("nonsense", ["", "a", "a.b.c", "a.b.c.d.e", "é.é.é", "null.null.null"])
async def test_what_is_no_token_is_refused(nonsense: str) -> None:
    with pytest.raises(BadToken):
        await read(nonsense, Provider(FIRST).held_by(), settings())


async def test_another_ones_signature_is_refused() -> None:
    with pytest.raises(BadToken):
        await read(token(SECOND, kid="1"), Provider(FIRST).held_by(), settings())


async def test_a_token_without_a_key_id_is_read_only_where_there_is_one_key() -> None:
    made = token(kid=None)
    assert await read(made, Provider(FIRST).held_by(), settings()) == VIEWER
    with pytest.raises(BadToken):
        await read(made, Provider(FIRST, SECOND).held_by(), settings())


async def test_keys_are_fetched_once_and_again_when_the_provider_rotates_them() -> None:
    provider, clock = Provider(FIRST), [0.0]
    keys = provider.held_by(lambda: clock[0])
    for _ in range(3):
        await read(token(), keys, settings())
    assert provider.asked == 1
    provider.keys, clock[0] = (SECOND,), MIN_AGE_S + 1
    assert await read(token(SECOND, kid="2"), keys, settings()) == VIEWER
    with pytest.raises(BadToken):
        await read(token(), keys, settings())


async def test_made_up_key_ids_are_no_flood_of_requests() -> None:
    provider = Provider(FIRST)
    keys = provider.held_by()
    for number in range(20):
        with pytest.raises(BadToken):
            await read(token(kid=f"made-up-{number}"), keys, settings())
    assert provider.asked == 1


async def test_a_token_that_was_taken_once_runs_out_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys, taken, began = Provider(FIRST).held_by(), token(), time()
    for _ in range(2):
        assert (await read(taken, keys, settings())).user == "u1"
    monkeypatch.setattr("time.time", lambda: began + 3_600)
    with pytest.raises(BadToken, match="expired"):
        await read(taken, keys, settings())


async def test_a_token_that_was_taken_once_is_held_against_a_new_key_of_the_same_id() -> None:
    provider, clock = Provider(FIRST), [0.0]
    keys, taken = provider.held_by(lambda: clock[0]), token()
    await read(taken, keys, settings())
    provider.keys = (RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}),)
    clock[0] = MAX_AGE_S + 1
    with pytest.raises(BadToken):
        await read(taken, keys, settings())


async def test_a_withdrawn_key_is_forgotten_in_time() -> None:
    provider, clock = Provider(FIRST), [0.0]
    keys = provider.held_by(lambda: clock[0])
    await read(token(), keys, settings())
    provider.keys, clock[0] = (SECOND,), MAX_AGE_S + 1
    with pytest.raises(BadToken):
        await read(token(), keys, settings())


async def test_a_provider_that_is_away_is_no_fault_of_the_token() -> None:
    provider = Provider(FIRST)
    provider.is_up = False
    keys = provider.held_by()
    with pytest.raises(ProviderUnreachable):
        await read(token(), keys, settings())
    provider.is_up = True
    assert await read(token(), keys, settings()) == VIEWER


async def test_a_provider_that_names_another_issuer_is_not_believed() -> None:
    provider = Provider(FIRST)
    provider.issuer = "https://elsewhere.example.org"
    with pytest.raises(ProviderUnreachable):
        await read(token(), provider.held_by(), settings())
