"""A caseload in words: what there is to know of whom, and what can be asked for. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlencode

from schemas.measure import Dimension
from schemas.times import london_date, midnight
from services.pages import forms, parts, words
from services.pages.forms import Choice
from services.pages.parts import Names
from services.pages.person_words import NO_NAME, PLACES, death, partial_day
from services.pages.plan_words import ACTIONS, NOT_SAID, party
from services.record.caseload_models import (
    NOWHERE,
    CaseloadPage,
    CaseOut,
    Happened,
    Waiting,
    What,
    Why,
)
from services.record.models import Whereabouts
from streams.flow.stay import UNKNOWN_WARD

PATH: Final = "/caseload"
EVERYBODY: Final = "Everybody"
# As much of what waits for somebody as is read at a glance; their record has all of it.
_MOST_WAITING: Final = 3
_WHAT: Final = {
    What.SILENT: "Silent handoff",
    What.OVERDUE: "Overdue",
    What.WAITING: "Waiting for us",
    What.REFERRED: "Referred to us",
    What.EMERGENCY: "Came to an emergency department",
    What.ADMITTED: "Admitted",
    What.MOVED: "Moved",
    What.DISCHARGED: "Discharged",
}
_HAPPENED: Final = {
    What.EMERGENCY: "Came to an emergency department",
    What.ADMITTED: "Admitted to",
    What.MOVED: "Moved to",
    What.DISCHARGED: "Discharged from",
}
_COLOUR: Final = {What.SILENT: "red", What.OVERDUE: "orange", What.WAITING: "blue"}
_WHY: Final[Mapping[str, str]] = {
    Why.PRACTICE: "Registered with our practice",
    Why.CARE_TEAM: "In the care of our team",
    Why.REFERRAL: "Open referral to us",
    Why.STAY: "A stay or visit with us",
}
_ELSEWHERE: Final = "No stay or visit is open"
_LEVELS: Final = (Dimension.PROVIDER, Dimension.SITE, Dimension.WARD)
NOT_A_DAY: Final = "Enter a day that is a date, and not one to come"


class NotADay(ValueError):
    """What was filled in is no day of which something can have happened since."""


class Tab(NamedTuple):
    """Something to know, of how many people; `colour` is empty where nothing is wrong."""

    name: str
    many: str
    href: str
    is_current: bool
    is_urgent: bool


class HappenedWords(NamedTuple):
    """Something that happened, and when."""

    text: str
    at: str
    stamp: str


class WaitingWords(NamedTuple):
    """What is next; `tag` and `colour` are empty where it is in time and not for us."""

    tag: str
    colour: str
    text: str
    told: str


class CaseWords(NamedTuple):
    """Somebody on the caseload. `more`: what else waits, empty where all of it is told."""

    href: str
    name: str
    born: str
    number: str
    died: str
    where: Sequence[str]
    why: str
    happened: Sequence[HappenedWords]
    waiting: Sequence[WaitingWords]
    more: str


class CaseloadWords(NamedTuple):
    """All that the page says. `next`: the address of the following page, empty for the last."""

    many: str
    as_of: str
    since: str
    since_day: str
    tabs: Sequence[Tab]
    whys: Sequence[Choice]
    teams: Sequence[Choice]
    places: Sequence[Choice]
    people: Sequence[CaseWords]
    is_empty: bool
    is_narrowed: bool
    first: str
    next: str


def since_of(said: str, now: datetime) -> datetime | None:
    """The first moment of the day that was filled in; None for none. Raises NotADay."""
    if not said.strip():
        return None
    try:
        day = date.fromisoformat(said.strip())
        if not date(1900, 1, 1) <= day <= london_date(now):
            raise NotADay
    except ValueError:
        raise NotADay from None
    return midnight(day)


def caseload(found: CaseloadPage, asked: Mapping[str, str], names: Names) -> CaseloadWords:
    """What the page says; `asked`: the parameters of its address that are filled in."""
    return CaseloadWords(
        _many(found.total),
        words.moment(found.as_of),
        _since(found),
        words.day(london_date(found.since)),
        [*_tabs(found, asked)],
        _options(found.counts.why, asked.get("why", ""), _WHY, "Any reason"),
        _options(found.counts.team, asked.get("team", ""), {}, "Any team"),
        _places(found.counts.place, asked.get("place", ""), names),
        [_case(one, names) for one in found.people],
        found.everybody == 0,
        any(name in asked for name in ("what", "why", "team", "place")),
        _address(asked, after="") if "after" in asked else "",
        _address(asked, after=found.next) if found.next else "",
    )


def _many(total: int) -> str:
    return "1 person" if total == 1 else f"{total:,} people"


def _since(found: CaseloadPage) -> str:
    day = london_date(found.since)
    before = london_date(found.as_of) - timedelta(days=1)
    return "yesterday" if day == before else words.day(day)


def _address(asked: Mapping[str, str], **more: str) -> str:
    """The page as it is asked for, but for some of it; a page further on begins anew."""
    said = {name: value for name, value in {**asked, **more}.items() if value}
    return f"{PATH}?{urlencode(said)}" if said else PATH


def _tabs(found: CaseloadPage, asked: Mapping[str, str]) -> Iterable[Tab]:
    chosen = asked.get("what", "")
    whole = _address(asked, what="", after="")
    yield Tab(EVERYBODY, f"{found.counts.anything:,}", whole, not chosen, is_urgent=False)
    for what, name in _WHAT.items():
        many = found.counts.what[what]
        is_urgent = many > 0 and what in {What.SILENT, What.OVERDUE}
        href = _address(asked, what=what, after="")
        yield Tab(name, f"{many:,}", href, what == chosen, is_urgent)


def _options(
    counts: Mapping[str, int], chosen: str, names: Mapping[str, str], otherwise: str
) -> list[Choice]:
    """Those that somebody is left by, and the one that is chosen; none where there is no choice."""
    shown = {value for value, many in counts.items() if many} | ({chosen} - {""})
    order = [*(value for value in names if value in shown), *sorted(shown - names.keys())]
    texts = {one: f"{names.get(one, one)} ({counts.get(one, 0):,})" for one in map(str, order)}
    return forms.choices(texts, chosen, otherwise) if texts else []


def _places(counts: Mapping[str, int], chosen: str, names: Names) -> list[Choice]:
    settings = {**PLACES, NOWHERE: _ELSEWHERE}
    known = {value: _place_name(value, names) for value in sorted({*counts, chosen} - {""})}
    ordered = {**{v: n for v, n in settings.items() if v in known}, **_by_name(known, settings)}
    return _options(counts, chosen, ordered, "Anywhere")


def _by_name(known: Mapping[str, str], but: Iterable[str]) -> dict[str, str]:
    rest = [(name, value) for value, name in known.items() if value not in set(but)]
    return {value: name for name, value in sorted(rest)}


def _place_name(value: str, names: Names) -> str:
    """ "Harbour Hospitals (ZT1), Harbour General (ZT101)"."""
    codes = tuple(value.split("/"))[: len(_LEVELS)]
    return parts.whole_name(_LEVELS[len(codes) - 1], codes, names)


def _case(one: CaseOut, names: Names) -> CaseWords:
    waiting = [_waiting(each) for each in one.waiting]
    left = len(waiting) - _MOST_WAITING
    return CaseWords(
        f"/people/{one.person_id}",
        one.name or NO_NAME,
        _born(one),
        _number(one),
        death(one.died),
        [_here(here, names) for here in one.whereabouts] or [_ELSEWHERE],
        _whose(one),
        [_happened(each, names) for each in one.happened],
        waiting[:_MOST_WAITING],
        f"And {left} more in the record" if left > 0 else "",
    )


def _born(one: CaseOut) -> str:
    """ "Age 84"; of the dead the date of birth."""
    if one.age is not None and not one.died:
        return f"Age {one.age}"
    return f"Born {partial_day(one.birth_date)}" if one.birth_date else "Date of birth not known"


def _number(one: CaseOut) -> str:
    unproven = " (not verified)" if one.nhs_number and not one.nhs_number_verified else ""
    return f"NHS number {one.nhs_number_text or 'not known'}{unproven}"


def _whose(one: CaseOut) -> str:
    teams = f": {words.listed(one.teams)}" if one.teams else ""
    said = [_WHY[why] + (teams if why is Why.CARE_TEAM else "") for why in one.why]
    return ". ".join(said)


def _here(here: Whereabouts, names: Names) -> str:
    setting = PLACES.get(here.setting, "At a visit")
    since = here.since or here.admitted_at
    told = f", since {words.moment(since)}" if since else ""
    return f"{setting}: {_place(here.provider, here.site, here.ward, names)}{told}"


def _place(provider: str | None, site: str | None, ward: str | None, names: Names) -> str:
    """The ward before its site; the provider where nothing more is known."""
    codes = [provider or words.UNKNOWN]
    if site and site != provider:
        codes.append(site)
    told = [parts.name(_LEVELS[len(codes) - 1], tuple(codes), names)]
    if ward and ward != UNKNOWN_WARD:
        whole = (codes[0], site or codes[0], ward)
        told.insert(0, parts.name(Dimension.WARD, whole, names))
    return ", ".join(told)


def _happened(one: Happened, names: Names) -> HappenedWords:
    if one.what is What.REFERRED:
        by = f", by {party(one.by)}" if one.by else ""
        text = f"{_WHAT[one.what]}: {one.what_for or 'Referral'}{by}"
    else:
        colon = ":" if one.what is What.EMERGENCY else ""
        text = f"{_HAPPENED[one.what]}{colon} {_place(one.provider, one.site, one.ward, names)}"
    return HappenedWords(text, words.moment(one.at), one.at.astimezone(UTC).isoformat())


def _waiting(one: Waiting) -> WaitingWords:
    """What is next, for whom, and by when."""
    tag = _WHAT[one.what] if one.what else ""
    other = party(one.next_by) if one.next_by else "nobody in particular"
    whom = "us" if one.is_for_us else other
    due = f"due {words.moment(one.due)}" if one.due else "no time is said"
    action = ACTIONS.get(one.next_action, NOT_SAID)
    return WaitingWords(
        tag,
        _COLOUR.get(one.what, "") if one.what else "",
        f"{one.what_for or 'Referral'}: {action[:1].lower()}{action[1:]}",
        f"For {whom}, {due}",
    )
