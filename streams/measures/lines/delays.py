"""Lines of discharge delays: the days after a person was ready to leave, and who still waits."""

from schemas.measure import Dimension
from streams.measures.lines.line import (
    HAPPENED,
    HERE,
    OPEN,
    STAY,
    line,
    on,
    overlaps,
    together,
    within,
)
from streams.measures.question import Question


def discharge_delay(asked: Question) -> str:
    """The days of each stay after its person was ready to leave, and who is ready and still in.

    Where reasons are asked for, a day once for each reason that holds on it.
    """
    if Dimension.REASON in asked.cuts:
        return together(_days_by_reason(), _people_by_reason())
    source = "stays s join ready d using (n)"
    return together(
        _days(source, "d.first", "d.last"),
        _people(source, "d.first <= $today and d.last is null"),
    )


def _days(source: str, first: str, last: str, **columns: str) -> str:
    until = f"least({last}, s.discharged_day)"
    return line(
        source,
        f"{HAPPENED} and s.setting = $setting and {overlaps(first, until)}",
        **STAY,
        **HERE,
        **within(first, until),
        pathway="d.pathway",
        part="'delay'",
        **columns,
    )


def _people(source: str, where: str, **columns: str) -> str:
    return line(
        source,
        f"{OPEN} and {where}",
        **STAY,
        **HERE,
        **on("$today"),
        pathway="d.pathway",
        part="'ready'",
        **columns,
    )


_REASONS = "stays s join ready d using (n) left join reasons q using (n)"
_REASON = "coalesce(q.reason, 'unknown')"


def _days_by_reason() -> str:
    first, last = "greatest(d.first, q.first)", "least(d.last, q.last)"
    return _days(_REASONS, first, last, reason=_REASON)


def _people_by_reason() -> str:
    holds = "(q.n is null or q.first <= $today and q.last is null)"
    return _people(_REASONS, f"d.first <= $today and d.last is null and {holds}", reason=_REASON)
