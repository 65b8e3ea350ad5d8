"""A report of results (ORU) on a timeline: a line for each OBR, with what its OBX say."""

from collections.abc import Iterable, Iterator

from schemas.events import CareEvent
from schemas.hl7v2 import Message, Moment, Segment, moment_of
from streams.timeline.entry import Entry, joined
from streams.timeline.scene import coded, staff_name

# OBX-11: deleted, or sent in error. Source: HL7 table 0085.
TAKEN_BACK = frozenset({"D", "W"})
_PARTS = frozenset({"OBX", "NTE"})


def entries_of_results(event: CareEvent, message: Message) -> list[Entry]:
    """A line for each thing that was looked into; one line where no OBR says what."""
    found = [
        _entry(event, number, group) for number, group in enumerate(message.groups("OBR", _PARTS))
    ]
    loose = list(message.segments("OBX"))
    return found or [_entry(event, 0, [Segment("OBR", message.separators), *loose])]


def _entry(event: CareEvent, number: int, group: list[Segment]) -> Entry:
    request = group[0]
    results = [segment for segment in group if segment.name == "OBX"]
    at = moment_of(request.text(7)) or next(_times(results), None)
    return Entry(
        "message" if number == 0 else f"message-{number}",
        "observation",
        coded(request, 4) or next(filter(None, (coded(one, 3) for one in results)), "Result"),
        at=at.at if at else event.occurred_start or event.recorded,
        status=request.text(25) or None,
        author=_reader(request, results),
        struck=bool(results) and all(one.text(11) in TAKEN_BACK for one in results),
        detail=joined(*map(_said, results)),
    )


def _times(results: Iterable[Segment]) -> Iterator[Moment]:
    return filter(None, (moment_of(one.text(14)) for one in results))


def _reader(request: Segment, results: list[Segment]) -> str | None:
    """Who answers for the result: its interpreter (OBR-32, an NDL), else the observer (OBX-16)."""
    said = (request.text(32, 1, 3), request.text(32, 1, 2))
    interpreter = " ".join(word for word in said if word)
    return interpreter or next(filter(None, (staff_name(one, 16) for one in results)), None)


def _said(result: Segment) -> str | None:
    """One result in words: what, how much, its unit, and that it is out of its range."""
    said = coded(result, 5) if result.text(2) in {"CE", "CWE", "CNE"} else result.text(5)
    if not said or result.text(2) in {"ED", "RP"} or result.text(11) in TAKEN_BACK:
        return None
    flag = result.text(8)
    marked = f"({flag})" if flag and flag != "N" else ""
    return " ".join(part for part in (coded(result, 3), said, coded(result, 6), marked) if part)
