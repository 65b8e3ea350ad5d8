"""What lines are told apart by: each dimension as columns, joins and filters over the lines."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from schemas.measure import Dimension
from streams.measures.question import Question

UNKNOWN: Final = "unknown"
# Bands of ages, each from one birthday to before the next; `birthdays` has those between them.
AGES: Final = ("0-17", "18-39", "40-64", "65-74", "75-84", "85+")
_BIRTHDAYS: Final = ("d18", "d40", "d65", "d75", "d85")
# A ward's code is its site's and a site's its provider's: the same code elsewhere is another one.
CUTS: Final[Mapping[Dimension, tuple[str, ...]]] = MappingProxyType(
    {dimension: (dimension.value,) for dimension in Dimension}
    | {
        Dimension.SITE: ("provider", "site"),
        Dimension.WARD: ("provider", "site", "ward"),
    }
)
_OF_PERSON: Final = frozenset(
    {
        Dimension.PLACE,
        Dimension.NEIGHBOURHOOD,
        Dimension.DEPRIVATION,
        Dimension.ETHNICITY,
        Dimension.SEX,
    }
)
_SPECIALTY: Final = (
    " left join specialties w on w.provider = l.provider and w.site = l.site and w.ward = l.ward"
)


class _Cutting(NamedTuple):
    """Lines on their way to being cut: their tables, their days, and the columns beside theirs."""

    tables: str = "lines l"
    first: str = "l.first"
    last: str = "l.last"
    columns: tuple[str, ...] = ()

    def said(self, dimension: Dimension, value: str) -> "_Cutting":
        return self._replace(columns=(*self.columns, f'{value} as "{dimension}"'))

    def of(self, tables: str) -> "_Cutting":
        return self._replace(tables=self.tables + tables)


def cut(asked: Question) -> str:
    """The lines with the columns that they are cut by, those that the filters leave."""
    cutting = _Cutting()
    for dimensions, step in _STEPS:
        if asked.cuts & dimensions:
            cutting = step(cutting, asked)
    days = f"{cutting.first} as first, {cutting.last} as last"
    columns = ", ".join(["l.* exclude (first, last)", days, *cutting.columns])
    found = f"select {columns} from {cutting.tables}"
    where = " and ".join(map(_filter, asked.filters))
    return f"select * from ({found}) where {where}" if where else found


def _filter(dimension: Dimension) -> str:
    kind = "::integer" if dimension is Dimension.HOUR else ""
    return f'"{dimension}" = $is_{dimension}{kind}'


def _by_person(cutting: _Cutting, asked: Question) -> _Cutting:
    cutting = cutting.of(" left join profiles p on p.profile = l.profile")
    for dimension in sorted(asked.cuts & _OF_PERSON):
        # Where something known is asked for, whoever it is not known of is left out at once.
        is_known = asked.filters.get(dimension, UNKNOWN) != UNKNOWN
        value = f"p.{dimension}" if is_known else f"coalesce(p.{dimension}, '{UNKNOWN}')"
        cutting = cutting.said(dimension, value)
    return cutting


def _by_age(cutting: _Cutting, asked: Question) -> _Cutting:
    """A stretch of days goes on in the next band from the birthday on."""
    wanted = asked.filters.get(Dimension.AGE, UNKNOWN)
    aged = _of_band(AGES.index(wanted)) if wanted in AGES else _OF_ALL_BANDS
    return cutting._replace(tables=f"({aged}) l")


def _reached(day: str) -> str:
    """The place in `AGES` of the band that somebody is in on a day; null without a birthday."""
    return " + ".join(f"(({day}) >= b.{birthday})::integer" for birthday in _BIRTHDAYS)


_AGING: Final = "lines l left join birthdays b on b.born = l.born"
# Most lines are in one band from their first day to their last.
_OF_ALL_BANDS: Final = f"""
select * exclude (first, last, earliest, latest, band, {", ".join(_BIRTHDAYS)}),
  ['{UNKNOWN}', '{"', '".join(AGES)}'][band + 2] as age,
  case when band > earliest then [{", ".join(_BIRTHDAYS)}][band] else first end as first,
  case when band < latest then [{", ".join(_BIRTHDAYS)}][band + 1] else last end as last
from (
  select *, unnest(case when earliest is null then [-1] when earliest = latest then [earliest]
    else range(earliest, latest + 1) end) as band
  from (select l.*, b.* exclude (born), {_reached("l.first")} as earliest,
      {_reached("l.last - 1")} as latest from {_AGING})
)
"""


def _of_band(place: int) -> str:
    """The lines that are in one band for some of their days, and those days."""
    since = f"b.{_BIRTHDAYS[place - 1]}" if place else "l.first"
    until = f"b.{_BIRTHDAYS[place]}" if place < len(_BIRTHDAYS) else "l.last"
    first, last = f"greatest(l.first, {since})", f"least(l.last, {until})"
    return (
        f"select l.* exclude (first, last), '{AGES[place]}' as age, {first} as first,"
        f" {last} as last from {_AGING} where b.born is not null and {first} < {last}"
    )


def _by_specialty(cutting: _Cutting, asked: Question) -> _Cutting:
    cutting = cutting.of(_SPECIALTY)
    return cutting.said(Dimension.SPECIALTY, f"coalesce(w.specialty, '{UNKNOWN}')")


def _by_cohort(cutting: _Cutting, asked: Question) -> _Cutting:
    """The days on which the person belonged to the group: of one in several, once for each."""
    first, last = f"greatest({cutting.first}, m.first)", f"least({cutting.last}, m.last)"
    found = cutting.of(f" join members m on m.person = l.person and {first} < {last}")
    return found._replace(first=first, last=last).said(Dimension.COHORT, "m.cohort")


def _by_day(cutting: _Cutting, asked: Question) -> _Cutting:
    series = f"generate_series({cutting.first}, {cutting.last} - 1, interval 1 day)"
    found = cutting.of(f", unnest({series}) as d(moment)")
    day = "d.moment::date"
    return found._replace(first=day, last=f"{day} + 1").said(Dimension.DAY, day)


# In the order in which a step needs the days that another one made.
_STEPS: Final = (
    (frozenset({Dimension.AGE}), _by_age),
    (_OF_PERSON, _by_person),
    (frozenset({Dimension.SPECIALTY}), _by_specialty),
    (frozenset({Dimension.COHORT}), _by_cohort),
    (frozenset({Dimension.DAY}), _by_day),
)
