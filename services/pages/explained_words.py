"""A figure explained in words: what it is made of, what is doubtful, what changed it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from schemas.measure import COUNTS, Measure
from services.operations.explained_models import Changed, Difference, Explained
from services.pages import figure_words, words
from services.pages.board_words import meaning_of
from services.pages.measure_words import lines
from services.pages.shown import Line, Meaning, RowWords

# Flags of stays, as people say them; the others are said as they are.
_DOUBTS: Final[Mapping[str, str]] = {
    "inferred-admission": "The admission is inferred: no message tells of it",
    "no-admission-time": "Nobody said when the person was admitted",
    "no-discharge-time": "Nobody said when the person was discharged",
    "end-before-start": "The end is before the beginning",
    "unknown-ward": "The ward is not known",
    "conflicting": "The person is in two beds at once",
}
_FEW: Final = "Hidden"
_NONE: Final = "None"


class Behind(NamedTuple):
    """How many stays a figure counts, and where they are listed: nowhere if there are none."""

    figure: str
    stays: str
    href: str


class Since(NamedTuple):
    """What was answered then and what is answered now. `events`: addresses of what came since."""

    headings: Sequence[str]
    rows: Sequence[RowWords]
    stays: str
    events: Sequence[str]


class ExplainedWords(NamedTuple):
    """All that the page says. `changed` is empty where the figure counts no stay."""

    title: str
    asked: str
    as_of: str
    figures: Sequence[Line]
    behind: Sequence[Behind]
    doubts: Sequence[Line]
    changed: str
    event: str
    since: Since | None
    note: str
    meaning: Meaning


def explained(measure: Measure, found: Explained, asked: str) -> ExplainedWords:
    """What the page says; `asked`: which figure it is, in words."""
    return ExplainedWords(
        measure.title,
        asked,
        words.moment(found.answer.as_of),
        lines(measure, found.answer),
        _behind(measure, found),
        [Line(_doubt(doubt.flag), _stays(doubt.stays)) for doubt in found.doubts],
        _changed(found.changed) if found.changed else "",
        f"/events/{found.changed.event_id}" if found.changed else "",
        _since(measure, found, found.restated) if found.restated else None,
        figure_words.note(found.answer),
        meaning_of(measure.id),
    )


def _behind(measure: Measure, found: Explained) -> list[Behind]:
    """Means, centiles and rates are of the stays that are counted beside them."""
    return [
        Behind(
            figure_words.called(measure.figure(counted.figure)),
            _stays(counted.stays),
            counted.href.removeprefix("/api") if counted.stays != 0 else "",
        )
        for counted in found.behind
        if measure.figure(counted.figure).how in COUNTS
    ]


def _stays(number: int | None) -> str:
    if number is None:
        return _FEW
    return f"{number:,} {words.unit_of(number, 'stays')}" if number else _NONE


def _doubt(flag: str) -> str:
    return _DOUBTS.get(flag, words.spaced(flag).capitalize())


def _changed(found: Changed) -> str:
    """ "Encounter of ZT1, written 25 November 2026, 3:05pm; counted since …"."""
    return (
        f"{found.kind} from {found.source}, written {words.moment(found.recorded)},"
        f" received {words.moment(found.received)}, counted since {words.moment(found.known_at)}"
    )


def _since(measure: Measure, found: Explained, now: Difference) -> Since:
    rows = [
        RowWords(
            figure_words.heading(figure),
            False,
            [figure_words.cell(figure, found.answer), figure_words.cell(figure, now)],
        )
        for figure in measure.figures
    ]
    then = f"As known {words.moment(found.answer.as_of)}"
    headings = (then, f"As known {words.moment(now.as_of)}")
    return Since(headings, rows, _stays(now.stays), [f"/events/{event}" for event in now.events])
