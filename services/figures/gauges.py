"""The gauges of the figures, set to what is so now."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import Gauge

from schemas.notices import Figure
from services.figures.told import TOLD, Shown, Told
from streams.runtime import metrics


def show(figures: Iterable[Figure]) -> None:
    """Set every gauge; a ward that emptied, and a value that may not be told, is gone from it."""
    figures = list(figures)
    for told in TOLD:
        for shown in told.shown:
            _clear(shown.gauge)
            for figure in _of(figures, told, shown):
                _set(shown, figure)


def up_to_date(as_of: datetime) -> None:
    """Say that what was stored before that moment is in the gauges."""
    metrics.MEASURES_AS_OF.set(as_of.timestamp())


def _of(figures: Iterable[Figure], told: Told, shown: Shown) -> Iterator[Figure]:
    """The figures that the gauge shows: of its measure, and cut into just its labels."""
    cut = set(shown.gauge._labelnames) - {shown.label}
    for figure in figures:
        named = not shown.names or figure.figure in shown.names
        if figure.measure == told.measure and named and set(figure.cut()) == cut:
            yield figure


def _set(shown: Shown, figure: Figure) -> None:
    labels = figure.cut() | ({shown.label: figure.figure} if shown.label else {})
    if figure.value is not None:
        (shown.gauge.labels(**labels) if labels else shown.gauge).set(figure.value)


def _clear(gauge: Gauge) -> None:
    if gauge._labelnames:
        gauge.clear()
