"""Lines of referrals: how long each step took, which have an outcome, which nobody answered."""

from typing import Final

from streams.measures.lines.line import in_period, line, of_person, on, one_if, together
from streams.measures.question import Question

_REFERRAL: Final = of_person("r") | {"n": "r.n", "provider": "r.provider"}
_SENT: Final = in_period("r.sent_day")
_STEPS: Final = {"accepted": "r.accepted", "contact": "r.contacted", "outcome": "r.closed"}


def referral_wait(asked: Question) -> str:
    """The hours from sending to each step that a referral has come to."""
    return together(*(_waits(part, step) for part, step in _STEPS.items()))


def _waits(part: str, step: str) -> str:
    return line(
        "requests r",
        f"{_SENT} and {step} is not null",
        **_REFERRAL,
        **on("r.sent_day"),
        part=f"'{part}'",
        amount=f"greatest(epoch({step}) - epoch(r.sent), 0) / 3600.0",
    )


def referrals_closed(asked: Question) -> str:
    """The referrals sent in the period; 1 for each that has an outcome."""
    closed = one_if("r.closed is not null")
    return line("requests r", _SENT, **_REFERRAL, **on("r.sent_day"), amount=closed, base="1.0")


def silent_handoffs(asked: Question) -> str:
    """The referrals that nobody answered in time."""
    unanswered = "r.status in ('sent', 'received') and r.due < $now"
    return line("requests r", unanswered, **_REFERRAL, **on("$today"))
