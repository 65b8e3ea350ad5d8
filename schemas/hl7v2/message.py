"""One HL7 v2 message, split no further than somebody asks."""

import re
from collections.abc import Iterator
from functools import lru_cache

from schemas.hl7v2.batch import HEADER, NotHl7v2, texts
from schemas.hl7v2.escapes import NEVER, unescaped

__all__ = ["Message", "NotHl7v2", "Segment", "messages_in", "parse"]

DEFAULT_SEPARATORS = "|^~\\&"
_SEPARATORS = len(DEFAULT_SEPARATORS)
# A sender that forgot to double its backslash: the other three are where they always are.
_WITHOUT_ESCAPE = "^~&"
_NULL = '""'
_ENCODING_CHARACTERS = 2
_HEADERS = frozenset({HEADER, "BHS", "FHS"})
_LINE = re.compile(r"[^\r\n]*")


class Segment:
    """One line of a message. Fields, components and repetitions count from 1, as in HL7's tables.

    What is not there is an empty text; HL7's `""` (delete what you hold) is one too.
    `separators`: field, component, repetition, escape, subcomponent, and truncation where chosen.
    """

    __slots__ = ("_fields", "name", "separators")

    def __init__(self, line: str, separators: str) -> None:
        fields = line.split(separators[0])
        self.name = fields[0].rstrip()
        if self.name in _HEADERS:
            fields.insert(1, separators[0])
        self._fields = fields
        self.separators = separators

    def field(self, number: int) -> str:
        """The whole field as it is written, escapes and all."""
        fields = self._fields
        return fields[number] if number < len(fields) else ""

    def repeats(self, number: int) -> list[str]:
        """Each repetition of a field, as it is written; none where the field is empty."""
        said = self.field(number)
        if not said or self._is_separators(number):
            return [said] if said else []
        return said.split(self.separators[2])

    def text(self, number: int, component: int = 1, part: int = 1) -> str:
        """One subcomponent of the first repetition, unescaped and without spaces around it."""
        said = self.field(number)
        if not said or (number <= _ENCODING_CHARACTERS and self._is_separators(number)):
            return said
        return self.part_of(said.partition(self.separators[2])[0], component, part)

    def components(self, repeat: str, count: int) -> list[str]:
        """So many components of a repetition, as they are written; empty where it has fewer."""
        found = repeat.split(self.separators[1], count)[:count]
        return found + [""] * (count - len(found))

    def part_of(self, repeat: str, component: int = 1, part: int = 1) -> str:
        """One subcomponent of a repetition, or of one of its components, unescaped."""
        separators = self.separators
        # The first is asked for most: a partition costs half of a call.
        first = repeat.partition(separators[1])[0]
        said = first if component == 1 else _at(repeat, separators[1], component)
        if not said:
            return ""
        first = said.partition(separators[4])[0]
        said = (first if part == 1 else _at(said, separators[4], part)).strip()
        if separators[3] in said:
            return unescaped(said, separators)
        return "" if said == _NULL else said

    def _is_separators(self, number: int) -> bool:
        """MSH-1 and MSH-2 are the separators themselves: nothing in them is separated."""
        return number <= _ENCODING_CHARACTERS and self.name in _HEADERS


def _at(text: str, separator: str, number: int) -> str:
    """The part of a text with that number, from 1; empty where it has fewer."""
    parts = text.split(separator, number)
    return parts[number - 1] if number <= len(parts) else ""


class Message:
    """A message by its segments. `text` is all of it, verbatim but for what transport adds."""

    __slots__ = ("_at", "_lines", "_split", "header", "separators", "text")

    def __init__(self, text: str) -> None:
        """Of a text that is one message. Raises NotHl7v2 where its separators cannot be."""
        self.text, self.separators = text, separators_of(text)
        separators = self.separators
        lines = text.replace("\n", "\r").split("\r")
        self._lines = [line for said in lines if (line := said.strip())]
        self._at: dict[str, list[int]] = {}
        for at, line in enumerate(self._lines):
            name = line.partition(separators[0])[0].rstrip()
            self._at.setdefault(name, []).append(at)
        self._split: dict[int, Segment] = {}
        self.header = self._segment(0)

    def __iter__(self) -> Iterator[Segment]:
        return map(self._segment, range(len(self._lines)))

    def _segment(self, at: int) -> Segment:
        found = self._split.get(at)
        if found is None:
            found = self._split[at] = Segment(self._lines[at], self.separators)
        return found

    def segments(self, name: str) -> Iterator[Segment]:
        """Every segment of that name, in order. Only these are split."""
        return map(self._segment, self._at.get(name, ()))

    def first(self, name: str) -> Segment:
        """The first segment of that name; an empty one where there is none."""
        at = self._at.get(name)
        return self._segment(at[0]) if at else Segment(name, self.separators)

    def has(self, name: str) -> bool:
        return name in self._at

    def groups(self, opening: str, names: frozenset[str]) -> list[list[Segment]]:
        """Runs of the segments in `names`, each begun by one called `opening`, in order."""
        begins = self._at.get(opening, [])
        if not begins:
            return []
        others = [at for name in names for at in self._at.get(name, ()) if at > begins[0]]
        found: list[list[Segment]] = []
        for at in sorted(begins + others):
            segment = self._segment(at)
            if segment.name == opening:
                found.append([segment])
            else:
                found[-1].append(segment)
        return found

    def lines(self) -> list[str]:
        """The segments as they are written, without blank lines and the spaces around them."""
        return self._lines

    @property
    def kind(self) -> str:
        """Message code and trigger: `ADT^A01`. Without one, `ADT`; without any, empty.

        The trigger of an ADT message is also in EVN-1, and in the oldest ones only there.
        """
        header = self.header
        code, trigger = header.text(9, 1).upper(), header.text(9, 2).upper()
        if not trigger and code in {"", "ADT"}:
            trigger = self.first("EVN").text(1).upper()
            code = code or ("ADT" if trigger else "")
        return f"{code}^{trigger}" if trigger else code

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.text(10)


@lru_cache(maxsize=1)
def parse(text: str) -> Message:
    """The one message in a text. Raises NotHl7v2 with the path where it is none, or several.

    The last one is kept: of each message several things are read, one after the other.
    """
    found = messages_in(text)
    if len(found) > 1:
        raise NotHl7v2("MSH", f"one message is wanted, here are {len(found)}")
    return found[0]


def messages_in(text: str) -> list[Message]:
    """The messages of a text: one, or those of a batch file, in order, at least one.

    Raises NotHl7v2 with the path of the problem.
    """
    return [Message(one) for one in texts(text)]


def separators_of(text: str) -> str:
    """The separators that MSH-1 and MSH-2 choose. Raises NotHl7v2 where they cannot be.

    Source: HL7 v2.8, chapter 2.5.4; the sixth, for truncated values, is of 2.7 and later.
    """
    field = text[len(HEADER) : len(HEADER) + 1]
    if not field or _is_no_sign(field):
        raise NotHl7v2("MSH-1", "no field separator")
    found = _LINE.match(text, len(HEADER) + 1)
    chosen = found[0].partition(field)[0].strip() if found else ""
    return _separators(field + chosen[:_SEPARATORS])


@lru_cache(maxsize=64)
def _separators(chosen: str) -> str:
    if chosen[1:] == _WITHOUT_ESCAPE:
        chosen = chosen[0] + DEFAULT_SEPARATORS[1:]
    if len(set(chosen)) < len(chosen) or any(map(_is_no_sign, chosen)):
        raise NotHl7v2("MSH-2", "the encoding characters must be different signs")
    # What is not chosen is not used, unless it is: then it means what it means everywhere.
    for usual in DEFAULT_SEPARATORS[len(chosen) :]:
        chosen += NEVER if usual in chosen else usual
    return chosen


def _is_no_sign(character: str) -> bool:
    return character.isalnum() or character.isspace() or character == NEVER
