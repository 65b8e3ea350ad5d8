"""What lines are told apart by: each dimension as columns, joins and filters over the lines."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from schemas.measure import Dimension
from streams.measures.question import Question

UNKNOWN: Final = "unknown"
# Each band of ages from its first birthday to before the next one's.
AGES: Final = (
    ("0-17", -200, 18),
    ("18-39", 18, 40),
    ("40-64", 40, 65),
    ("65-74", 65, 75),
    ("75-84", 75, 85),
    ("85+", 85, 400),
)
# A ward's code is its site's and a site's its provider's: the same code elsewhere is another one.
CUTS: Final[Mapping[Dimension, tuple[str, ...]]] = MappingProxyType(
    {dimension: (dimension.value,) for dimension in Dimension}
    | {
        Dimension.SITE: ("provider", "site"),
        Dimension.WARD: ("provider", "site", "ward"),
    }
)
_OF_PERSON: Final[Mapping[Dimension, str]] = MappingProxyType(
    {
        Dimension.PLACE: "p.place",
        Dimension.NEIGHBOURHOOD: "p.neighbourhood",
        Dimension.DEPRIVATION: "p.deprivation::varchar",
        Dimension.ETHNICITY: "p.ethnicity",
        Dimension.AGE: "b.age",
        Dimension.SEX: "p.sex",
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
    cutting = cutting.of(" left join people p on p.person = l.person")
    if Dimension.AGE in asked.cuts:
        cutting = _by_age(cutting, asked.filters.get(Dimension.AGE))
    for dimension in sorted(asked.cuts & _OF_PERSON.keys()):
        value = _OF_PERSON[dimension]
        # Where something known is asked for, whoever it is not known of is left out at once.
        is_known = asked.filters.get(dimension, UNKNOWN) != UNKNOWN
        cutting = cutting.said(dimension, value if is_known else f"coalesce({value}, '{UNKNOWN}')")
    return cutting


def _by_age(cutting: _Cutting, wanted: str | None) -> _Cutting:
    """A stretch of days goes on in the next band from the birthday on.

    `wanted`: the band that alone is asked for, if it is one.
    """
    first = f"greatest({cutting.first}, {_birthday('b.least')})"
    last = f"least({cutting.last}, {_birthday('b.most')})"
    chosen = [band for band in AGES if band[0] == wanted] or AGES
    rows = ", ".join(f"('{name}', {least}, {most})" for name, least, most in chosen)
    bands = f" left join (values {rows}) as b(age, least, most)"
    return cutting.of(f"{bands} on p.birth is not null and {first} < {last}")._replace(
        first=first, last=last
    )


def _birthday(years: str) -> str:
    """Who was born on 29 February is a year older on 1 March where there is no such day."""
    plain = f"(p.birth + to_years({years}))::date"
    return f"({plain} + (day(p.birth) - day({plain}))::integer)"


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
    (frozenset(_OF_PERSON), _by_person),
    (frozenset({Dimension.SPECIALTY}), _by_specialty),
    (frozenset({Dimension.COHORT}), _by_cohort),
    (frozenset({Dimension.DAY}), _by_day),
)
