"""What a person says of themselves, in a QuestionnaireResponse or a Composition.

The profile: a QuestionnaireResponse with one item for each heading, or a Composition with one
section for each (within a section called About me, or by themselves). A heading is recognised by
its words, whoever wrote them and in whichever order (`schemas.about_me`).
"""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, Final

from schemas.about_me import Heading, heading_of, is_title
from schemas.fhir.elements import concept_text, text, value_text, values

Resource = dict[str, Any]

KINDS: Final = frozenset({"QuestionnaireResponse", "Composition"})
# One heading may stand in any form; two are an About me.
ENOUGH: Final = 2


def own_words(kind: str, resource: Resource) -> dict[Heading, str]:
    """What a resource of that type tells under each heading; empty where it is no About me."""
    said = dict(_said(resource)) if kind in KINDS else {}
    enough = len(said) >= ENOUGH or (said and _is_called_so(resource))
    return {heading: said[heading] for heading in Heading if heading in said} if enough else {}


def _is_called_so(resource: Resource) -> bool:
    said = (text(resource.get("questionnaire")), text(resource.get("title")))
    titles = (text(section.get("title")) for section in _sections(resource))
    return any(map(is_title, (*said, concept_text(resource.get("type")), *titles)))


def _said(resource: Resource) -> Iterator[tuple[Heading, str]]:
    """Each heading with its words; of two items under one heading, both."""
    together: dict[Heading, list[str]] = {}
    for heading, words in (*_answers(resource), *_paragraphs(resource)):
        if words not in together.setdefault(heading, []):
            together[heading].append(words)
    for heading, parts in together.items():
        yield heading, "\n".join(parts)


def _answers(resource: Resource) -> Iterator[tuple[Heading, str]]:
    waiting = list(values(resource, "item"))
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, dict):
            heading = heading_of(text(item.get("text")), text(item.get("linkId")))
            words = "\n".join(filter(None, map(value_text, values(item, "answer"))))
            if heading and words:
                yield heading, words
            waiting += [*values(item, "item"), *values(item, "answer.item")]


def _sections(resource: Resource) -> Iterator[Resource]:
    waiting = list(values(resource, "section"))
    while waiting:
        section = waiting.pop(0)
        if isinstance(section, dict):
            yield section
            waiting += list(values(section, "section"))


def _paragraphs(resource: Resource) -> Iterator[tuple[Heading, str]]:
    for section in _sections(resource):
        heading = heading_of(text(section.get("title")), concept_text(section.get("code")))
        narrative = section.get("text")
        words = words_of(narrative.get("div")) if isinstance(narrative, dict) else ""
        if heading and words:
            yield heading, words


class _Words(HTMLParser):
    """The text of a narrative, a line for each block."""

    BLOCKS = frozenset({"p", "div", "li", "tr", "br", "h1", "h2", "h3", "h4", "h5", "h6"})

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in self.BLOCKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def words_of(div: object) -> str:
    """A narrative's words without its marks, a line for each paragraph; empty for none."""
    reader = _Words()
    reader.feed(text(div))
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.said).splitlines())
    return "\n".join(line for line in lines if line)
