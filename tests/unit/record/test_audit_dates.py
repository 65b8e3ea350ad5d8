"""The time that a search for AuditEvents asks for, as exact as it is written."""

from datetime import UTC, datetime

import pytest

from services.record.audit_dates import NoDate, span_of


def at(*said: int) -> datetime:
    return datetime(*said, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("asked", "since", "until"),
    [
        ([], None, None),
        (["2026-03-01"], at(2026, 3, 1), at(2026, 3, 2)),
        (["eq2026-12"], at(2026, 12, 1), at(2027, 1, 1)),
        (["2026-01"], at(2026, 1, 1), at(2026, 2, 1)),
        (["2026"], at(2026, 1, 1), at(2027, 1, 1)),
        # A day of summer begins in London, an hour before UTC's.
        (["ge2026-07-01"], at(2026, 6, 30, 23), None),
        (["gt2026-03-01"], at(2026, 3, 2), None),
        (["le2026-03-01"], None, at(2026, 3, 2)),
        (["lt2026-03-01"], None, at(2026, 3, 1)),
        (["ge2026-03-01", "lt2026-03-05", "ge2026-03-02"], at(2026, 3, 2), at(2026, 3, 5)),
        (["2026-03-01T10:00Z"], at(2026, 3, 1, 10), at(2026, 3, 1, 10, 1)),
        (["2026-03-01T10:00:05Z"], at(2026, 3, 1, 10, 0, 5), at(2026, 3, 1, 10, 0, 6)),
        (["gt2026-03-01T11:00:05.5 01:00"], at(2026, 3, 1, 10, 0, 5, 500_001), None),
    ],
)
def test_dates_are_as_long_as_they_are_exact(
    asked: list[str], since: datetime | None, until: datetime | None
) -> None:
    assert span_of(asked) == (since, until)


@pytest.mark.parametrize("said", ["", "yesterday", "ne2026", "2026-13", "2026-02-30", "ge", "26"])
def test_what_is_no_date_is_refused(said: str) -> None:
    with pytest.raises(NoDate):
        span_of([said])
