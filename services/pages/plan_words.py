"""Referrals, plans and questions as the page of a person says them. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from schemas.about_me import heading_of
from schemas.times import london_date
from services.pages import words
from services.pages.person_words import Term, partial_day
from services.record.referrals import PartyOut, ReferralOut
from services.record.story_models import ActivityOut, GoalOut, PlanOut, PlansOut, QuestionOut

ACTIONS = {
    "send": "Send the referral",
    "answer": "Accept or reject it",
    "book": "Book an appointment",
    "attend": "The appointment that is booked",
    "record-outcome": "Record what came of the appointment",
    "review": "Look at it again",
    "resume": "Take it up again",
    "decide": "Decide what to do now that it was refused",
}
_STATUS = {"being-seen": "Being seen", "on-hold": "On hold", "entered-in-error": "Mistaken"}
NOBODY = "Nobody"
NOT_SAID = "not said"


class ReferralWords(NamedTuple):
    """An open referral. `warning`: what is wrong with it and why, empty where nothing is."""

    title: str
    status: str
    warning: str
    because: str
    terms: Sequence[Term]


class ClosedWords(NamedTuple):
    """A referral with which nothing is to be done any more."""

    title: str
    told: str


class PlanWords(NamedTuple):
    """A plan with what is wanted and what is done."""

    title: str
    told: str
    detail: str
    goals: Sequence[Term]
    activities: Sequence[Term]


class PlansWords(NamedTuple):
    """Plans in force, goals that no plan has, and what was planned before."""

    plans: Sequence[PlanWords]
    goals: Sequence[Term]
    before: Sequence[PlanWords]


class AskedWords(NamedTuple):
    """A question with its latest answer; `before`: the answers that it had earlier."""

    question: str
    answer: str
    told: str
    before: Sequence[Term]


def open_referrals(referrals: Sequence[ReferralOut], now: datetime) -> list[ReferralWords]:
    """Those with something left to do: the soonest due first, then those without a time."""
    todo = [one for one in referrals if one.next_action]
    ordered = sorted(todo, key=lambda one: (one.due is None, one.due or now))
    return [_referral(one, now) for one in ordered]


def closed_referrals(referrals: Sequence[ReferralOut]) -> list[ClosedWords]:
    """Those with nothing left to do, in the order given."""
    return [_closed(one) for one in referrals if not one.next_action]


def _referral(one: ReferralOut, now: datetime) -> ReferralWords:
    contact = one.last_contact
    by = f", {party(one.next_by)}" if one.next_by else ""
    terms = [
        Term("Who has it now", party(one.owner)),
        Term("What happens next", f"{ACTIONS.get(one.next_action or '', NOT_SAID)}{by}"),
        Term("By when", words.moment(one.due) if one.due else NOT_SAID),
        Term("Last contact", f"{words.moment(contact.at)} ({contact.how})" if contact else "None"),
        Term("Sent", _sent(one)),
        Term("Priority", one.priority.capitalize()) if one.priority else None,
    ]
    return ReferralWords(
        one.what_for or "Referral",
        _status(one.status),
        *_warning(one, now),
        [term for term in terms if term],
    )


def _warning(one: ReferralOut, now: datetime) -> tuple[str, str]:
    if one.is_silent:
        return "Silent handoff", "Nobody has answered within the time for it."
    if one.due is not None and one.due < now:
        return "Overdue", "What happens next should have happened."
    return "", ""


def _sent(one: ReferralOut) -> str:
    """ "3 March 2026, 9:00am by Practice to Podiatry"."""
    at = words.moment(one.sent_at) if one.sent_at else "Not sent yet"
    by = f" by {party(one.requester)}" if one.requester else ""
    to = f" to {party(one.receiver)}" if one.receiver else ""
    return f"{at}{by}{to}"


def party(one: PartyOut | None) -> str:
    """A name with its code where both are known."""
    if one is None:
        return NOBODY
    if one.name and one.code:
        return f"{one.name} ({one.code})"
    return one.name or one.code or NOT_SAID


def _status(status: str) -> str:
    return _STATUS.get(status, words.spaced(status).capitalize())


def _closed(one: ReferralOut) -> ClosedWords:
    at = f" on {words.day(london_date(one.closed_at))}" if one.closed_at else ""
    outcome = f": {one.outcome}" if one.outcome else ""
    return ClosedWords(one.what_for or "Referral", f"{_status(one.status)}{at}{outcome}")


def plans(found: PlansOut) -> PlansWords:
    """What is planned with the person, and what was."""
    return PlansWords(
        [_plan(plan) for plan in found.plans if plan.in_force],
        [_goal(goal) for goal in found.goals],
        [_plan(plan) for plan in found.plans if not plan.in_force],
    )


def _plan(plan: PlanOut) -> PlanWords:
    since = f"since {words.day(london_date(plan.since))}" if plan.since else ""
    until = f"until {words.day(london_date(plan.until))}" if plan.until else ""
    status = "" if plan.in_force else words.spaced(plan.status or "")
    told = filter(None, (status, since, until, plan.author, plan.source))
    return PlanWords(
        plan.title,
        ", ".join(told),
        plan.detail or "",
        [_goal(goal) for goal in plan.goals],
        [_activity(activity) for activity in plan.activities],
    )


def _goal(goal: GoalOut) -> Term:
    due = f"by {partial_day(goal.due)}" if goal.due else ""
    said = filter(None, (goal.achievement or words.spaced(goal.status or ""), due))
    return Term(goal.words, ", ".join(said))


def _activity(activity: ActivityOut) -> Term:
    return Term(
        activity.words,
        ", ".join(filter(None, (words.spaced(activity.status or ""), activity.who))),
    )


def asked(questions: Sequence[QuestionOut]) -> list[AskedWords]:
    """What need not be asked again, as the record orders it; About me stands by itself."""
    return [_asked(question) for question in questions if heading_of(question.words) is None]


def _asked(question: QuestionOut) -> AskedWords:
    latest, *before = question.answers
    return AskedWords(
        question.words,
        latest.words,
        _told(latest.at, latest.author, latest.source),
        [Term(one.words, _told(one.at, one.author, one.source)) for one in before],
    )


def _told(at: datetime, author: str | None, source: str) -> str:
    return ", ".join(filter(None, (words.day(london_date(at)), author, source)))
