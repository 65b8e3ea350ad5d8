"""From a template and words to the page that is sent: the only place that makes HTML."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import (
    ChainableUndefined,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
)

from services.access.viewer import Viewer
from services.pages import places, protection, session, words
from services.pages.assets import address

# The components of the design system look for parameters that nobody gave.
environment = Environment(
    loader=ChoiceLoader(
        [
            FileSystemLoader(Path(__file__).parent / "templates"),
            PackageLoader("nhsuk_frontend_jinja"),
        ]
    ),
    undefined=ChainableUndefined,
    autoescape=True,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.globals["asset"] = address


def page(
    request: Request,
    template: str,
    said: Mapping[str, Any],
    status: int = HTTPStatus.OK,
    forms_to: str = "",
) -> HTMLResponse:
    """The page that a template makes of words, with every header that pages have."""
    nonce = protection.new_nonce()
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    html = environment.get_template(template).render(
        said,
        cspNonce=nonce,
        viewer=viewer,
        role_name=words.spaced(viewer.role) if viewer else "",
        signed_in=places.who(viewer) if viewer else "",
        places=places.shown_to(viewer, request.url.path) if viewer else (),
        csrf=session.form_proof(request),
    )
    secure = protection.headers(nonce, https=session.is_secure(request), forms_to=forms_to)
    response = HTMLResponse(html, status, secure)
    session.remember_form_secret(request, response)
    return response
