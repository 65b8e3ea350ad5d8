"""Dates as searches compare them: each as long as it is exact, every prefix by its own rule."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fhir.spans import LAST_MOMENT, Span, bound_of, span_in, span_of, spans_at

DAY = "2026-02-10"


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("2026", "2026-01-01T00:00+00:00", "2027-01-01T00:00+00:00"),
        ("2026-12", "2026-12-01T00:00+00:00", "2027-01-01T00:00+00:00"),
        ("2026-02", "2026-02-01T00:00+00:00", "2026-03-01T00:00+00:00"),
        # The clocks go forward: the day has 23 hours.
        ("2026-03-29", "2026-03-29T00:00+00:00", "2026-03-29T23:00+00:00"),
        ("2026-02-10T09:30Z", "2026-02-10T09:30+00:00", "2026-02-10T09:31+00:00"),
        ("2026-02-10T09:30:00+01:00", "2026-02-10T08:30+00:00", "2026-02-10T08:30:01+00:00"),
        (
            "2026-02-10T09:30:00.5Z",
            "2026-02-10T09:30:00.5+00:00",
            "2026-02-10T09:30:00.500001+00:00",
        ),
    ],
)
def test_a_date_is_as_long_as_it_is_exact(said: str, start: str, end: str) -> None:
    assert span_of(said) == Span(datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize("said", ["", "2026-13", "2026-2-1", "20260210", "soon", "2026-W07", None])
def test_what_is_no_date_has_no_span(said: str | None) -> None:
    assert span_of(said) is None


def test_the_last_year_ends_with_time() -> None:
    found = span_of("9999")
    assert found is not None
    assert found.end == LAST_MOMENT


# What a period of 9 to 11 February and moments around it are to the tenth of February.
@pytest.mark.parametrize(
    ("prefix", "over_it", "the_day", "before", "after", "open_end"),
    [
        ("", False, True, False, False, False),
        ("eq", False, True, False, False, False),
        ("ne", True, False, True, True, True),
        ("gt", True, False, False, True, True),
        ("lt", True, False, True, False, True),
        ("ge", True, True, False, True, True),
        ("le", True, True, True, False, True),
        ("sa", False, False, False, True, False),
        ("eb", False, False, True, False, False),
        (">", True, False, False, True, True),
        (">=", True, True, False, True, True),
        ("<=", True, True, True, False, True),
    ],
)
def test_each_prefix_compares_as_fhir_says(
    prefix: str, over_it: bool, the_day: bool, before: bool, after: bool, open_end: bool
) -> None:
    asked = bound_of(f"{prefix}{DAY}")
    assert asked is not None
    elements = (
        {"start": "2026-02-09", "end": "2026-02-11"},
        DAY,
        "2026-02-09T23:59:59Z",
        "2026-02-11T00:00:00Z",
        {"start": "2026-02-09"},
    )
    spans = [span_in(element) for element in elements]
    assert [span is not None and asked.holds(span) for span in spans] == [
        over_it,
        the_day,
        before,
        after,
        open_end,
    ]


def test_a_plus_that_nobody_encoded_is_one() -> None:
    assert bound_of("ge2026-02-10T09:30:00 01:00") == bound_of("ge2026-02-10T09:30:00+01:00")


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 (made aware below)
def test_of_equal_later_and_earlier_just_one_is_so_of_a_moment(at: datetime) -> None:
    here = at.replace(tzinfo=UTC)
    moment = Span(here, here + timedelta(microseconds=1))
    bounds = [bound_of(f"{prefix}{DAY}") for prefix in ("eq", "sa", "eb")]
    assert sum(bound is not None and bound.holds(moment) for bound in bounds) == 1


@given(
    st.sampled_from(["eq", "gt", "lt", "ge", "le", "sa", "eb"]),
    st.sampled_from([DAY, "2026", "2026-02-10T09:30Z"]),
    st.datetimes(datetime(2025, 12, 30), datetime(2027, 1, 2)),  # noqa: DTZ001 (made aware below)
)
def test_the_moments_of_a_bound_are_those_for_which_it_holds(
    prefix: str, said: str, at: datetime
) -> None:
    asked = bound_of(f"{prefix}{said}")
    assert asked is not None
    found = asked.moments()
    assert found is not None
    for here in (at.replace(tzinfo=UTC), *asked.span):
        moment = Span(here, here + timedelta(microseconds=1))
        assert (found.start <= here < found.end) == asked.holds(moment)


def test_every_path_of_a_resource_is_looked_at() -> None:
    resource = {"target": [{"dueDate": "2026"}, {"dueDate": "2027"}, {}], "startDate": 7}
    assert len(list(spans_at(resource, ("startDate", "target.dueDate")))) == 2
