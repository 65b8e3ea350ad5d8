"""Breaking the glass in words: what it means, what its form takes, and that it is broken. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pydantic import ValidationError

from services.pages import words
from services.pages.forms import Wrong
from services.record.broken_glass_models import BreakGlassIn, Broken, GlassReason

# As much as a reason can be, and more than anybody reads.
LONGEST: Final = 8_000
_AN_HOUR: Final = 60
REASONS: Final = {
    GlassReason.EMERGENCY: "An emergency: somebody's life or health is in danger now",
    GlassReason.DIRECT_CARE: "I am giving them care, and the record does not know it yet",
    GlassReason.SAFEGUARDING: "To keep them, or somebody else, safe from harm",
    GlassReason.LEGAL_DUTY: "The law or a court requires it",
}
BRIEFLY: Final = {
    GlassReason.EMERGENCY: "An emergency",
    GlassReason.DIRECT_CARE: "Direct care",
    GlassReason.SAFEGUARDING: "Safeguarding",
    GlassReason.LEGAL_DUTY: "A legal duty",
}


class Asked(NamedTuple):
    """The fields of the form as they were filled in."""

    reason: str = ""
    text: str = ""


class Reason(NamedTuple):
    """A choice of the form."""

    value: str
    text: str


class FormWords(NamedTuple):
    """The form: its choices, what was filled in, and what is wrong with it, by field and in all."""

    reasons: Sequence[Reason]
    reason: str
    text: str
    wrong: Sequence[Wrong]
    wrong_reason: str
    wrong_text: str
    lasts: str


class BrokenWords(NamedTuple):
    """That the glass is broken: "until 3:05pm", and why."""

    until: str
    reason: str
    text: str


NOTHING_ASKED: Final = Asked()
NO_REASON: Final = Wrong("Select why you have to look", "reason")
NO_TEXT: Final = Wrong("Say in your own words why you have to look", "text")
TOO_LONG: Final = Wrong(f"Say it in {LONGEST:,} characters or fewer", "text")


def asked(form: Mapping[str, str]) -> Asked:
    """What was filled in, without blanks around it."""
    return Asked(form.get("reason", ""), form.get("text", "").replace("\x00", "").strip())


def reason(said: Asked) -> BreakGlassIn | list[Wrong]:
    """Why the glass is to be broken, or all that is wrong."""
    try:
        return BreakGlassIn.model_validate(said._asdict())
    except ValidationError:
        return list(filter(None, (_wrong_reason(said), _wrong_text(said))))


def _wrong_reason(said: Asked) -> Wrong | None:
    return None if said.reason in set(GlassReason) else NO_REASON


def _wrong_text(said: Asked) -> Wrong | None:
    if not said.text:
        return NO_TEXT
    return TOO_LONG if len(said.text) > LONGEST else None


def form(said: Asked, wrong: Sequence[Wrong], minutes: int) -> FormWords:
    """The form as it was filled in, and what is wrong with it."""
    by_field = {one.field: one.text for one in wrong}
    return FormWords(
        [Reason(code.value, text) for code, text in REASONS.items()],
        said.reason,
        said.text,
        wrong,
        by_field.get("reason", ""),
        by_field.get("text", ""),
        lasts(minutes),
    )


def lasts(minutes: int) -> str:
    """ "1 hour", "90 minutes"."""
    hours, rest = divmod(minutes, _AN_HOUR)
    if rest:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    return "1 hour" if hours == 1 else f"{hours} hours"


def broken(glass: Broken) -> BrokenWords:
    """The banner of a glass that is broken."""
    return BrokenWords(words.hour(glass.until), BRIEFLY[glass.reason], glass.text)
