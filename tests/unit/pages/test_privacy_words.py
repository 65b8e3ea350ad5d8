"""What the pages of privacy say: of looks, of broken glass, of the seals, of a search."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest

from schemas.measure import Dimension
from services.access.relationships import Relationship
from services.access.rules import SENT_IT
from services.access.viewer import Role
from services.access.views import VIEWS
from services.pages import audit_search_words, look_words, privacy_words, who_looked_words
from services.pages.forms import Wrong
from services.pages.privacy_words import Answers
from services.record.audit_models import AuditLook, AuditPage, AuditSearch
from services.record.broken_glass_models import BrokenGlassOut, BrokenGlassPage, ReviewIn
from services.record.models import AccessLogPage, Look

AT = datetime(2026, 7, 1, 14, 5, tzinfo=UTC)
NAMES = {Dimension.PROVIDER: {"RX1": "Harbour Hospital"}}
STAY = ["current-or-recent-stay"]


def look(minutes: int = 0, **said: Any) -> Look:
    told = {"viewer": "u1", "name": "Priya", "role": "clinician", "org": "RX1", "view": "timeline"}
    told |= {"allowed": True, "because": STAY, "at": AT - timedelta(minutes=minutes)}
    return Look.model_validate(told | said)


def log(*looks: Look, own: bool = False) -> who_looked_words.LogWords:
    found = AccessLogPage(looks=list(looks), next=None)
    return who_looked_words.log(found, NAMES, "/p", "", own=own)


def test_a_look_says_who_from_where_at_what_when_and_why_they_could() -> None:
    (day,) = log(look()).days
    (told,) = day.looks
    assert day.name == "Wednesday 1 July 2026"
    assert (told.at, told.who, told.role) == ("3:05pm", "Priya", "Clinician")
    assert told.place == "Harbour Hospital (RX1)"
    assert told.what == "Timeline"
    assert told.why == (
        "They could, because the person has been in their care, in a stay or at a visit."
    )
    assert told.each == []


def test_looks_that_are_alike_are_one_line_with_each_time_behind_it() -> None:
    (day,) = log(look(), look(1, view="stays"), look(20), look(20, view="person")).days
    (told,) = day.looks
    assert told.at == "2:45pm to 3:05pm, 4 times"
    assert told.what == "Personal details and whereabouts, Timeline, Stays and visits"
    assert [once.at for once in told.each] == ["3:05pm", "3:04pm", "2:45pm", "2:45pm"]


@pytest.mark.parametrize(
    "other",
    [
        {"viewer": "u2"},
        {"org": "RX2"},
        {"role": "care-coordinator"},
        {"allowed": False, "because": []},
        {"because": ["break-glass"]},
    ],
)
def test_looks_that_are_not_alike_are_lines_of_their_own(other: dict[str, Any]) -> None:
    (day,) = log(look(), look(1, **other)).days
    assert len(day.looks) == 2


def test_days_are_londons() -> None:
    days = log(look(), look(15 * 60 + 4), look(15 * 60 + 6)).days
    assert [day.stamp for day in days] == ["2026-07-01", "2026-06-30"]


def test_who_was_refused_and_who_broke_the_glass_is_marked() -> None:
    refused = log(look(allowed=False, because=[])).days[0].looks[0]
    assert (refused.tag, refused.why) == ("Refused", look_words.REFUSED)
    broke = log(look(because=["break-glass"])).days[0].looks[0]
    assert (broke.tag, broke.why) == ("Broken glass", "They could, because they broke the glass.")
    asked = log(look(view="break-glass", because=[])).days[0].looks[0]
    assert asked.tag == "Broken glass"
    assert "The privacy officer asks them why" in asked.why
    both = log(look(because=["break-glass", "care-team"])).days[0].looks[0]
    assert both.tag == ""


def test_a_person_reads_of_themself_as_you_and_of_others_without_their_sign_in() -> None:
    mine = look(role="person", org="ZP1", because=["self"])
    yours, theirs = log(mine, look(1), own=True).days[0].looks
    assert (yours.who, yours.place, yours.why) == ("You", "", "")
    assert (theirs.who, theirs.user) == ("Priya", "")
    assert theirs.why == (
        "They could, because you have been in their care, in a stay or at a visit."
    )
    assert log(mine).days[0].looks[0].role == "The person"


def test_a_look_from_before_names_were_kept_is_told_by_its_user() -> None:
    assert log(look(name=None)).days[0].looks[0].who == "u1"


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("code", [*map(str, Relationship), SENT_IT])
def test_each_reason_has_its_words(code: str, own: bool) -> None:
    said = look_words.why("clinician", "timeline", [code], allowed=True, own=own)
    assert said.startswith("They could, because ")
    assert "role" not in said
    assert not own or "the person" not in said


@pytest.mark.parametrize("role", Role)
def test_each_role_has_its_words(role: Role) -> None:
    assert "-" not in look_words.role(role)
    assert look_words.why(role, "access-log", [], allowed=True)


def test_what_is_not_known_here_is_called_by_its_code() -> None:
    assert look_words.role("night-porter") == "Night porter"
    assert look_words.views(["another-look"]) == "Another look"
    assert look_words.organisation("ZZ9", NAMES) == "ZZ9"


def glass(**said: Any) -> BrokenGlassOut:
    told: dict[str, Any] = {
        "break_glass_id": UUID(int=1),
        "person_id": UUID(int=2),
        "viewer": "u1",
        "name": "Priya",
        "role": "clinician",
        "org": "RX1",
        "reason": "emergency",
        "words": "Brought in",
        "known_at": AT,
        "until": AT + timedelta(hours=1),
        "reviewed_at": None,
        "reviewed_by": None,
        "finding": None,
        "review_words": None,
    }
    return BrokenGlassOut.model_validate(told | said)


def test_a_broken_glass_says_why_and_how_long_it_waits() -> None:
    named = glass().model_copy(update={"person_name": "Ada", "person_born": "1941-03-09"})
    line = privacy_words.glass(named, NAMES, AT + timedelta(hours=50))
    assert line.who == "Priya, Clinician, Harbour Hospital (RX1)"
    assert line.whose == "Ada, born 9 March 1941"
    assert (line.waits, line.is_late) == ("Waits for 2 days", False)
    assert privacy_words.glass(glass(), NAMES, AT + timedelta(days=7)).is_late
    assert privacy_words.glass(glass(), NAMES, AT).whose == "Name not known"


def test_what_was_reviewed_waits_no_more() -> None:
    done = glass(
        reviewed_at=AT, reviewed_by="officer", finding="not-justified", review_words="A neighbour"
    )
    line = privacy_words.glass(done, NAMES, AT + timedelta(days=30))
    assert (line.waits, line.is_late) == ("", False)
    assert line.found.startswith("Not justified: they had no reason to look. A neighbour (officer")


@pytest.mark.parametrize(
    ("waited", "said"),
    [(0.5, "less than an hour"), (1, "1 hour"), (47, "47 hours"), (48, "2 days"), (240, "10 days")],
)
def test_how_long_is_said_as_people_say_it(waited: float, said: str) -> None:
    assert privacy_words.age(timedelta(hours=waited)) == said


def test_a_list_of_broken_glass_counts_all_of_them() -> None:
    page = BrokenGlassPage(broken=[glass()], total=1, next=None)
    assert privacy_words.glass_list(page, {}, AT, "/p", reviewed=False).many == (
        "1 waits for a review"
    )
    more = BrokenGlassPage(broken=[glass()], total=1_200, next="abc")
    told = privacy_words.glass_list(more, {}, AT, "/p", reviewed=True)
    assert (told.many, told.following) == ("1,200 were reviewed", "/p?after=abc")


@pytest.mark.parametrize(
    ("finding", "said", "field"),
    [
        ("", "because", "finding"),
        ("guilty", "because", "finding"),
        ("justified", "", "words"),
        ("justified", "x" * 2_001, "words"),
        ("justified", "a\x00b", "words"),
    ],
)
def test_a_review_needs_a_finding_and_words(finding: str, said: str, field: str) -> None:
    wrong = privacy_words.review_of(Answers(finding, said))
    assert isinstance(wrong, privacy_words.Wrong)
    assert wrong.field == field


def test_a_review_is_what_was_filled_in() -> None:
    said = privacy_words.answers({"finding": "justified", "words": " They rang. "})
    found = privacy_words.review_of(said)
    assert isinstance(found, ReviewIn)
    assert (found.finding, found.text) == ("justified", "They rang.")
    assert [choice.selected for choice in privacy_words.choices("justified")] == [True, False]


@pytest.mark.parametrize(
    ("minutes", "faults", "warned"), [(0, 0, ""), (11, 0, "No seal"), (0, 2, "not as it was")]
)
def test_the_state_of_the_audit_warns_where_it_is_not_as_it_should_be(
    minutes: int, faults: int, warned: str
) -> None:
    now = AT + timedelta(minutes=minutes)
    said = privacy_words.seals(AT, 1, AT, faults, now)
    assert said.until == "3:05:00pm on 1 July 2026"
    assert said.waiting == "1 look waits"
    assert warned in said.warning
    assert bool(warned) == bool(said.warning)


def test_an_audit_that_was_never_checked_says_so() -> None:
    assert "Never checked" in privacy_words.seals(AT, 0, None, None, AT).checked


def asked(**said: str) -> dict[str, str]:
    return audit_search_words.asked(said)


def searched(**said: str) -> AuditSearch:
    found = audit_search_words.search(asked(**said), None, 50)
    assert isinstance(found, AuditSearch)
    return found


def test_an_empty_form_asks_for_every_look() -> None:
    assert searched() == AuditSearch()


def test_a_form_asks_for_whole_days_of_london() -> None:
    found = searched(**{"from": "2026-07-01", "to": "2026-07-01"})
    assert found.since == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert found.until == datetime(2026, 7, 1, 23, tzinfo=UTC)


def test_a_form_asks_by_whom_where_what_and_how_it_came_out() -> None:
    found = searched(viewer=" u1 ", org="rx1", view="stays", only="denied", number="999 000 0018")
    assert (found.viewer, found.org, found.view) == ("u1", "RX1", "stays")
    assert (found.denied, found.broken_glass) == (True, False)
    assert found.person is not None
    assert searched(only="broken-glass").broken_glass


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"number": "12"}, "number"),
        ({"name": "Ada"}, "born-day"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"to": "0001-01-01"}, "to"),
        ({"from": "2026-02-03", "to": "2026-02-02"}, "to"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(said: dict[str, str], field: str) -> None:
    found = audit_search_words.search(asked(**said), None, 50)
    assert isinstance(found, Wrong)
    assert found.field == field


def audit_look(**said: Any) -> AuditLook:
    told: dict[str, Any] = look().model_dump() | {
        "id": 1,
        "person_id": UUID(int=2),
        "person_name": "Ada",
        "request": "r1",
        "address": None,
    }
    return AuditLook.model_validate(told | said)


def test_a_result_says_who_whose_and_why() -> None:
    page = AuditPage(looks=[audit_look(), audit_look(person_id=None, view="measures")], next="abc")
    found = audit_search_words.result(page, NAMES)
    one, other = found.lines
    assert (found.many, found.after) == ("The newest 2 looks", "abc")
    assert (one.whose, one.href) == ("Ada", f"/people/{UUID(int=2)}/access-log")
    assert (other.whose, other.href) == ("Nobody in particular", "")
    assert audit_search_words.result(AuditPage(looks=[], next=None), {}).many == "Nothing found"


def test_a_file_names_no_person_and_no_formula_gets_out_of_it() -> None:
    text = audit_search_words.as_csv([audit_look(name="=cmd|' /C calc'!A0", viewer="-1+1")])
    head, row = csv.reader(StringIO(text))
    told = dict(zip(head, row, strict=True))
    assert (told["name"], told["user"]) == ("'=cmd|' /C calc'!A0", "'-1+1")
    assert told["person"] == str(UUID(int=2))
    assert "Ada" not in text
    assert audit_search_words.file_name(AT) == "looks-2026-07-01-1505.csv"


def test_every_view_can_be_asked_for() -> None:
    assert {option.value for option in audit_search_words.views("stays")} == {"", *VIEWS}
    assert [o.text for o in audit_search_words.only("denied") if o.selected] == [
        "Only those that were refused"
    ]
