"""One HL7 v2 message, split no further than somebody asks."""

import re
from collections.abc import Iterator

from schemas.hl7v2.escapes import unescaped

HEADER = "MSH"
BATCH = ("FHS", "BHS", "BTS", "FTS")
DEFAULT_SEPARATORS = "|^~\\&"
_SEPARATORS = len(DEFAULT_SEPARATORS)
_LINES = re.compile(r"[\r\n]+")
# What MLLP puts around a message, and what files begin and end with.
_AROUND = "\x0b\x1c\r\n\t \ufeff"


class NotHl7v2(Exception):
    """The text holds no message. `where` is the path of the problem, `text` what is wrong."""

    def __init__(self, where: str, text: str) -> None:
        super().__init__(text)
        self.where, self.text = where, text


class Segment:
    """One line of a message. Fields, components and repetitions count from 1, as in HL7's tables.

    What is not there is an empty text; HL7's `""` (delete what you hold) is one too.
    """

    __slots__ = ("_fields", "name", "separators")

    def __init__(self, line: str, separators: str) -> None:
        fields = line.split(separators[0])
        self.name = fields[0].strip()
        if self.name in {HEADER, "BHS", "FHS"}:
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
        return said.split(self.separators[2]) if said else []

    def text(self, number: int, component: int = 1, part: int = 1) -> str:
        """One subcomponent of the first repetition, unescaped and without spaces around it."""
        said = self.field(number)
        if not said:
            return ""
        return self.part_of(said.split(self.separators[2], 1)[0], component, part)

    def part_of(self, repeat: str, component: int = 1, part: int = 1) -> str:
        """One subcomponent of a repetition that `repeats` gave, unescaped."""
        components = repeat.split(self.separators[1])
        if component > len(components):
            return ""
        parts = components[component - 1].split(self.separators[4])
        said = parts[part - 1].strip() if part <= len(parts) else ""
        return "" if said == '""' else unescaped(said, self.separators)


class Message:
    """A message by its segments. `text` is all of it, verbatim but for what transport adds."""

    __slots__ = ("_lines", "_split", "separators", "text")

    def __init__(self, text: str, separators: str) -> None:
        self.text, self.separators = text, separators
        self._lines = [line for line in _LINES.split(text) if line.strip()]
        self._split: dict[int, Segment] = {}

    def __iter__(self) -> Iterator[Segment]:
        return map(self._segment, range(len(self._lines)))

    def _segment(self, at: int) -> Segment:
        found = self._split.get(at)
        if found is None:
            found = self._split[at] = Segment(self._lines[at].lstrip(), self.separators)
        return found

    def segments(self, name: str) -> Iterator[Segment]:
        """Every segment of that name, in order. Only these are split."""
        for at, line in enumerate(self._lines):
            if line.lstrip().startswith(name):
                found = self._segment(at)
                if found.name == name:
                    yield found

    def first(self, name: str) -> Segment:
        """The first segment of that name; an empty one where there is none."""
        return next(self.segments(name), None) or Segment(name, self.separators)

    def has(self, name: str) -> bool:
        return next(self.segments(name), None) is not None

    def groups(self, opening: str, names: frozenset[str]) -> list[list[Segment]]:
        """Runs of the segments in `names`, each begun by one called `opening`, in order."""
        found: list[list[Segment]] = []
        for segment in self:
            if segment.name == opening:
                found.append([segment])
            elif segment.name in names and found:
                found[-1].append(segment)
        return found

    def lines(self) -> list[str]:
        """The segments as they are written, without blank lines and the spaces around them."""
        return [line.strip() for line in self._lines]

    @property
    def header(self) -> Segment:
        return self._segment(0)

    @property
    def kind(self) -> str:
        """Message code and trigger: `ADT^A01`. Without one, `ADT`; without any, empty."""
        header = self.header
        code, trigger = header.text(9, 1), header.text(9, 2)
        return f"{code}^{trigger}" if trigger else code

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.text(10)


def parse(text: str) -> Message:
    """The one message in a text. Raises NotHl7v2 with the path where it is none, or several."""
    found = messages_in(text)
    if len(found) > 1:
        raise NotHl7v2("MSH", f"one message is wanted, here are {len(found)}")
    return found[0]


def messages_in(text: str) -> list[Message]:
    """The messages of a text: one, or those of a batch file, in order, at least one.

    Raises NotHl7v2 with the path of the problem.
    """
    text = text.strip(_AROUND)
    if not text.startswith((HEADER, *BATCH)):
        raise NotHl7v2("MSH", "does not begin with a message header (MSH)")
    if text.startswith(HEADER) and not _has_another(text):
        return [Message(text, _separators_of(text))]
    found = [Message(one, _separators_of(one)) for one in _apart(text)]
    if not found:
        raise NotHl7v2("MSH", "the batch holds no message")
    return found


def _has_another(text: str) -> bool:
    return any(f"{end}{name}" in text for end in ("\r", "\n") for name in (HEADER, *BATCH))


def _apart(text: str) -> Iterator[str]:
    """The text of each message of a batch, without the batch's own segments."""
    lines: list[str] = []
    for line in _LINES.split(text):
        stripped = line.lstrip(_AROUND)
        if stripped.startswith((HEADER, *BATCH)) and lines:
            yield "\r".join(lines)
            lines = []
        if stripped.startswith(BATCH):
            continue
        if stripped.startswith(HEADER) or lines:
            lines.append(stripped)
    if lines:
        yield "\r".join(lines)


def _separators_of(text: str) -> str:
    """The five separators that MSH-1 and MSH-2 choose. Raises NotHl7v2 where they cannot be."""
    field = text[3:4]
    if not field or field.isalnum() or field in "\r\n":
        raise NotHl7v2("MSH-1", "no field separator")
    chosen = re.split(r"[\r\n]", text[4:], maxsplit=1)[0].split(field, 1)[0].strip()
    separators = field + chosen[: _SEPARATORS - 1]
    # What is not chosen is not used, unless it is: then it means what it means everywhere.
    separators += DEFAULT_SEPARATORS[len(separators) :]
    if len(set(separators)) < _SEPARATORS or any(c.isalnum() or c in "\r\n" for c in separators):
        raise NotHl7v2("MSH-2", "the encoding characters must be different signs")
    return separators
