"""What every page tells the browser to refuse. Pure."""

from secrets import token_urlsafe

# Scripts and styles come from us, or carry the page's nonce; nothing is framed or sent elsewhere.
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'nonce-{nonce}'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'{forms_to}",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # A page may hold a person's data: no cache keeps it, and going back after signing out asks us.
    "Cache-Control": "no-store",
}
_HSTS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


def new_nonce() -> str:
    """A word that nobody can guess, for one answer."""
    return token_urlsafe(16)


def headers(nonce: str, *, https: bool, forms_to: str = "") -> dict[str, str]:
    """The security headers of one page; `forms_to`: an origin that its forms may lead to besides.

    Browsers hold a form to that policy through every redirect that follows it.
    """
    policy = "; ".join(f"{name} {value}" for name, value in _POLICY.items())
    allowed = f" {forms_to}" if forms_to else ""
    return {
        "Content-Security-Policy": policy.format(nonce=nonce, forms_to=allowed),
        **_ALWAYS,
        **(_HSTS if https else {}),
    }
