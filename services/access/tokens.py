"""Bearer tokens: read the identity provider's, and in development issue our own."""

from datetime import timedelta
from time import time
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, OctKey
from pydantic import ValidationError

from schemas.settings import Settings
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
]

DEVELOPMENT_ISSUER = "throughline-development"
DEVELOPMENT_ALGORITHM = "HS256"
PROVIDER_ALGORITHMS = frozenset({"RS256", "PS256", "ES256"})
LIFETIME = timedelta(hours=12)
CLOCK_SKEW_S = 60


class BadToken(Exception):
    """The token proves nothing; the message says why without quoting it."""


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
    return OctKey.import_key(settings.development_key.get_secret_value())


async def read(token: str, keys: Keys, settings: Settings) -> Viewer:
    """The viewer that a token proves. Raises BadToken, and ProviderUnreachable.

    The algorithm decides which key may be meant, so a public key can never pass as a secret;
    signature, issuer, audience, expiry and not-before are all checked.
    """
    header = _header(token)
    algorithm = header.get("alg")
    if algorithm == DEVELOPMENT_ALGORITHM and settings.development:
        key: Key | None = development_key(settings)
        issuer: str | None = DEVELOPMENT_ISSUER
    elif algorithm in PROVIDER_ALGORITHMS:
        key_id = header.get("kid")
        key = await keys.key(key_id if isinstance(key_id, str) else None)
        issuer = settings.oidc_issuer
    else:
        raise BadToken("the token is signed in a way that is not accepted")
    if key is None or issuer is None:
        raise BadToken("the token is signed with a key that is not known")
    return _viewer(_claims(token, key, algorithm, issuer, settings.oidc_audience))


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


def _claims(token: str, key: Key, algorithm: str, issuer: str, audience: str) -> dict[str, Any]:
    rules = jwt.JWTClaimsRegistry(
        leeway=CLOCK_SKEW_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        claims = jwt.decode(token, key, algorithms=[algorithm]).claims
        rules.validate(claims)
    except (JoseError, ValueError) as error:
        reason = getattr(error, "error", "invalid")
        raise BadToken(f"the token does not hold: {reason}") from None
    return claims


def _viewer(claims: dict[str, Any]) -> Viewer:
    try:
        return Viewer(
            user=claims["sub"],
            name=claims.get("name") or claims["sub"],
            role=claims["role"],
            org=claims["org"],
            teams=tuple(claims.get("teams") or ()),
        )
    except (KeyError, TypeError, ValidationError):
        raise BadToken("the token lacks a role or an organisation that is known here") from None
