"""A person's banner, own words, whereabouts and whom to ask, as the page says them. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from schemas.measure import Dimension
from schemas.times import MONTHS, london_date, moment
from services.pages import parts, words
from services.pages.parts import Names
from services.record.models import Person, StayOut, Whereabouts
from services.record.patients import DAY_UNKNOWN, age_on
from services.record.story_models import AboutMeOut, AboutMeVersion, AlertOut, MemberOut
from streams.story.alerts import AlertKind

NO_NAME = "Name not known"
_DAY, _MONTH = 3, 2
_SEX = {"female": "Female", "male": "Male", "other": "Other", "unknown": "Not known"}
_ALERT_TAG = {
    AlertKind.SAFEGUARDING: ("Safeguarding", "red"),
    AlertKind.ALLERGY: ("Allergy", "orange"),
    AlertKind.ALERT: ("Alert", "yellow"),
}
PLACES = {
    "bed": "In a hospital bed",
    "emergency": "In an emergency department",
    "virtual": "On a virtual ward, at home",
    "home": "Being seen at home",
    "contact": "At an appointment",
}
# What people are to be told of a stay that does not add up.
_DOUBT = {
    "unknown-ward": "the ward is not known",
    "no-admission-time": "nobody has said when it began",
    "conflicting-stay": "another open stay says something else",
}


class Term(NamedTuple):
    """A name with what it is."""

    name: str
    text: str


class AlertWords(NamedTuple):
    """Something that everybody must know; `tag` and `colour` are empty where the heading says it.

    `told`: who says so, and since when.
    """

    tag: str
    colour: str
    text: str
    detail: str
    told: str


class Banner(NamedTuple):
    """Who this is, on every page about them. `died` is empty for the living."""

    name: str
    terms: Sequence[Term]
    died: str
    alerts: Sequence[AlertWords]
    adjustments: Sequence[AlertWords]
    communication: Sequence[AlertWords]


class OwnWords(NamedTuple):
    """A version of About me: what is said under each heading, and who wrote it when."""

    said: Sequence[Term]
    told: str
    struck: bool


class AboutMeWords(NamedTuple):
    """What holds, None where nobody has written any; `before`: every other version.

    `coming`: that newer words are on their way; `edit`: the way to change them.
    """

    current: OwnWords | None
    before: Sequence[OwnWords]
    coming: str
    otherwise: str
    earlier: str
    edit: str


class PlaceWords(NamedTuple):
    """Where the person is; `href` leads to the facts behind it."""

    where: str
    terms: Sequence[Term]
    doubts: str
    href: str
    visit: str


class ContactWords(NamedTuple):
    """Somebody who is involved; `briefly` says the terms in one text."""

    name: str
    is_named: bool
    role: str
    terms: Sequence[Term]
    briefly: str


def banner(person: Person, alerts: Sequence[AlertOut], today: date) -> Banner:
    """Who the person is, and what everybody must know of them."""
    return Banner(
        person.name or NO_NAME,
        list(_who(person, today)),
        death(person.died),
        [_alert(one) for one in alerts if one.kind in _ALERT_TAG],
        [_alert(one) for one in alerts if one.kind is AlertKind.ADJUSTMENT],
        [_alert(one) for one in alerts if one.kind is AlertKind.COMMUNICATION],
    )


def _who(person: Person, today: date) -> Iterable[Term]:
    yield Term("Born", born(person.birth_date, person.died, today))
    if person.sex:
        yield Term("Gender", _SEX.get(person.sex, person.sex))
    if person.pronouns:
        yield Term("Pronouns", person.pronouns)
    number = person.nhs_number_text or "not known"
    unproven = bool(person.nhs_number) and not person.nhs_number_verified
    yield Term("NHS number", f"{number} (not verified)" if unproven else number)


def born(said: str | None, died: str | None, today: date) -> str:
    """ "29 February 1948 (age 78)"; as much of the date as is known, and no age at death."""
    if not said:
        return "date not known"
    day, age = partial_day(said), age_on(said, today)
    return day if died or age is None else f"{day} (age {age})"


def partial_day(said: str) -> str:
    """A FHIR date in words, as much of it as is given: "February 1948"."""
    parts = said[:10].split("-")
    if len(parts) >= _DAY:
        at = moment(said)
        return words.day(london_date(at)) if at else said
    if len(parts) == _MONTH and parts[1].isdigit() and 1 <= int(parts[1]) <= len(MONTHS):
        return f"{MONTHS[int(parts[1]) - 1]} {parts[0]}"
    return said


def death(said: str | None) -> str:
    """When somebody died; empty for the living."""
    if not said:
        return ""
    return "Has died" if said == DAY_UNKNOWN else f"Died on {partial_day(said)}"


def _alert(alert: AlertOut) -> AlertWords:
    since = f"since {words.day(london_date(alert.since))}" if alert.since else ""
    told = ", ".join(filter(None, (alert.author, alert.source, since)))
    tag, colour = _ALERT_TAG.get(alert.kind, ("", ""))
    return AlertWords(tag, colour, alert.words, alert.detail or "", told)


def about_me(about: AboutMeOut, *, own: bool = False) -> AboutMeWords:
    """What the person says of themselves, and what they said before; `own`: to themself."""
    return AboutMeWords(
        own_words(about.current) if about.current else None,
        versions_before(about),
        coming(about),
        *(_TO_THEMSELF if own else _TO_STAFF),
    )


# What is said where there is nothing, what was said before, and what leads to the form.
_TO_THEMSELF = (
    "You have written nothing here yet. What should everybody who cares for you know?",
    "What I said before",
    "Change my own words",
)
_TO_STAFF = (
    "Nothing has been written here yet. Ask what matters most to them, and help them to write it"
    " down.",
    "What they said before",
    "Write down what they say, with them",
)


def coming(about: AboutMeOut) -> str:
    """That newer words are on their way; empty where none are."""
    if about.awaited is None:
        return ""
    return (
        f"Newer words were saved on {words.moment(about.awaited.taken_at)}, and are on their way."
    )


def versions_before(about: AboutMeOut) -> list[OwnWords]:
    """Every version but the one that holds."""
    held = about.current
    before = [one for one in about.history if held is None or one.event_id != held.event_id]
    return [own_words(one) for one in before]


def own_words(about: AboutMeVersion) -> OwnWords:
    """A version of About me, with who wrote it when."""
    told = [f"Written on {words.day(london_date(about.written))}"]
    told += [f"by {about.author}"] if about.author else []
    return OwnWords(
        [Term(said.title, said.words) for said in about.said],
        f"{' '.join(told)}, published by {about.source}",
        about.struck,
    )


def places(here: Sequence[Whereabouts], stays: Sequence[StayOut], names: Names) -> list[PlaceWords]:
    """Where the person is now: one line for each stay that is open."""
    known = {(stay.source, stay.visit): stay for stay in stays}
    return [_place(one, known.get((one.source, one.visit)), names) for one in here]


def _place(here: Whereabouts, stay: StayOut | None, names: Names) -> PlaceWords:
    expected = stay.expected_discharge if stay else None
    away = stay.leaves[-1].start if stay and stay.leaves and not stay.leaves[-1].end else None
    terms = [
        Term("Provider", _provider(here, names)),
        Term("Ward", _ward(here, names)) if here.setting in {"bed", "virtual"} else None,
        Term("There since", words.moment(here.since)) if here.since else None,
        Term("Admitted", words.moment(here.admitted_at)) if here.admitted_at else None,
        Term("Away on leave since", words.moment(away)) if away else None,
        Term("Expected discharge", words.day(london_date(expected)) if expected else "not said")
        if here.setting in {"bed", "virtual"}
        else None,
    ]
    doubts = [_DOUBT.get(flag, words.spaced(flag)) for flag in (stay.flags if stay else ())]
    return PlaceWords(
        PLACES.get(here.setting, "At a visit"),
        [term for term in terms if term],
        words.listed(doubts),
        words.stay_address(here.source, here.visit),
        here.visit,
    )


def _provider(here: Whereabouts, names: Names) -> str:
    """The organisation, and its site where that is told."""
    provider = here.provider or words.UNKNOWN
    if not here.site or here.site == provider:
        return parts.name(Dimension.PROVIDER, (provider,), names)
    return parts.whole_name(Dimension.SITE, (provider, here.site), names)


def _ward(here: Whereabouts, names: Names) -> str:
    if not here.ward:
        return "not known"
    provider = here.provider or words.UNKNOWN
    return parts.name(Dimension.WARD, (provider, here.site or provider, here.ward), names)


def last_left(stays: Sequence[StayOut]) -> str:
    """When the person last left a bed: "left hospital on 3 March 2026"; empty where never."""
    left = [stay.discharged_at for stay in stays if stay.setting == "bed" and stay.discharged_at]
    return f"Last left hospital on {words.day(london_date(max(left)))}." if left else ""


def contacts(named: MemberOut | None, members: Sequence[MemberOut]) -> list[ContactWords]:
    """Everybody who is involved, the one to ask first at the top."""
    return [_contact(member, is_named=member == named) for member in members]


def _contact(member: MemberOut, *, is_named: bool) -> ContactWords:
    since = words.day(london_date(member.since)) if member.since else ""
    terms = (
        Term("Team", ", ".join(member.teams)),
        Term("Organisation", member.organisation or ""),
        Term("Contact", ", ".join(member.contact)),
        Term("Why", f"{member.why[:1].upper()}{member.why[1:]}"),
        Term("Since", since),
        Term("Said by", ", ".join(member.sources)),
    )
    told = [term for term in terms if term.text]
    briefly = [f"Since {since}" if term.name == "Since" else term.text for term in told]
    return ContactWords(
        member.name, is_named, ", ".join(member.roles), told, ". ".join(briefly[:-1])
    )


def when(at: datetime | None) -> str:
    """A moment in words; a dash where there is none."""
    return words.moment(at) if at else words.NOTHING
