"""What the page of an explained figure says, worked out by hand."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from schemas.measures import MEASURES
from services.operations.explained_models import Explained
from services.pages import explained_words
from services.pages.explained_words import ExplainedWords
from tests.unit.pages.test_measure import answer

READMITTED = MEASURES["readmissions_30d"]
FIGURES = {"value": 0.25, "numerator": 10, "denominator": 40}
EVENT = str(UUID(int=7))


def explained(**more: Any) -> ExplainedWords:
    """The page of a share of 10 by 40 stays."""
    behind = [
        {
            "figure": name,
            "stays": stays,
            "href": f"/api/measures/readmissions_30d/stays?figure={name}",
        }
        for name, stays in (("value", 40), ("numerator", 10), ("denominator", 40))
    ]
    told = {
        "answer": answer("readmissions_30d", None, [], figures=FIGURES),
        "behind": behind,
        "doubts": [],
        "changed": None,
    }
    found = Explained.model_validate(told | more)
    return explained_words.explained(READMITTED, found, "Hospital beds, now")


def test_each_count_leads_to_its_own_stays() -> None:
    assert [tuple(one) for one in explained().behind] == [
        ("Counted", "10 stays", "/measures/readmissions_30d/stays?figure=numerator"),
        ("Out of", "40 stays", "/measures/readmissions_30d/stays?figure=denominator"),
    ]


def test_what_counts_no_stay_leads_nowhere() -> None:
    behind = [{"figure": "numerator", "stays": 0, "href": "/api/measures/readmissions_30d/stays"}]
    assert tuple(explained(behind=behind).behind[0]) == ("Counted", "None", "")


def test_few_stays_are_not_told() -> None:
    behind = [
        {"figure": "numerator", "stays": None, "href": "/api/measures/readmissions_30d/stays"}
    ]
    said = explained(behind=behind, doubts=[{"flag": "conflicting", "stays": None}])
    assert said.behind[0].stays == "Hidden"
    assert [tuple(doubt)[:2] for doubt in said.doubts] == [
        ("The person is in two beds at once", "Hidden")
    ]


def test_what_changed_it_last_leads_to_what_was_sent() -> None:
    changed = {
        "known_at": datetime(2026, 11, 25, 12, 7, tzinfo=UTC),
        "event_id": EVENT,
        "kind": "ADT^A03",
        "source": "ZT1",
        "recorded": datetime(2026, 11, 25, 12, 5, tzinfo=UTC),
        "received": datetime(2026, 11, 25, 12, 6, tzinfo=UTC),
    }
    said = explained(changed=changed)
    assert said.changed == (
        "ADT^A03 from ZT1, written 25 November 2026, 12:05pm, received 25 November 2026, 12:06pm,"
        " counted since 25 November 2026, 12:07pm"
    )
    assert said.event == f"/events/{EVENT}"
    assert explained().changed == ""


def test_what_was_told_then_stands_beside_what_is_known_now() -> None:
    since = {
        "as_of": datetime(2026, 11, 26, 9, tzinfo=UTC),
        "value": 0.3,
        "figures": {"value": 0.3, "numerator": 12, "denominator": 40},
        "stays": 2,
        "events": [EVENT],
    }
    said = explained(restated=since).since
    assert said is not None
    assert [(row.name, [cell.text for cell in row.cells]) for row in said.rows] == [
        ("Figure", ["25%", "30%"]),
        ("Counted, stays", ["10", "12"]),
        ("Out of, stays", ["40", "40"]),
    ]
    assert said.stays == "2 stays"
    assert said.events == [f"/events/{EVENT}"]
