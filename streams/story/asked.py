"""What a person has been asked, what they answered, by whom and when: so that nobody asks again.

Two items are one question where they share a code, or their words, or their place in one form.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from schemas.about_me import plain
from schemas.fhir.elements import codes, reference_text, text, value_text, values
from schemas.times import moment
from streams.story.fact import Fact, in_order

Resource = dict[str, Any]

KINDS: Final = ("QuestionnaireResponse",)
# How published forms write a code into a linkId: `SCT/27113001`, `LN/41950-7`.
CODED: Final = {
    "SCT": "http://snomed.info/sct",
    "LN": "http://loinc.org",
    "LOINC": "http://loinc.org",
    "SNOMED": "http://snomed.info/sct",
}


class Answer(NamedTuple):
    """An answer as it was given once, in words, by whom it was written down."""

    words: str
    at: datetime
    author: str | None
    source: str
    sector: str
    event_id: str


class Question(NamedTuple):
    """A question with every answer, the latest first. `keys`: by what it is known again."""

    words: str
    answers: tuple[Answer, ...]
    keys: frozenset[str]


class _Item(NamedTuple):
    words: str
    keys: frozenset[str]
    answer: Answer


def asked_of(facts: Iterable[Fact]) -> list[Question]:
    """Every question that has an answer, the one answered latest first.

    What is struck through was not asked of this person.
    """
    items = [item for fact in in_order(facts) if not fact.struck for item in _items(fact)]
    groups = _grouped(items)
    return sorted(map(_question, groups), key=lambda q: (q.answers[0].at, q.words), reverse=True)


def already_asked(questions: Iterable[Question], words: str) -> list[Question]:
    """The questions that are this one: by its words, or by a code or linkId of it."""
    asked = {f"text:{plain(words)}", f"code:{words.strip()}", f"link:{words.strip()}"}
    return [question for question in questions if question.keys & asked]


def _items(fact: Fact) -> Iterator[_Item]:
    if fact.event.kind not in KINDS:
        return
    for item, said, keys in answered(fact.resource):
        words = text(item.get("text")) or text(item.get("linkId"))
        yield _Item(words, keys, _answer(fact, said))


def answered(response: Resource) -> Iterator[tuple[Resource, str, frozenset[str]]]:
    """Each item of a response that has an answer, at any depth, in order of depth.

    With its answers in words, and by what its question is known again.
    """
    form = text(response.get("questionnaire")).partition("|")[0]
    waiting = list(values(response, "item"))
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, dict):
            continue
        said = "; ".join(dict.fromkeys(filter(None, map(value_text, values(item, "answer")))))
        if said:
            yield item, said, frozenset(_keys(item, form))
        waiting += [*values(item, "item"), *values(item, "answer.item")]


def _answer(fact: Fact, said: str) -> Answer:
    people = (*values(fact.resource, "author"), *values(fact.resource, "source"))
    names = (reference_text(one, fact.resource) for one in people)
    return Answer(
        said,
        moment(fact.resource.get("authored")) or fact.event.recorded,
        next(filter(None, names), None),
        fact.event.source,
        fact.event.sector,
        fact.event.id,
    )


def _keys(item: Resource, form: str) -> Iterator[str]:
    """By what a question is known again: codes, its words, its place in a form that has a name."""
    link, words = text(item.get("linkId")), plain(text(item.get("text")))
    prefix, _, code = link.partition("/")
    if prefix in CODED and code:
        yield f"code:{CODED[prefix]}|{code}"
    definition = text(item.get("definition"))
    if definition:
        yield f"code:{definition}"
    for extension in values(item, "extension"):
        for concept in (extension.get("valueCodeableConcept"), {"coding": [_coding(extension)]}):
            yield from (f"code:{system}|{code}" for system, code in sorted(codes(concept)))
    if words:
        yield f"text:{words}"
    if link and form:
        yield f"link:{form}#{link}"


def _coding(extension: Resource) -> Resource:
    coding = extension.get("valueCoding")
    return coding if isinstance(coding, dict) else {}


def _grouped(items: Iterable[_Item]) -> list[list[_Item]]:
    """Items that share a key, through others too, together."""
    group_of: dict[str, int] = {}
    groups: dict[int, list[_Item]] = {}
    for number, item in enumerate(items):
        touched = sorted({group_of[key] for key in item.keys if key in group_of})
        groups[number] = [one for group in touched for one in groups.pop(group)] + [item]
        for one in groups[number]:
            group_of.update(dict.fromkeys(one.keys, number))
    return list(groups.values())


def _question(items: list[_Item]) -> Question:
    latest = sorted(
        items, key=lambda item: (item.answer.at, item.answer.event_id, item.words), reverse=True
    )
    answers = tuple(dict.fromkeys(item.answer for item in latest))
    return Question(latest[0].words, answers, frozenset().union(*(item.keys for item in items)))
