"""Why somebody is asked to sign in again, or was not let in, in words. Pure."""

from typing import NamedTuple


class Wrong(NamedTuple):
    """What is so, what to do now, and a code for the log."""

    title: str
    advice: str
    why: str


NOT_BEGUN_HERE = Wrong(
    "Signing in did not work",
    "It was begun in another browser, or too long ago, or you came back to it. Sign in again.",
    "not-begun-here",
)
NOT_LET_IN = Wrong(
    "You were not signed in",
    "Your organisation's sign-in service did not let you in. Try again, or ask those who look"
    " after your account.",
    "provider-refused",
)
CALLED_OFF = Wrong("You were not signed in", "You stopped before the end. Sign in again.", "denied")
_NO_ROLE = Wrong(
    "Your account has no place in this service yet",
    "You have an account, but it says neither which organisation you work for nor what you do"
    " here. Ask your organisation's administrator for a role in Throughline.",
    "no-role",
)
_NOT_BELIEVED = Wrong(
    "Signing in did not work",
    "What the sign-in service said of you could not be checked. Sign in again. If it happens again,"
    " tell those who look after this service.",
    "not-believed",
)
# How a token's reader begins what it says of who has no role, or several.
_OF_ROLES = ("the token lacks", "the token has more than one")


def of(error: str) -> Wrong:
    """What the provider's error means: OpenID Connect Core 1.0, section 3.1.2.6."""
    return CALLED_OFF if error == "access_denied" else NOT_LET_IN


def not_believed(reason: str) -> Wrong:
    """What it means that a token was not taken, for that reason."""
    return _NO_ROLE if reason.startswith(_OF_ROLES) else _NOT_BELIEVED


def ended(idle_minutes: int) -> Wrong:
    """That a session is over."""
    return Wrong(
        "You were signed out",
        f"Nobody used this browser's session for {_minutes(idle_minutes)}, or it had lasted as"
        " long as it may. Whatever was saved is kept. Sign in to go on where you were.",
        "ended",
    )


def _minutes(number: int) -> str:
    return "a minute" if number == 1 else f"{number} minutes"
