"""What is inside a figure as SQL: the stays that it counts, their flags, the last one to change.

Not all that is counted is a stay: referrals, answers and roles are in figures, and not in here.
"""

from collections.abc import Sequence
from typing import Final

from schemas.measure import Figure
from streams.flow.conflicts import CONFLICTING
from streams.measures.figures import DAYS, Statement, counts, statement
from streams.measures.lines.doubts import TWO_BEDS
from streams.measures.question import Question

_FLAGS: Final = f"list_concat(s.flags, case when {TWO_BEDS} then ['{CONFLICTING}'] else [] end)"
_SHARE: Final = f"sum(amount * {DAYS}) as amount, sum(base * {DAYS}) as base"


def behind(
    asked: Question, figure: Figure, after: tuple[str, str] | None = None, limit: int | None = None
) -> Statement:
    """Source, visit, amount and base of the stays that a figure counts, in the order of the first.

    `after`: the source and visit that they come behind.
    """
    page = "where (s.source, s.visit) > ($after_source, $after_visit)" if after else ""
    found = (
        f"select s.source, s.visit, b.amount, b.base"
        f" from (select n, {_SHARE} from cut where {counts(figure)} group by n) b"
        f" join stays s using (n) {page} order by s.source, s.visit"
    )
    more = {"after_source": after[0], "after_visit": after[1]} if after else {}
    return statement(asked, found if limit is None else f"{found} limit {limit}", more)


def counted(asked: Question, figures: Sequence[Figure]) -> Statement:
    """One row: how many stays each of the figures counts, by the figure's name."""
    each = (
        f'count(distinct n) filter (where {counts(figure)}) as "{figure.name}"'
        for figure in figures
    )
    return statement(asked, f"select {', '.join(each)} from cut semi join stays using (n)")


def flagged(asked: Question, figure: Figure) -> Statement:
    """How many of the stays that a figure counts have each flag, also that they conflict."""
    return statement(
        asked,
        "select flag, count(*) as stays"
        f" from (select distinct n from cut where {counts(figure)}) join stays s using (n),"
        f" unnest({_FLAGS}) as f(flag) group by flag order by flag",
    )


def latest(asked: Question, figure: Figure) -> Statement:
    """Source and visit of the stay that changed last of those that a figure counts, if any."""
    return statement(
        asked,
        "select s.source, s.visit"
        f" from stays s semi join (select n from cut where {counts(figure)}) using (n)"
        " order by s.known_at desc, s.n limit 1",
    )


def newest(most: int) -> Statement:
    """Source and visit of the stays that changed last, the last one first."""
    return Statement(
        "select source, visit from stays order by known_at desc, n limit $most", {"most": most}
    )
