"""An original is made readable, and is still what was sent."""

import json

from hypothesis import given
from hypothesis import strategies as st

from services.pages.stay_words import indented

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES)
def test_it_says_the_same(value: object) -> None:
    for sent in (
        json.dumps(value),
        json.dumps(value, indent=3),
        json.dumps(value, ensure_ascii=False),
    ):
        assert json.loads(indented(sent)) == value


def test_a_number_keeps_its_digits_and_an_empty_list_its_line() -> None:
    sent = '{"value":1.10,"none":[],"in":{"a":[1,{}]}}'
    assert indented(sent).splitlines() == [
        "{",
        '  "value": 1.10,',
        '  "none": [],',
        '  "in": {',
        '    "a": [',
        "      1,",
        "      {}",
        "    ]",
        "  }",
        "}",
    ]
