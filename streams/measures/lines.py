"""The lines behind each measure, as SQL over the engine's tables: one function a measure.

A line is a stretch of London days (`first` to before `last`; one day for what happens once) of one
stay, referral or answer, with its amount and base for each day. Figures, rows and what is behind
them are all read from the lines, so they cannot disagree. `$first`, `$end`: the period; `$today`,
`$now`, `$at`: the moment; `$setting`: beds or virtual wards.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from schemas.measure import Dimension
from streams.measures.question import At, Question

# The columns of every line, with what stands in them where a measure does not say it.
COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "n": "null::ubigint",
        "person": "null::uuid",
        "provider": "null::varchar",
        "site": "null::varchar",
        "ward": "null::varchar",
        "class": "null::varchar",
        "hour": "null::integer",
        "pathway": "null::varchar",
        "reason": "null::varchar",
        "part": "''",
        "first": "null::date",
        "last": "null::date",
        "amount": "1.0",
        "base": "0.0",
    }
)
_STAY: Final = {"n": "s.n", "person": "s.person", "provider": "s.provider", "class": "s.class"}
_HERE: Final = {"site": "s.site", "ward": "s.ward"}
_BEGINNING: Final = {"site": "s.first_site", "ward": "s.first_ward"}
_REFERRAL: Final = {"n": "r.n", "person": "r.person", "provider": "r.provider"}
_DAY_CASE: Final = "(s.class = 'SS' and s.admitted_day = s.discharged_day)"
_ENDED: Final = (
    "s.status = 'finished' and s.setting = $setting"
    " and s.discharged_day >= $first and s.discharged_day < $end"
)
_EMERGENCY: Final = (
    "(r.began_elsewhere or exists (select 1 from stays e where e.person = r.person"
    " and e.setting = 'emergency' and e.status = 'finished' and e.admitted <= r.admitted"
    " and e.discharged_day between r.admitted_day - 1 and r.admitted_day))"
)

Lines = Callable[[Question], str]


def _line(source: str, where: str, **columns: str) -> str:
    said = ", ".join(f'{columns.get(name, plain)} as "{name}"' for name, plain in COLUMNS.items())
    return f"select {said} from {source} where {where}"


def _on(day: str) -> dict[str, str]:
    """The days of what happens once."""
    return {"first": day, "last": f"{day} + 1"}


def _within(first: str, last: str) -> dict[str, str]:
    return {
        "first": f"greatest({first}, $first)",
        "last": f"least(coalesce({last}, $today), $end)",
    }


def _overlaps(first: str, last: str) -> str:
    return f"greatest({first}, $first) < least(coalesce({last}, $today), $end)"


def _nights(setting: str = "$setting", **columns: str) -> str:
    return _line(
        "nights x join stays s using (n)",
        f"x.setting = {setting} and {_overlaps('x.first', 'x.last')}",
        **_STAY,
        **_within("x.first", "x.last"),
        **({"site": "x.site", "ward": "x.ward", "part": "'night'"} | columns),
    )


def occupied_bed_days(asked: Question) -> str:
    """The nights of each stay in each ward, and its nights of leave as a part of their own."""
    leave = _line(
        "leaves x join stays s using (n)",
        f"s.setting = $setting and {_overlaps('x.first', 'x.last')}",
        **_STAY,
        **_HERE,
        **_within("x.first", "x.last"),
        part="'leave'",
    )
    return f"{_nights()} union all {leave}"


def length_of_stay(asked: Question) -> str:
    """The stays discharged in the period with their days, and the chains that ended in it."""
    common = _STAY | _HERE | _on("s.discharged_day")
    spells = _line(
        "stays s",
        f"{_ENDED} and s.admitted_day is not null",
        **common,
        part=f"case when {_DAY_CASE} then 'day-case' else 'spell' end",
        amount="s.discharged_day - s.admitted_day",
    )
    chains = _line(
        "stays s join chains c using (n)",
        f"{_ENDED} and c.ends and not ({_DAY_CASE} and c.first = s.admitted_day)",
        **common,
        part="'continuous'",
        amount="s.discharged_day - c.first",
    )
    return f"{spells} union all {chains}"


def beds_occupied(asked: Question) -> str:
    """Who has a bed at the moment asked for."""
    match asked.at:
        case At.NOW:
            where = "s.status = 'open' and s.setting = $setting"
            return _line("stays s", where, **_STAY, **_HERE, **_on("$today"))
        case At.EIGHT:
            where = 's.setting = $setting and x.start <= $at and (x."end" is null or x."end" > $at)'
            table = "segments x"
        case At.MIDNIGHT:
            where = "x.setting = $setting and x.first < $end and (x.last is null or x.last >= $end)"
            table = "nights x"
    place = {"site": "x.site", "ward": "x.ward"}
    return _line(f"{table} join stays s using (n)", where, **_STAY, **place, **_on("$end"))


def occupancy(asked: Question) -> str:
    """Who has a bed in a ward whose beds are known, and those beds."""
    day = "$today" if asked.at is At.NOW else "$end"
    virtual = (
        "exists (select 1 from specialties s where s.provider = wards.provider"
        " and s.site = wards.site and s.ward = wards.ward and s.specialty = 'VIRTUAL')"
    )
    known = (
        f"select * from wards where valid_from <= {day} and (valid_to is null or valid_to > {day})"
        f" and beds > 0 and {virtual} = ($setting = 'virtual')"
    )
    beds = _line(
        f"({known}) w",
        "true",
        provider="w.provider",
        site="w.site",
        ward="w.ward",
        amount="0.0",
        base="w.beds::double",
        **_on(day),
    )
    people = (
        f"select l.* from ({beds_occupied(asked)}) l semi join ({known}) w"
        " on w.provider = l.provider and w.site = l.site and w.ward = l.ward"
    )
    return f"{people} union all {beds}"


def long_stay(asked: Question) -> str:
    """The open stays of the first band or more, each with its days since admission."""
    least = min(figure.least for figure in asked.measure.figures)
    return _line(
        "stays s",
        f"s.status = 'open' and s.setting = $setting and $today - s.admitted_day >= {least}",
        **_STAY,
        **_HERE,
        **_on("$today"),
        amount="$today - s.admitted_day",
    )


def discharge_delay(asked: Question) -> str:
    """The days of each stay after its person was ready to leave, and who is ready and still in."""
    reasons = Dimension.REASON in asked.cuts
    source, first, last = "stays s join ready d using (n)", "d.first", "d.last"
    if reasons:
        source += " left join reasons q using (n)"
        first, last = "greatest(d.first, q.first)", "least(d.last, q.last)"
    common = _STAY | _HERE | {"pathway": "d.pathway"}
    common |= {"reason": "coalesce(q.reason, 'unknown')"} if reasons else {}
    until = f"coalesce({last}, s.discharged_day)"
    delay = _line(
        source,
        f"s.setting = $setting and s.status in ('open', 'finished') and {_overlaps(first, until)}",
        **common,
        **_within(first, until),
        part="'delay'",
    )
    still_in = "s.setting = $setting and s.status = 'open' and d.last is null"
    of_now = " and (q.first is null or q.first <= $today and q.last is null)" if reasons else ""
    ready = _line(
        source,
        f"{still_in} and d.first <= $today{of_now}",
        **common,
        **_on("$today"),
        part="'ready'",
    )
    return f"{delay} union all {ready}"


def admissions(asked: Question) -> str:
    """The stays that began in the period, planned ones that never happened left out."""
    happened = "s.status in ('open', 'finished') and s.setting = $setting"
    return _line(
        "stays s",
        f"{happened} and s.admitted_day >= $first and s.admitted_day < $end",
        **_STAY,
        **_BEGINNING,
        **_on("s.admitted_day"),
        hour="s.admitted_hour",
    )


def discharges(asked: Question) -> str:
    """The stays that ended in the period."""
    return _line(
        "stays s", _ENDED, **_STAY, **_HERE, **_on("s.discharged_day"), hour="s.discharged_hour"
    )


def expected_discharges(asked: Question) -> str:
    """The open stays that are expected to end in the period."""
    return _line(
        "stays s",
        "s.status = 'open' and s.setting = $setting"
        " and s.expected_day >= $first and s.expected_day < $end",
        **_STAY,
        **_HERE,
        **_on("s.expected_day"),
        hour="s.expected_hour",
    )


def readmissions_30d(asked: Question) -> str:
    """The stays that ended in the period; 1 for each that an emergency admission followed."""
    again = (
        "exists (select 1 from stays r where r.person = s.person and r.n <> s.n"
        " and r.setting = 'bed' and r.status in ('open', 'finished')"
        " and r.admitted >= s.discharged and r.admitted_day <= s.discharged_day + 30"
        f" and {_EMERGENCY})"
    )
    return _line(
        "stays s",
        f"{_ENDED} and not coalesce({_DAY_CASE}, false)",
        **_STAY,
        **_HERE,
        **_on("s.discharged_day"),
        amount=f"case when {again} then 1.0 else 0.0 end",
        base="1.0",
    )


def closer_to_home(asked: Question) -> str:
    """Days and contacts of care; those outside hospital count in the amount too."""
    contacts = _line(
        "stays s left join organisations o on o.code = s.provider",
        "s.setting in ('home', 'contact', 'emergency') and s.status in ('open', 'finished')"
        " and s.admitted_day >= $first and s.admitted_day < $end",
        **_STAY,
        **_on("s.admitted_day"),
        amount="case when s.setting = 'home' or s.setting = 'contact'"
        " and coalesce(o.sector, '') <> 'acute' then 1.0 else 0.0 end",
        base="1.0",
    )
    plain = {"part": "''", "site": "null::varchar", "ward": "null::varchar", "base": "1.0"}
    virtual = _nights("'virtual'", **plain)
    hospital = _nights("'bed'", **plain, amount="0.0")
    return f"{contacts} union all {virtual} union all {hospital}"


def preventative_use(asked: Question) -> str:
    """Contacts with preventative services, and the people who could have had them."""
    contacts = _line(
        "stays s semi join services v on v.preventative and v.provider = s.provider"
        " and (v.service = '*' or v.service = s.ward)",
        "s.setting in ('home', 'contact') and s.status in ('open', 'finished')"
        " and s.admitted_day >= $first and s.admitted_day < $end",
        **_STAY,
        **_on("s.admitted_day"),
    )
    people = _line(
        "people p",
        "p.died is null or p.died >= $end",
        person="p.person",
        **_on("$end - 1"),
        amount="0.0",
        base="1.0",
    )
    return f"{contacts} union all {people}"


_SENT: Final = "r.sent_day >= $first and r.sent_day < $end"


def referral_wait(asked: Question) -> str:
    """The hours from sending to each step that a referral has come to."""
    steps = {"accepted": "r.accepted", "contact": "r.contacted", "outcome": "r.closed"}
    return " union all ".join(
        _line(
            "requests r",
            f"{_SENT} and {step} is not null",
            **_REFERRAL,
            **_on("r.sent_day"),
            part=f"'{part}'",
            amount=f"greatest(epoch({step}) - epoch(r.sent), 0) / 3600.0",
        )
        for part, step in steps.items()
    )


def referrals_closed(asked: Question) -> str:
    """The referrals sent in the period; 1 for each that has an outcome."""
    closed = "case when r.closed is not null then 1.0 else 0.0 end"
    return _line("requests r", _SENT, **_REFERRAL, **_on("r.sent_day"), amount=closed, base="1.0")


def silent_handoffs(asked: Question) -> str:
    """The referrals that nobody answered in time."""
    unanswered = "r.status in ('sent', 'received') and r.due < $now"
    return _line("requests r", unanswered, **_REFERRAL, **_on("$today"))


_ANSWERED: Final = "a.day >= $first and a.day < $end"


def coordinated_care_reported(asked: Question) -> str:
    """Whole IntegRATE answers; 1 for each with the best answer to all four items."""
    return _line(
        "answers a",
        f"a.instrument = 'integrate' and len(a.answers) = 4 and {_ANSWERED}",
        person="a.person",
        provider="a.organisation",
        **_on("a.day"),
        amount="case when list_max(a.answers) = 0 then 1.0 else 0.0 end",
        base="1.0",
    )


def partnership_reported(asked: Question) -> str:
    """Partnership surveys; 1 for each whose mean answer is 4 or more."""
    return _line(
        "answers a",
        f"a.instrument = 'partnership' and len(a.answers) > 0 and {_ANSWERED}",
        provider="a.organisation",
        **_on("a.day"),
        amount="case when list_avg(a.answers) >= 4 then 1.0 else 0.0 end",
        base="1.0",
    )


def neighbourhood_workforce(asked: Question) -> str:
    """Whole-time equivalents; those in neighbourhood services count in the amount too."""
    return _line(
        "roles o left join services v on v.provider = o.organisation and v.service = o.service",
        "o.active and coalesce(o.since, $today) <= $today"
        " and (o.until is null or o.until > $today)",
        provider="o.organisation",
        **_on("$today"),
        amount="case when v.neighbourhood then o.wte else 0.0 end",
        base="o.wte",
    )


def story_repeated(asked: Question) -> str:
    """Questions that another service had asked within 30 days, and first contacts."""
    again = (
        "exists (select 1 from questions b where b.person = a.person and b.question = a.question"
        " and b.organisation <> a.organisation and b.said_at < a.said_at"
        " and b.said_at >= a.said_at - interval 30 day)"
    )
    asked_again = _line(
        f"(select distinct a.person, a.organisation, a.said_at, a.day from questions a where {again}) a",
        _ANSWERED,
        person="a.person",
        provider="a.organisation",
        **_on("a.day"),
    )
    firsts = (
        "select person, provider, min(admitted_day) as day, arg_min(n, admitted) as n from stays"
        " where setting in ('home', 'contact', 'emergency') and status in ('open', 'finished')"
        " and admitted_day is not null group by person, provider"
    )
    contacts = _line(
        f"({firsts}) s",
        "s.day >= $first and s.day < $end",
        n="s.n",
        person="s.person",
        provider="s.provider",
        **_on("s.day"),
        amount="0.0",
        base="1.0",
    )
    return f"{asked_again} union all {contacts}"


def data_confidence(asked: Question) -> str:
    """One line for each thing that makes figures doubtful now."""
    of_stays = "s.status = 'open' or s.discharged_day >= $today - 28"
    kinds = {
        "inferred": "list_has_any(s.flags, ['no-admission-time', 'no-discharge-time',"
        " 'end-before-start', 'inferred-admission'])",
        "unknown-ward": "list_contains(s.flags, 'unknown-ward')",
        "conflicting": "s.setting = 'bed' and exists (select 1 from stays o where o.n <> s.n"
        " and o.person = s.person and o.setting = 'bed' and o.status in ('open', 'finished')"
        " and o.admitted < coalesce(s.discharged, $now::timestamp)"
        " and coalesce(o.discharged, $now::timestamp) > s.admitted)",
    }
    stays = [
        _line(
            "stays s",
            f"({of_stays}) and s.status in ('open', 'finished') and {which}",
            **_STAY,
            **_on("$today"),
            part=f"'{part}'",
        )
        for part, which in kinds.items()
    ]
    feeds = _line(
        "(select source, max(known_at) as heard from stays group by source) f",
        "f.heard < $now::timestamp - interval 1 day and f.heard >= $now::timestamp - interval 8 day",
        provider="f.source",
        **_on("$today"),
        part="'stale'",
    )
    numbers = _line(
        "people p", "p.bad_number", person="p.person", **_on("$today"), part="'bad-nhs-number'"
    )
    return " union all ".join([*stays, feeds, numbers])


LINES: Final[Mapping[str, Lines]] = MappingProxyType(
    {
        lines.__name__: lines
        for lines in (
            occupied_bed_days,
            length_of_stay,
            beds_occupied,
            occupancy,
            long_stay,
            discharge_delay,
            admissions,
            discharges,
            expected_discharges,
            readmissions_30d,
            closer_to_home,
            preventative_use,
            referral_wait,
            referrals_closed,
            silent_handoffs,
            coordinated_care_reported,
            partnership_reported,
            neighbourhood_workforce,
            story_repeated,
            data_confidence,
        )
    }
)
