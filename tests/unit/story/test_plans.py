"""Plans with their goals and activities; documents with their corrections."""

from typing import Any

from hypothesis import given

from streams.story.documents import documents_of
from streams.story.fact import Fact
from streams.story.plans import plans_of
from tests.unit.story.stories import NOW, fact, message, shuffled

Json = dict[str, Any]


def plan(**elements: Any) -> Fact:
    return fact("CarePlan", **{"status": "active", "intent": "plan", "id": "c1", **elements})


def goal(words: str, **elements: Any) -> Fact:
    made = {"lifecycleStatus": "active", "description": {"text": words}, **elements}
    return fact("Goal", **{"id": "g1", **made})


def test_a_plan_has_its_goals_and_its_activities() -> None:
    detail = {"status": "in-progress", "description": "Walk to the shop"}
    inner = {
        "resourceType": "Goal",
        "id": "inner",
        "lifecycleStatus": "active",
        "description": {"text": "Sleep well"},
        "subject": {"reference": "Patient/p1"},
    }
    made = plan(
        title="Staying on my feet",
        goal=[{"reference": "Goal/g1"}, {"reference": "#inner"}],
        contained=[inner],
        activity=[{"detail": detail | {"performer": [{"display": "A Jones"}]}}],
    )
    due = [{"dueDate": "2026-05-01"}]
    held = [made, goal("No falls", target=due), goal("Read again", id="g2")]
    found = plans_of(held, NOW)
    (one,) = found.plans
    assert (one.title, one.in_force) == ("Staying on my feet", True)
    assert [(g.words, g.due) for g in one.goals] == [
        ("No falls", "1 May 2026"),
        ("Sleep well", None),
    ]
    assert [(a.words, a.status, a.who) for a in one.activities] == [
        ("Walk to the shop", "in-progress", "A Jones")
    ]
    assert [g.words for g in found.goals] == ["Read again"]


def test_plans_in_force_come_first() -> None:
    over = plan(id="c2", status="completed", title="old", day=9)
    ended = plan(id="c3", title="ended", period={"end": "2026-02-01"}, day=8)
    found = plans_of([over, ended, plan(title="now")], NOW)
    assert [(one.title, one.in_force) for one in found.plans] == [
        ("now", True),
        ("old", False),
        ("ended", False),
    ]


def test_what_is_struck_is_no_plan_and_no_goal() -> None:
    assert plans_of([plan(status="entered-in-error"), goal("x", gone=True)], NOW) == ((), ())


def letter(name: str, *, day: int = 1, replaces: str | None = None, **elements: Any) -> Fact:
    attached = {"contentType": "application/pdf", "url": f"Binary/{name}", "title": name}
    made: Json = {"status": "current", "content": [{"attachment": attached}], "description": name}
    if replaces:
        target = {"reference": f"DocumentReference/{replaces}"}
        made["relatesTo"] = [{"code": "replaces", "target": target}]
    return fact(
        "DocumentReference",
        day=day,
        id=name,
        date=f"2026-02-{day:02d}T09:00:00Z",
        **made,
        **elements,
    )


LETTERS = [
    letter("first", day=1),
    letter("second", day=2, replaces="first"),
    letter("third", day=3),
]


def test_a_document_says_what_it_is_and_where_it_lies() -> None:
    (found,) = documents_of([letter("first", type={"text": "Clinic letter"})])
    assert (found.title, found.kind, found.struck) == ("first", "Clinic letter", False)
    assert found.attachments == (("application/pdf", "first", "Binary/first"),)


def test_a_document_that_another_replaces_is_struck_and_says_by_which() -> None:
    third, second, first = documents_of(LETTERS)
    assert [third.struck, second.struck, first.struck] == [False, False, True]
    assert first.replaced_by == second.event_id


def test_documents_of_messages_are_among_them() -> None:
    about = "TXA|1|DS^Discharge summary|||||||8^KHAN^BEA|||D1"
    other = fact("Observation", status="final", code={"text": "Weight"})
    (found,) = documents_of([message("MDM^T02", about), other])
    assert (found.title, found.author) == ("Discharge summary", "BEA KHAN")


@given(shuffled(LETTERS))
def test_documents_depend_on_no_order(facts: list[Fact]) -> None:
    assert documents_of(facts) == documents_of(LETTERS)


PLANS = [plan(goal=[{"reference": "Goal/g1"}]), goal("No falls"), plan(id="c2", day=3)]


@given(shuffled(PLANS))
def test_plans_depend_on_no_order_and_no_repeats(facts: list[Fact]) -> None:
    assert plans_of(facts, NOW) == plans_of(PLANS, NOW)
