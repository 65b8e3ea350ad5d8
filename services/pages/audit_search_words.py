"""The form that searches the audit, and what it found, in words. Pure."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Final, NamedTuple

from schemas.times import LONDON, midnight
from services.access.views import VIEWS, view_of
from services.pages import find_words, forms, look_words, words
from services.pages.forms import Choice, Wrong
from services.pages.parts import Names
from services.pages.privacy_words import whose
from services.record.audit_models import AuditLook, AuditPage, AuditSearch
from services.record.models import Search

FIELDS: Final = (
    "number",
    "name",
    "born[day]",
    "born[month]",
    "born[year]",
    "viewer",
    "org",
    "view",
    "from",
    "to",
    "only",
)
_LONGEST: Final = 200
DENIED, BROKEN_GLASS = "denied", "broken-glass"
ONLY: Final = {
    "": "All looks",
    DENIED: "Only those that were refused",
    BROKEN_GLASS: "Only those that only a broken glass allowed",
}
NOT_A_DAY: Final = "Enter a day that is a date"
# Nobody looked before or will after.
YEARS: Final = range(2000, 2200)
_COLUMNS: Final = (
    "number",
    "at (UTC)",
    "user",
    "name",
    "role",
    "organisation",
    "person",
    "view",
    "allowed",
    "because",
    "request",
    "address",
)
# What a spreadsheet would work out instead of showing it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

Asked = Mapping[str, str]


class FoundWords(NamedTuple):
    """A line that was found; `href` leads to who looked at that person's record."""

    stamp: str
    at: str
    who: str
    user: str
    place: str
    whose: str
    href: str
    what: str
    why: str
    tag: str
    colour: str


class ResultWords(NamedTuple):
    """A page of what was found; `after`: the place behind it, empty where nothing is."""

    many: str
    lines: Sequence[FoundWords]
    after: str


def asked(form: Mapping[str, str]) -> dict[str, str]:
    """What was filled in, without blanks around it and without a NUL."""
    return {name: form.get(name, "").replace("\x00", "").strip()[:_LONGEST] for name in FIELDS}


def search(said: Asked, after: str | None, limit: int) -> AuditSearch | Wrong:
    """What to look for, or what is wrong with the form."""
    person = _person(said)
    if isinstance(person, Wrong):
        return person
    since, until = _day(said["from"]), _day(said["to"])
    for name, day in (("from", since), ("to", until)):
        if said[name] and day is None:
            return Wrong(NOT_A_DAY, name)
    if since and until and until < since:
        return Wrong("Enter a last day that is not before the first", "to")
    return AuditSearch(
        person=person,
        viewer=said["viewer"] or None,
        org=said["org"].upper() or None,
        view=said["view"] or None,
        since=midnight(since) if since else None,
        until=midnight(until + timedelta(days=1)) if until else None,
        denied=said["only"] == DENIED,
        broken_glass=said["only"] == BROKEN_GLASS,
        after=after,
        limit=limit,
    )


def _person(said: Asked) -> Search | Wrong | None:
    """Whom the form names; None where it names nobody."""
    born = (said["born[day]"], said["born[month]"], said["born[year]"])
    filled = find_words.Asked(said["number"], said["name"], *born)
    return find_words.search(filled) if any(filled) else None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def views(chosen: str) -> list[Choice]:
    """Everything that can be looked at, by its words; all of it first."""
    known = sorted((view.words, name) for name, view in VIEWS.items())
    return forms.choices({name: text for text, name in known}, chosen, "Anything")


def only(chosen: str) -> list[Choice]:
    """Which looks can be asked for by how they came out."""
    return forms.choices(ONLY, chosen)


def result(found: AuditPage, names: Names) -> ResultWords:
    """What the page says of what was found."""
    count = len(found.looks)
    noun = "look" if count == 1 else "looks"
    shown = f"The newest {count} {noun}" if found.next else f"{count} {noun}"
    lines = [_line(one, names) for one in found.looks]
    return ResultWords(shown if count else "Nothing found", lines, found.next or "")


def _line(look: AuditLook, names: Names) -> FoundWords:
    tag, colour = look_words.tag(look.view, look.because, allowed=look.allowed)
    return FoundWords(
        look.at.isoformat(),
        words.moment(look.at),
        look.name or look.viewer,
        look.viewer,
        f"{look_words.role(look.role)}, {look_words.organisation(look.org, names)}",
        whose(look.person_name, look.person_born) if look.person_id else "Nobody in particular",
        f"/people/{look.person_id}/access-log" if look.person_id else "",
        view_of(look.view).words,
        look_words.why(look.role, look.view, look.because, allowed=look.allowed),
        tag,
        colour,
    )


def as_csv(looks: Iterable[AuditLook]) -> str:
    """The same for a spreadsheet. Whose record is told by its id: a file leaves this service."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for look in looks:
        told = (
            look.id,
            look.at.astimezone(UTC).isoformat(timespec="milliseconds"),
            look.viewer,
            look.name,
            look.role,
            look.org,
            look.person_id,
            look.view,
            "yes" if look.allowed else "no",
            " ".join(look.because),
            look.request,
            look.address,
        )
        writer.writerow([_cell(value) for value in told])
    return out.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def file_name(now: datetime) -> str:
    """What the file is called."""
    return f"looks-{now.astimezone(LONDON):%Y-%m-%d-%H%M}.csv"
