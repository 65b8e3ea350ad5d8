"""A stay's facts, and the original of one, in words."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from schemas.events import CareEvent
from services.pages import words
from services.record.stay_events import StayEvent

Cell = dict[str, str]
_PARTS = re.compile(r'\[\s*\]|\{\s*\}|"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')


class StayWords(NamedTuple):
    """A stay, and its facts as rows of a table."""

    visit: str
    source: str
    head: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]


class OriginalWords(NamedTuple):
    """What a source published, made readable; nothing of it is left out or changed."""

    kind: str
    source: str
    recorded: str
    received: str
    form: str
    text: str


_HEAD = ("Fact", "Written by the source", "Came here", "Holds", "As it was sent")


def stay(source: str, visit: str, facts: Sequence[StayEvent]) -> StayWords:
    """What the page of a stay says."""
    kinds = {fact.event_id: fact.kind for fact in facts}
    return StayWords(
        visit, source, [{"text": text} for text in _HEAD], [_row(fact, kinds) for fact in facts]
    )


def _row(fact: StayEvent, kinds: dict[UUID, str]) -> list[Cell]:
    told = (
        fact.kind,
        words.to_the_second(fact.recorded),
        words.to_the_second(fact.received),
        _holds(fact, kinds),
    )
    link = {
        "text": "The original",
        "visuallyHiddenText": f"of {fact.kind}",
        "href": f"/events/{fact.event_id}",
    }
    return [*({"text": text} for text in told), link]


def _holds(fact: StayEvent, kinds: dict[UUID, str]) -> str:
    """Never by colour or a line through it alone."""
    if fact.undone_by is not None:
        return f"no, taken back by {kinds.get(fact.undone_by, 'a later fact')}"
    if fact.replaced_by is not None:
        return "no, a newer state stands for it"
    return "yes"


def original(event: CareEvent) -> OriginalWords:
    """What the page of an original says."""
    return OriginalWords(
        event.kind,
        event.source,
        words.to_the_second(event.recorded),
        words.to_the_second(event.received),
        "HL7 v2 message" if event.is_hl7v2 else "FHIR resource",
        _lines(event.text()) if event.is_hl7v2 else indented(bytes(event.resource).decode()),
    )


def _lines(message: str) -> str:
    """A segment a line: a carriage return alone begins none in a browser."""
    return message.replace("\r\n", "\n").replace("\r", "\n")


def indented(resource: str) -> str:
    """JSON with a line for each part; its texts and numbers are those that were sent: 1.10 too."""
    lines, depth = [""], 0
    for part in _PARTS.findall(resource):
        if part in {"]", "}"}:
            depth -= 1
            lines.append("  " * depth)
        lines[-1] += ": " if part == ":" else part
        depth += part in {"[", "{"}
        if part in {"[", "{", ","}:
            lines.append("  " * depth)
    return "\n".join(lines)
