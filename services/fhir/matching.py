"""Whether a resource is what a search asks for. Pure. Source: FHIR R4, search.html."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from schemas.fhir.elements import values
from services.fhir.parameters import How, Parameter
from services.fhir.spans import Bound, Span, spans_at

Resource = dict[str, Any]

_COMMA: Final = re.compile(r"(?<!\\),")
_ESCAPE: Final = re.compile(r"\\([\\,|$])")


class Token(NamedTuple):
    """A code, with its system: None for any, empty for none."""

    system: str | None
    code: str


Value = Bound | Token | str


class Filter(NamedTuple):
    """One parameter of a search: a resource has to be `any_of` what it says."""

    parameter: Parameter
    any_of: tuple[Value, ...]

    def takes(self, resource: Resource) -> bool:
        """Whether the resource is so."""
        if self.parameter.how is How.DATE:
            return self.takes_any(spans_at(resource, self.parameter.paths))
        found = [one for path in self.parameter.paths for one in values(resource, path)]
        return any(_is_so(one, found) for one in self.any_of)

    def takes_any(self, spans: Iterable[Span]) -> bool:
        """Whether one of these dates is so."""
        bounds = [one for one in self.any_of if isinstance(one, Bound)]
        return any(bound.holds(span) for span in spans for bound in bounds)


def _is_so(asked: Value, found: Iterable[object]) -> bool:
    """Whether a code, or a text that begins with the words, is among the elements."""
    if isinstance(asked, Token):
        return any(_fits(asked, token) for element in found for token in _tokens_in(element))
    return isinstance(asked, str) and any(
        one.casefold().startswith(asked) for one in found if isinstance(one, str)
    )


def alternatives(said: str) -> list[str]:
    """What stands between the commas that nobody escaped."""
    return _COMMA.split(said)


def token_of(said: str) -> Token:
    """`system|code`, `|code`, `code` or `system|` as what it asks."""
    system, found, code = said.rpartition("|")
    return Token(_plain(system) if found else None, _plain(code))


def text_of(said: str) -> str:
    """The words that a string begins with, whatever their case."""
    return _plain(said).casefold()


def _plain(said: str) -> str:
    return _ESCAPE.sub(r"\1", said)


def _fits(asked: Token, found: Token) -> bool:
    """A code that an element may only be one of has its system without saying so."""
    is_system = asked.system is None or found.system is None or asked.system == found.system
    return is_system and (asked.code == found.code or (not asked.code and bool(asked.system)))


def _tokens_in(element: object) -> Iterator[Token]:
    """The codes of a CodeableConcept, a Coding, an Identifier, or of a code alone."""
    if isinstance(element, bool):
        yield Token(None, "true" if element else "false")
    elif isinstance(element, str):
        yield Token(None, element)
    elif isinstance(element, dict):
        for one in (element, *(c for c in values(element, "coding") if isinstance(c, dict))):
            code = one.get("code", one.get("value"))
            if isinstance(code, str):
                yield Token(str(one.get("system", "")), code)
