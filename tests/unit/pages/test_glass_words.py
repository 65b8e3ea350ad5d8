"""What the form that breaks the glass takes, and what is said of a broken one."""

from datetime import UTC, datetime

import pytest

from services.pages import glass_words
from services.pages.forms import Wrong
from services.pages.glass_words import NO_REASON, NO_TEXT, TOO_LONG, Asked
from services.record.broken_glass_models import BreakGlassIn, Broken, GlassReason


def test_a_reason_is_a_code_and_words() -> None:
    said = glass_words.asked({"reason": "emergency", "text": "  Found in the street \r\n"})
    assert glass_words.reason(said) == BreakGlassIn(
        reason=GlassReason.EMERGENCY, text="Found in the street"
    )


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (Asked(), [NO_REASON, NO_TEXT]),
        (Asked("emergency"), [NO_TEXT]),
        (Asked("curiosity", "I wondered"), [NO_REASON]),
        (Asked("emergency", "x" * 8_001), [TOO_LONG]),
    ],
)
def test_all_that_is_wrong_is_said_at_once_and_what_was_filled_in_stays(
    asked: Asked, wrong: list[Wrong]
) -> None:
    found = glass_words.reason(asked)
    assert found == wrong
    form = glass_words.form(asked, wrong, 60)
    assert (form.reason, form.text) == asked
    assert {form.wrong_reason, form.wrong_text} >= {one.text for one in wrong}


@pytest.mark.parametrize("blank", [" ", "\n", "\x00"])
def test_blanks_are_no_words(blank: str) -> None:
    assert glass_words.reason(glass_words.asked({"reason": "emergency", "text": blank})) == [
        NO_TEXT
    ]


def test_every_reason_that_there_is_can_be_chosen() -> None:
    offered = glass_words.form(Asked(), (), 60).reasons
    assert [one.value for one in offered] == [code.value for code in GlassReason]


@pytest.mark.parametrize(
    ("minutes", "said"), [(1, "1 minute"), (45, "45 minutes"), (60, "1 hour"), (120, "2 hours")]
)
def test_how_long_it_lasts_is_said_in_words(minutes: int, said: str) -> None:
    assert glass_words.lasts(minutes) == said


def test_a_broken_glass_says_until_when_in_london_and_why() -> None:
    until = datetime(2026, 7, 1, 14, 5, tzinfo=UTC)
    glass = Broken(reason=GlassReason.SAFEGUARDING, words="Bruises", until=until)
    assert glass_words.broken(glass) == ("3:05pm", "Safeguarding", "Bruises")
