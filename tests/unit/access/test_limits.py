"""How often somebody may ask: so many times a minute, and no memory without end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.access.limits import Kind, Limiter, kind_of, neighbourhood


class Clock:
    """Seconds that grow when they are told to."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@given(
    a_minute=st.integers(1, 100),
    steps=st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=300),
)
def test_in_no_minute_are_there_more_than_twice_as_many_and_waiting_always_helps(
    a_minute: int, steps: list[float]
) -> None:
    clock = Clock()
    limiter = Limiter(a_minute, clock)
    taken: list[float] = []
    for step in steps:
        clock.at += step
        wait = limiter.ask("u1")
        if wait is not None:
            assert 0 < wait.seconds <= 60 + 1e-6
            clock.at += wait.seconds
            assert limiter.ask("u1") is None
        taken.append(clock.at)
        # A whole minute's worth at once, and what came due within the minute.
        assert sum(at > clock.at - 60 for at in taken) <= 2 * a_minute
    assert limiter.ask("another") is None


def test_a_minutes_worth_may_be_asked_at_once_and_the_first_refusal_is_told_apart() -> None:
    clock = Clock()
    limiter = Limiter(3, clock)
    assert [limiter.ask("u1") for _ in range(3)] == [None] * 3
    waits = [limiter.ask("u1") for _ in range(2)]
    assert [wait.is_first for wait in waits if wait] == [True, False]
    clock.at += 20
    assert limiter.ask("u1") is None
    again = limiter.ask("u1")
    assert again is not None
    assert again.is_first
    assert again.seconds == pytest.approx(20)


def test_nobody_is_held_back_where_nothing_is_set() -> None:
    limiter = Limiter(0, Clock())
    assert {limiter.ask("u1") for _ in range(1_000)} == {None}


def test_what_is_remembered_has_an_end() -> None:
    clock = Clock()
    limiter = Limiter(2, clock, most=100)
    # Many at once: those who came first are forgotten, the last are not
    for number in range(1_000):
        limiter.ask(number)
        limiter.ask(number)
    assert len(limiter._due) <= 100
    assert limiter.ask(999) is not None
    # And whoever has been quiet is forgotten before anybody else
    clock.at += 61
    limiter.ask("late")
    for number in range(100):
        limiter.ask(f"n{number}")
    assert len(limiter._due) <= 100
    assert len(limiter._held) <= 100


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/people/1", Kind.REQUEST),
        ("GET", "/fhir/Patient/1/$everything", Kind.REQUEST),
        ("GET", "/fhir/Observation", Kind.REQUEST),
        ("POST", "/fhir/Patient/_search", Kind.SEARCH),
        ("POST", "/find", Kind.SEARCH),
        ("POST", "/api/people/search", Kind.SEARCH),
        ("POST", "/api/people/1/break-glass", Kind.GLASS),
        ("POST", "/people/1/break-glass", Kind.GLASS),
        ("PUT", "/api/people/1/about-me", Kind.REQUEST),
        ("POST", "/fhir/$process-message", None),
        ("POST", "/fhir", None),
        ("PUT", "/fhir/Encounter/1", None),
        ("DELETE", "/fhir/Encounter/1", None),
    ],
)
def test_what_a_request_counts_as(method: str, path: str, kind: Kind | None) -> None:
    assert kind_of(method, path) is kind


def test_one_machine_has_a_whole_network_of_addresses() -> None:
    assert neighbourhood("2001:db8:1:2::1") == neighbourhood("2001:db8:1:2:ffff::9")
    assert neighbourhood("2001:db8:1:3::1") != neighbourhood("2001:db8:1:2::1")
    assert neighbourhood("192.0.2.1") == "192.0.2.1"
    assert neighbourhood("::ffff:192.0.2.1") != neighbourhood("::ffff:192.0.2.2")
    assert neighbourhood("testclient") == "testclient"
