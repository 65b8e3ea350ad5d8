"""What the page of a person says of referrals, plans and questions, by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.pages import plan_words
from services.record.referrals import ContactOut, PartyOut, ReferralOut
from services.record.story_models import AnswerOut, GoalOut, PlanOut, PlansOut, QuestionOut

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def referral(**more: Any) -> ReferralOut:
    said: dict[str, Any] = {
        "referral": "ZP1/ServiceRequest/r1",
        "person_id": UUID(int=7),
        "status": "sent",
        "what_for": "Podiatry",
        "priority": None,
        "requester": PartyOut(name="Mill Lane", code="ZP1"),
        "receiver": PartyOut(code="ZC1"),
        "owner": PartyOut(code="ZC1"),
        "next_action": "answer",
        "next_by": PartyOut(code="ZC1"),
        "due": NOW + DAY,
        "first_contact": None,
        "last_contact": None,
        "outcome": None,
        "is_silent": False,
        "sent_at": NOW - DAY,
        "received_at": None,
        "accepted_at": None,
        "closed_at": None,
        "wanted_by": None,
        "answer_due": NOW + DAY,
        "answer_times": "1",
        "names": [],
        "flags": [],
        "event_ids": [],
    }
    return ReferralOut.model_validate(said | more)


def test_an_open_referral_says_who_has_it_what_is_next_by_when_and_the_last_contact() -> None:
    contact = ContactOut(at=NOW - DAY, how="visit")
    (said,) = plan_words.open_referrals([referral(last_contact=contact)], NOW)
    assert (said.title, said.status, said.warning) == ("Podiatry", "Sent", "")
    assert {term.name: term.text for term in said.terms} == {
        "Who has it now": "ZC1",
        "What happens next": "Accept or reject it, ZC1",
        "By when": "26 November 2026, 12:00pm",
        "Last contact": "24 November 2026, 12:00pm (visit)",
        "Sent": "24 November 2026, 12:00pm by Mill Lane (ZP1) to ZC1",
    }


def test_what_is_late_or_silent_says_so_in_words() -> None:
    late = referral(status="accepted", next_action="book", due=NOW - DAY)
    silent = referral(due=NOW - DAY, is_silent=True)
    said = plan_words.open_referrals([late, silent, referral()], NOW)
    assert [one.warning for one in said] == ["Overdue", "Silent handoff", ""]
    assert [bool(one.because) for one in said] == [True, True, False]


def test_the_soonest_due_is_first_and_what_nobody_dated_is_last() -> None:
    asked = [
        referral(what_for="no day", due=None),
        referral(what_for="later", due=NOW + DAY),
        referral(what_for="sooner", due=NOW),
    ]
    said = plan_words.open_referrals(asked, NOW)
    assert [one.title for one in said] == ["sooner", "later", "no day"]


def test_a_refusal_that_its_sender_must_decide_about_is_open() -> None:
    refused = referral(status="rejected", next_action="decide", owner=None, next_by=None, due=None)
    done = referral(status="completed", next_action=None, closed_at=NOW, outcome="seen")
    (said,) = plan_words.open_referrals([refused, done], NOW)
    assert said.terms[0].text == "Nobody"
    assert said.terms[1].text == "Decide what to do now that it was refused"
    assert plan_words.closed_referrals([refused, done]) == [
        ("Podiatry", "Completed on 25 November 2026: seen")
    ]


def plan(title: str, *, in_force: bool) -> PlanOut:
    goal = GoalOut(
        words="Walk to the shop",
        status="active",
        achievement=None,
        due="2026-12",
        source="ZC1",
        event_id=UUID(int=3),
    )
    return PlanOut(
        title=title,
        detail=None,
        status="active" if in_force else "revoked",
        in_force=in_force,
        since=NOW,
        until=None,
        author=None,
        goals=[goal],
        activities=[],
        source="ZC1",
        event_id=UUID(int=2),
    )


def test_plans_in_force_stand_before_those_that_were() -> None:
    found = PlansOut(plans=[plan("Falls", in_force=True), plan("Old", in_force=False)], goals=[])
    said = plan_words.plans(found)
    assert [(one.title, one.told) for one in said.plans] == [
        ("Falls", "since 25 November 2026, ZC1")
    ]
    assert said.plans[0].goals == [("Walk to the shop", "active, by December 2026")]
    assert said.before[0].told.startswith("revoked, since")


def test_a_question_shows_its_latest_answer_and_those_before_it() -> None:
    def answer(words: str, at: datetime) -> AnswerOut:
        return AnswerOut(
            words=words,
            at=at,
            author=None,
            source="ZS1",
            sector="social-care",
            event_id=UUID(int=1),
        )

    lives = QuestionOut(
        words="Do you live alone?", answers=[answer("Yes", NOW), answer("No", NOW - DAY)]
    )
    own = QuestionOut(words="What is most important to me", answers=[answer("My cat", NOW)])
    assert plan_words.asked([lives, own]) == [
        (
            "Do you live alone?",
            "Yes",
            "25 November 2026, ZS1",
            [("No", "24 November 2026, ZS1")],
        )
    ]
