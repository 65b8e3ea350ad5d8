"""Bearer tokens: read the identity provider's, and in development issue our own."""

from datetime import timedelta
from functools import lru_cache
from time import time
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, OctKey

from schemas.settings import Settings
from services.access.claims import BadToken, Claims, names_of, viewer_of
from services.access.keys import Keys, ProviderUnreachable, make_keys
from services.access.viewer import Viewer

__all__ = [
    "BadToken",
    "NotInDevelopment",
    "ProviderUnreachable",
    "holds",
    "issue",
    "make_keys",
    "read",
    "read_id_token",
]

DEVELOPMENT_ISSUER = "throughline-development"
DEVELOPMENT_ALGORITHM = "HS256"
PROVIDER_ALGORITHMS = frozenset({"RS256", "PS256", "ES256"})
LIFETIME = timedelta(hours=12)
CLOCK_SKEW_S = 60


class NotInDevelopment(Exception):
    """Development tokens exist in development mode only, signed with its key."""


def issue(settings: Settings, viewer: Viewer, lifetime: timedelta = LIFETIME) -> str:
    """A development token that makes its bearer the viewer. Raises NotInDevelopment."""
    now = int(time())
    claims: dict[str, Any] = {
        "iss": DEVELOPMENT_ISSUER,
        "aud": settings.oidc_audience,
        "sub": viewer.user,
        "iat": now,
        "nbf": now,
        "exp": now + int(lifetime.total_seconds()),
        "name": viewer.name,
        "role": viewer.role.value,
        "org": viewer.org,
        "teams": list(viewer.teams),
    }
    header = {"alg": DEVELOPMENT_ALGORITHM}
    return jwt.encode(header, claims, development_key(settings), [DEVELOPMENT_ALGORITHM])


def development_key(settings: Settings) -> OctKey:
    """The key of development tokens. Raises NotInDevelopment."""
    if not settings.development:
        raise NotInDevelopment("development tokens need THROUGHLINE_DEVELOPMENT=true")
    if settings.development_key is None:
        raise NotInDevelopment("development tokens need THROUGHLINE_DEVELOPMENT_KEY")
    return _imported(settings.development_key.get_secret_value())


@lru_cache(maxsize=1)
def _imported(secret: str) -> OctKey:
    return OctKey.import_key(secret)


async def read(token: str, keys: Keys, settings: Settings) -> Viewer:
    """The viewer that a token proves. Raises BadToken, and ProviderUnreachable.

    The algorithm decides which key may be meant, so a public key can never pass as a secret;
    signature, issuer, audience, expiry and not-before are all checked.
    """
    if settings.development and _header(token).get("alg") == DEVELOPMENT_ALGORITHM:
        key = development_key(settings)
        rules = _rules(DEVELOPMENT_ISSUER, settings.oidc_audience)
        return viewer_of(_claims(token, key, DEVELOPMENT_ALGORITHM, rules))
    claims = await _of_provider(token, settings.oidc_audience, keys, settings)
    if "at_hash" in claims or claims.get("typ") == "ID":
        raise BadToken("the token says who somebody is; it is not one to come in with")
    return viewer_of(claims, names_of(settings))


async def read_id_token(token: str, nonce: str, keys: Keys, settings: Settings) -> Claims:
    """What a provider says of who signed in. Raises BadToken, and ProviderUnreachable.

    Source: OpenID Connect Core 1.0, section 3.1.3.7.
    """
    client = settings.oidc_client_id or ""
    more = {"nonce": {"essential": True, "value": nonce}, "iat": {"essential": True}}
    claims = await _of_provider(token, client, keys, settings, **more)
    audience, party = claims["aud"], claims.get("azp")
    is_for_others_too = isinstance(audience, list) and len(audience) > 1
    if party != client and (party is not None or is_for_others_too):
        raise BadToken("the token does not hold: it was issued to somebody else")
    return claims


async def _of_provider(
    token: str, audience: str, keys: Keys, settings: Settings, **more: Any
) -> Claims:
    """The claims of a token that the provider signed for the audience."""
    header = _header(token)
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in PROVIDER_ALGORITHMS:
        raise BadToken("the token is signed in a way that is not accepted")
    key = await keys.key(key_id if isinstance(key_id, str) else None)
    if key is None or settings.oidc_issuer is None:
        raise BadToken("the token is signed with a key that is not known")
    return _claims(token, key, algorithm, _rules(settings.oidc_issuer, audience, **more))


async def holds(token: str, keys: Keys, settings: Settings) -> bool:
    """Whether a token still proves who its bearer is; it does while that cannot be checked."""
    try:
        await read(token, keys, settings)
    except BadToken:
        return False
    except ProviderUnreachable:
        return True
    return True


def _header(token: str) -> dict[str, Any]:
    """What the token says of itself; believed for nothing but the choice of the key."""
    try:
        return jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError):
        raise BadToken("not a signed token") from None


def _rules(issuer: str, audience: str, **more: Any) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        leeway=CLOCK_SKEW_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        sub={"essential": True},
        **more,
    )


def _claims(token: str, key: Key, algorithm: str, rules: jwt.JWTClaimsRegistry) -> Claims:
    try:
        claims = _signed(token, key, algorithm)
        rules.validate(dict(claims))
    except (JoseError, ValueError) as error:
        reason = getattr(error, "error", "invalid")
        raise BadToken(f"the token does not hold: {reason}") from None
    return claims


# Who asks once asks again with the same token: that its signature fits a key does not change. What
# its claims are worth does, and is asked each time. Only what fits is kept.
_MOST_KEPT = 10_000
_kept: dict[str, tuple[Key, Claims]] = {}


def _signed(token: str, key: Key, algorithm: str) -> Claims:
    """The claims that the key signed. Raises JoseError or ValueError where it did not."""
    known, claims = _kept.get(token, (None, {}))
    if known is not key:
        claims = jwt.decode(token, key, algorithms=[algorithm]).claims
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[token] = key, claims
    return claims
