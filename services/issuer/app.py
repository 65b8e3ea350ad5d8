"""The development issuer over HTTP: discovery, keys, a page to choose who to be, tokens, an end.

It signs with a key that is new at each start, and keeps nothing.
"""

from collections.abc import Mapping
from http import HTTPStatus
from time import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import ECKey

from services.access.provider import CALLBACK, SIGNED_OUT
from services.access.tokens import NotInDevelopment
from services.access.viewer import Viewer
from services.issuer.grants import Client, Grants, Wrong, wanted
from services.pages import assets, protection, words
from services.pages.demo_users import DEMO_USERS, THEMSELF, WORK, viewer_of
from services.pages.demo_users import chosen as chosen_in
from services.pages.render import environment

ALGORITHM = "ES256"
CLIENT_ID = "throughline"
LIFETIME_S = 3_600
NO_STORE = {"Cache-Control": "no-store"}
_CHOOSE = "Choose who to be"
_WHOSE_RECORD = "Enter the address of a record, or the end of it"


def create_issuer(
    address: str, application: str, audience: str = CLIENT_ID, *, development: bool
) -> FastAPI:
    """The issuer at an address, for the application at another. Raises NotInDevelopment."""
    if not development:
        raise NotInDevelopment("whoever asks this issuer may be anybody: for development alone")
    app = FastAPI(title="Throughline development issuer", docs_url=None, redoc_url=None)
    client = Client(CLIENT_ID, application + CALLBACK, application + SIGNED_OUT)
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    grants = Grants()
    app.include_router(assets.router)

    @app.get("/.well-known/openid-configuration")
    async def described() -> dict[str, Any]:
        return description(address)

    @app.get("/keys")
    async def keys() -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False)]}

    @app.get("/authorize")
    async def who(request: Request) -> Response:
        return _asked(dict(request.query_params), client)

    @app.post("/authorize")
    async def chosen(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        user = chosen_in(form.get("user", ""), form.get("record", ""))
        if user is None:
            wrong = _WHOSE_RECORD if form.get("user") == THEMSELF else _CHOOSE
            return _asked(form, client, wrong)
        try:
            asked = wanted(form, client)
        except Wrong as refused:
            return _not_asked_so(refused)
        said = {"code": grants.give(user, asked), "state": asked.state, "iss": address}
        there = f"{asked.redirect_uri}?{urlencode(said)}"
        return RedirectResponse(there, HTTPStatus.SEE_OTHER, NO_STORE)

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            grant = grants.take(form, client)
        except Wrong as wrong:
            return JSONResponse({"error": str(wrong)}, HTTPStatus.BAD_REQUEST, NO_STORE)
        said = claims(viewer_of(grant.user), address)
        tokens = {
            "access_token": _signed(said | {"aud": audience}, key),
            "id_token": _signed(said | {"aud": client.id, "nonce": grant.wanted.nonce}, key),
            "token_type": "Bearer",
            "expires_in": LIFETIME_S,
        }
        return JSONResponse(tokens, headers=NO_STORE)

    @app.api_route("/end", methods=["GET", "POST"])
    async def end(request: Request) -> Response:
        """Nobody stays signed in here: the client is told that that is so."""
        form = dict(parse_qsl((await request.body()).decode())) | dict(request.query_params)
        if form.get("post_logout_redirect_uri") != client.signed_out_uri:
            return _not_asked_so(Wrong("invalid_request"))
        return RedirectResponse(client.signed_out_uri, HTTPStatus.SEE_OTHER, NO_STORE)

    return app


def description(address: str) -> dict[str, Any]:
    """What the issuer says of itself: OpenID Connect Discovery 1.0, section 3."""
    return {
        "issuer": address,
        "authorization_endpoint": f"{address}/authorize",
        "token_endpoint": f"{address}/token",
        "jwks_uri": f"{address}/keys",
        "end_session_endpoint": f"{address}/end",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": True,
    }


def claims(viewer: Viewer, issuer: str) -> dict[str, Any]:
    """What both tokens say of somebody."""
    now = int(time())
    return {
        "iss": issuer,
        "sub": viewer.user,
        "iat": now,
        "exp": now + LIFETIME_S,
        "name": viewer.name,
        "role": viewer.role.value,
        "org": viewer.org,
        "teams": list(viewer.teams),
    }


def _signed(said: dict[str, Any], key: ECKey) -> str:
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, said, key, [ALGORITHM])


def _asked(asked: Mapping[str, str], client: Client, wrong: str = "") -> Response:
    try:
        to = wanted(asked, client)
    except Wrong as refused:
        return _not_asked_so(refused)
    users = [
        {
            "value": user,
            "text": f"{viewer.name}, {words.spaced(viewer.role)}",
            "hint": {"text": WORK[user]},
        }
        for user, viewer in DEMO_USERS.items()
    ]
    nonce = protection.new_nonce()
    fields = {name: value for name, value in asked.items() if name not in {"user", "record"}}
    html = environment.get_template("who.jinja").render(
        cspNonce=nonce,
        users=users,
        fields=fields,
        wrong=wrong,
        themself=THEMSELF,
        asked=asked,
        is_record=wrong == _WHOSE_RECORD,
    )
    parts = urlsplit(to.redirect_uri)
    leads_to = f"{parts.scheme}://{parts.netloc}"
    secure = protection.headers(nonce, https=False, forms_to=leads_to)
    return HTMLResponse(html, HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK, secure)


def _not_asked_so(wrong: Wrong) -> Response:
    """Nobody is led anywhere by what no client of ours asks."""
    return JSONResponse({"error": str(wrong)}, HTTPStatus.BAD_REQUEST, NO_STORE)
