"""What a referral waits for, by when, and when nobody has answered in time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.times import LONDON
from streams.referrals.answer_times import (
    ANSWER_WITHIN,
    REVIEW_AFTER,
    VERSION,
    Within,
    answer_due,
    later_by,
)
from streams.referrals.facts import Party
from streams.referrals.referral import Action, Referral, is_silent, next_step
from tests.builders import moments
from tests.unit.referrals.made import (
    SENT,
    appointment,
    at,
    one,
    receiver,
    request,
    sender,
    task,
    visit,
)

TRUST, TEAM = Party("RX1", "Sending Trust"), Party("RY2", "Falls team")
SECOND = timedelta(seconds=1)


def hours(number: float) -> datetime:
    return SENT + timedelta(hours=number)


def step(found: Referral, now: datetime) -> tuple[Action, Party | None, datetime | None]:
    following = next_step(found, now)
    assert following is not None
    return tuple(following)


@pytest.mark.parametrize(
    ("priority", "due"),
    [
        ("stat", datetime(2026, 2, 2, 11, tzinfo=UTC)),
        ("asap", datetime(2026, 2, 3, 10, tzinfo=UTC)),
        ("urgent", datetime(2026, 2, 4, 10, tzinfo=UTC)),
        ("routine", datetime(2026, 2, 9, 10, tzinfo=UTC)),
        (None, datetime(2026, 2, 9, 10, tzinfo=UTC)),
    ],
)
def test_a_referral_falls_silent_once_its_time_has_passed(
    priority: str | None, due: datetime
) -> None:
    asked = request(priority=priority) if priority else request()
    found = one(sender(asked))
    assert found.answer_due == due
    assert not is_silent(found, due)
    assert is_silent(found, due + SECOND)


def test_a_receipt_is_no_answer_and_every_other_word_is() -> None:
    asked, late = sender(request()), hours(24 * 30)
    assert is_silent(one(asked, receiver(task("received"))), late)
    for said in ("accepted", "rejected", "in-progress", "on-hold", "completed", "cancelled"):
        assert not is_silent(one(asked, receiver(task(said))), late)
    for other in (appointment(), visit(), visit("planned"), visit("triaged")):
        assert not is_silent(one(asked, receiver(other)), late)
    for said in ("draft", "on-hold", "revoked", "completed", "entered-in-error"):
        assert not is_silent(one(sender(request(said))), late)


def test_what_is_wanted_sooner_must_be_answered_sooner() -> None:
    soon = request(occurrencePeriod={"start": at(0), "end": at(0.33)})
    assert one(sender(soon)).answer_due == hours(0.33)
    past = request(occurrenceDateTime=at(-5))
    assert one(sender(past)).answer_due == one(sender(request())).answer_due


@given(sent=moments(since=datetime(2026, 3, 1, tzinfo=UTC)), days=st.integers(1, 20))
def test_working_days_end_on_a_working_day_at_the_same_time_by_the_clock(
    sent: datetime, days: int
) -> None:
    due = later_by(sent, Within(working_days=days)).astimezone(LONDON)
    local = sent.astimezone(LONDON)
    assert due.weekday() < 5
    assert due.time() == local.time() or due.utcoffset() != local.utcoffset()
    between = [
        local.date() + timedelta(days=n) for n in range(1, (due.date() - local.date()).days + 1)
    ]
    assert sum(day.weekday() < 5 for day in between) == days


@given(sent=moments(since=datetime(2026, 3, 20, tzinfo=UTC)))
def test_the_more_urgent_the_sooner(sent: datetime) -> None:
    dues = [answer_due(sent, priority, None) for priority in ("stat", "asap", "urgent", "routine")]
    assert dues == sorted(dues)
    assert answer_due(sent, "no-such-priority", None) == dues[-1]
    assert set(ANSWER_WITHIN) == {"stat", "asap", "urgent", "routine"}
    assert VERSION == "answer-times-1"


def test_a_referral_sent_on_a_saturday_is_counted_from_monday() -> None:
    saturday = datetime(2026, 2, 7, 10, tzinfo=UTC)
    assert answer_due(saturday, "asap", None) == datetime(2026, 2, 9, 10, tzinfo=UTC)


def test_what_happens_next_from_draft_to_closed() -> None:
    asked, accepted = sender(request()), receiver(task("accepted", 2))
    now = hours(20)
    assert step(one(sender(request("draft"))), now) == (Action.SEND, TRUST, None)
    due = datetime(2026, 2, 9, 10, tzinfo=UTC)
    assert step(one(asked), now) == (Action.ANSWER, TEAM, due)
    assert step(one(asked, receiver(task("received"))), now) == (Action.ANSWER, TEAM, due)
    assert step(one(asked, accepted), now) == (Action.BOOK, TEAM, None)
    booked = one(asked, accepted, receiver(appointment(start=48)))
    assert step(booked, now) == (Action.ATTEND, TEAM, hours(48))
    assert step(booked, hours(48.2)) == (Action.ATTEND, TEAM, hours(48))
    assert step(booked, hours(49)) == (Action.RECORD_OUTCOME, TEAM, hours(48.5))
    missed = one(asked, accepted, receiver(appointment("noshow", 50, start=48)))
    assert step(missed, hours(60)) == (Action.BOOK, TEAM, None)
    seen = one(asked, receiver(task("in-progress", 2)), receiver(visit(start=48)))
    assert step(seen, hours(60)) == (Action.REVIEW, TEAM, hours(48) + REVIEW_AFTER)
    held = one(asked, receiver(task("on-hold", 3)))
    assert step(held, now) == (Action.RESUME, TEAM, None)
    assert next_step(one(asked, receiver(task("completed"))), now) is None


def test_an_accepted_referral_is_to_be_booked_by_the_time_it_is_wanted() -> None:
    wanted = request(occurrenceDateTime=at(40))
    found = one(sender(wanted), receiver(task("accepted")))
    assert step(found, hours(20)) == (Action.BOOK, TEAM, hours(40))


@pytest.mark.parametrize("said", ["rejected", "failed", "cancelled"])
def test_what_the_receiver_gives_back_the_sender_must_decide(said: str) -> None:
    asked, given_back = sender(request()), receiver(task(said, 3))
    assert step(one(asked, given_back), hours(4)) == (
        Action.DECIDE,
        TRUST,
        datetime(2026, 2, 9, 13, tzinfo=UTC),
    )
    closed = one(asked, given_back, sender(request("revoked", 5)))
    assert (next_step(closed, hours(6)), closed.owner) == (None, None)


def test_the_next_of_several_appointments_is_shown_and_a_later_one_after_it() -> None:
    first, second = appointment(start=48), appointment(id="A2", start=72)
    found = one(sender(request()), receiver(task("in-progress")), receiver(second), receiver(first))
    assert step(found, hours(20)) == (Action.ATTEND, TEAM, hours(48))
    assert step(found, hours(50)) == (Action.ATTEND, TEAM, hours(72))
