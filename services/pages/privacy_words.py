"""The privacy officer's pages in words: broken glass, the counts of a day, the seals. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from schemas.times import london_date
from services.pages import forms, look_words, words
from services.pages.forms import Choice, Wrong
from services.pages.glass_words import BRIEFLY
from services.pages.parts import Names
from services.pages.person_words import NO_NAME, Term, partial_day
from services.record.audit_models import AuditLook, Busy
from services.record.broken_glass_models import (
    BrokenGlassOut,
    BrokenGlassPage,
    Finding,
    ReviewIn,
)

FINDINGS: Final = {
    Finding.JUSTIFIED: "Justified: they had to look",
    Finding.NOT_JUSTIFIED: "Not justified: they had no reason to look",
}
# Of one page.
MOST_WORDS: Final = 2_000
_LONG: Final = timedelta(days=7)


class GlassLine(NamedTuple):
    """A broken glass in a list; `waits` is empty for one that was reviewed."""

    href: str
    who: str
    whose: str
    terms: Sequence[Term]
    waits: str
    is_late: bool
    found: str


class GlassList(NamedTuple):
    """The oldest first; `many` counts all of them, `older`: behind these."""

    many: str
    lines: Sequence[GlassLine]
    following: str


class Answers(NamedTuple):
    """The form of a review as it was filled in."""

    finding: str = ""
    words: str = ""


class SealWords(NamedTuple):
    """Whether the audit is whole, as far as is known; `warning`: what is not as it should be."""

    until: str
    waiting: str
    checked: str
    warning: str


class BusyWords(NamedTuple):
    """What one user did today."""

    who: str
    user: str
    place: str
    people: str
    looks: str
    denied: str
    broken_glass: str


def glass_list(
    found: BrokenGlassPage, names: Names, now: datetime, path: str, *, reviewed: bool
) -> GlassList:
    """Those that wait for a review, or that were reviewed."""
    noun = "was reviewed" if reviewed else "waits for a review"
    several = "were reviewed" if reviewed else "wait for a review"
    many = f"1 {noun}" if found.total == 1 else f"{found.total:,} {several}"
    following = f"{path}?after={found.next}" if found.next else ""
    return GlassList(many, [glass(one, names, now) for one in found.broken], following)


def glass(one: BrokenGlassOut, names: Names, now: datetime) -> GlassLine:
    """Who broke the glass, of whom, when, why, and what was found of it."""
    waited = now - one.at
    terms = [
        Term("When", words.moment(one.at)),
        Term("They could look until", words.moment(one.until)),
        Term("Reason", BRIEFLY[one.reason]),
        Term("In their words", one.text),
    ]
    return GlassLine(
        f"/privacy/broken-glass/{one.break_glass_id}",
        f"{one.name}, {look_words.role(one.role)}, {look_words.organisation(one.org, names)}",
        whose(one.person_name, one.person_born),
        terms,
        "" if one.reviewed_at else f"Waits for {age(waited)}",
        one.reviewed_at is None and waited >= _LONG,
        _found(one),
    )


def _found(one: BrokenGlassOut) -> str:
    if one.finding is None or one.reviewed_at is None:
        return ""
    on = words.day(london_date(one.reviewed_at))
    return f"{FINDINGS[one.finding]}. {one.review_text} ({one.reviewed_by}, {on})"


def whose(name: str | None, born: str | None) -> str:
    """Whose record it is: "Ada Example, born 9 March 1941"."""
    return f"{name or NO_NAME}, born {partial_day(born)}" if born else name or NO_NAME


def age(waited: timedelta) -> str:
    """How long something waits: "3 days", "5 hours", "less than an hour"."""
    hours = int(waited.total_seconds()) // 3600
    if hours < 1:
        return "less than an hour"
    count, unit = (hours // 24, "day") if hours >= 48 else (hours, "hour")  # noqa: PLR2004
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def answers(form: dict[str, str]) -> Answers:
    """The form as it was filled in."""
    return Answers(form.get("finding", ""), form.get("words", "").strip())


def review_of(said: Answers) -> ReviewIn | Wrong:
    """The review that a form gives, or what is wrong with it."""
    if said.finding not in set(Finding):
        return Wrong("Choose what you found", "finding")
    if not said.words:
        return Wrong("Say why, in a few words: whom you asked, and what they said", "words")
    if len(said.words) > MOST_WORDS or "\x00" in said.words:
        return Wrong(f"Use at most {MOST_WORDS:,} characters", "words")
    return ReviewIn(finding=Finding(said.finding), text=said.words)


def choices(chosen: str) -> list[Choice]:
    """The findings that can be chosen."""
    return forms.choices(FINDINGS, chosen)


def looks_under(looks: Sequence[AuditLook]) -> list[Term]:
    """What somebody looked at while the glass was broken, the first look first."""
    return [Term(words.hour(one.at), look_words.views([one.view])) for one in reversed(looks)]


def seals(
    until: datetime,
    waiting: int,
    checked_at: datetime | None,
    faults: int | None,
    now: datetime,
) -> SealWords:
    """How far the audit is sealed, and what was found when it was last held against its seals."""
    late = now - until > timedelta(minutes=10)
    many = "1 look waits" if waiting == 1 else f"{waiting:,} looks wait"
    if checked_at is None:
        checked = "Never checked yet. Ask whoever runs this service for a check each night."
    else:
        checked = f"Last checked on {words.moment(checked_at)}: {_faults(faults or 0)}"
    if faults:
        warning = "Part of it is not as it was sealed. Ask whoever runs this service what."
    else:
        warning = "No seal was made for more than 10 minutes." if late else ""
    return SealWords(words.to_the_second(until), many, checked, warning)


def _faults(faults: int) -> str:
    if not faults:
        return "all as it was sealed."
    return "1 line is not as it was sealed." if faults == 1 else f"{faults:,} are not as sealed."


def busy(found: Sequence[Busy], names: Names) -> list[BusyWords]:
    """Today by user, as a table has it."""
    return [
        BusyWords(
            one.name or one.viewer,
            one.viewer,
            f"{look_words.role(one.role)}, {look_words.organisation(one.org, names)}",
            f"{one.people:,}",
            f"{one.looks:,}",
            f"{one.denied:,}",
            f"{one.broken_glass:,}",
        )
        for one in found
    ]
