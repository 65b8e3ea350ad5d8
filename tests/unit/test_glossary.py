"""The glossary defines each term once, names its source, and knows every measure and field."""

import re
from collections import Counter
from pathlib import Path

import pytest

from schemas.events import CareEvent
from schemas.measure import Dimension, Measure
from schemas.measures import MEASURES

GLOSSARY = Path(__file__).parents[2] / "schemas" / "GLOSSARY.md"
ROW = re.compile(r"^\| (?P<term>.+?) \| (?P<meaning>.+) \| (?P<source>[^|]+) \|$")


def terms() -> dict[str, re.Match[str]]:
    return {row["term"]: row for row in rows()}


def rows() -> list[re.Match[str]]:
    found = map(ROW.match, GLOSSARY.read_text().splitlines())
    return [row for row in found if row and row["term"] != "term"]


def test_each_term_is_defined_once_in_a_sentence_or_a_few_with_its_source() -> None:
    assert set(Counter(row["term"] for row in rows()).values()) == {1}
    for term, row in terms().items():
        assert row["meaning"].endswith("."), term
        assert len(row["meaning"].split(". ")) <= 3, term
        assert row["source"].strip(), term


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES.keys())
def test_every_measure_is_there_with_its_unit(measure: Measure) -> None:
    assert measure.unit in terms()[f"`{measure.id}`"]["meaning"]


def test_no_measure_is_there_that_the_catalogue_lacks() -> None:
    assert {term.strip("`") for term in terms() if term.startswith("`")} == MEASURES.keys()


def test_every_dimension_is_a_term() -> None:
    assert {dimension.value for dimension in Dimension} <= terms().keys()


def test_the_words_of_a_care_event_are_terms() -> None:
    words = {name.partition("_")[0].rstrip("s") for name in CareEvent.__struct_fields__}
    plain = words - {"id", "kind", "resource"}
    assert plain <= {*terms()}
