"""Lines of beds: the nights in them, who has one at a moment, and how many there are."""

from streams.measures.lines.line import (
    HERE,
    OPEN,
    PART,
    STAY,
    THERE,
    line,
    on,
    overlaps,
    together,
    within,
)
from streams.measures.question import At, Question


def nights(setting: str = "$setting", **columns: str) -> str:
    """The nights of each stay in each ward, as far as they are in the period."""
    return line(
        "nights x",
        f"x.setting = {setting} and {overlaps('x.first', 'x.last')}",
        **PART,
        **within("x.first", "x.last"),
        **(THERE | columns),
    )


def occupied_bed_days(asked: Question) -> str:
    """The nights of each stay in each ward, and its nights of leave as a part of their own."""
    leave = line(
        "leaves x",
        f"x.setting = $setting and {overlaps('x.first', 'x.last')}",
        **PART,
        **THERE,
        **within("x.first", "x.last"),
        part="'leave'",
    )
    return together(nights(part="'night'"), leave)


def beds_occupied(asked: Question) -> str:
    """Who has a bed at the moment asked for."""
    match asked.at:
        case At.NOW:
            return line("stays s", OPEN, **STAY, **HERE, **on("$today"))
        case At.EIGHT:
            since, until = "x.start <= $at", '(x."end" > $at or x."end" is null)'
            return _there("segments", f"x.setting = $setting and {since} and {until}")
        case At.MIDNIGHT:
            since, until = "x.first < $end", "(x.last >= $end or x.last is null)"
            return _there("nights", f"x.setting = $setting and {since} and {until}")


def _there(table: str, where: str) -> str:
    return line(f"{table} x", where, **PART, **THERE, **on("$end"))


def occupancy(asked: Question) -> str:
    """Who has a bed in a ward whose beds are known, and those beds."""
    day = "$today" if asked.at is At.NOW else "$end"
    known = _wards_on(day)
    beds = line(
        f"({known}) w",
        "true",
        provider="w.provider",
        site="w.site",
        ward="w.ward",
        amount="0.0",
        base="w.beds::double",
        **on(day),
    )
    people = (
        f"select l.* from ({beds_occupied(asked)}) l semi join ({known}) w"
        " on w.provider = l.provider and w.site = l.site and w.ward = l.ward"
    )
    return together(people, beds)


def _wards_on(day: str) -> str:
    """The wards of that setting that have staffed beds on a day."""
    virtual = (
        "exists (select 1 from specialties s where s.provider = wards.provider"
        " and s.site = wards.site and s.ward = wards.ward and s.specialty = 'VIRTUAL')"
    )
    return (
        f"select * from wards where valid_from <= {day} and (valid_to is null or valid_to > {day})"
        f" and beds > 0 and {virtual} = ($setting = 'virtual')"
    )
