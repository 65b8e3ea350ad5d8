"""The measure catalogue: what each figure means, where the meaning comes from, how it is cut."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Dimension(StrEnum):
    """What a figure may be filtered by and cut into."""

    PROVIDER = "provider"
    SITE = "site"
    WARD = "ward"
    CLASS = "class"
    DAY = "day"


class Span(StrEnum):
    """What a figure is about: the days of a period, or this moment."""

    PERIOD = "period"
    NOW = "now"


class Figures(StrEnum):
    """How the amounts behind a measure become its figures.

    TOTAL: their sum, which is the sum of its rows too. SPREAD: mean, median, 90th centile and
    count. BANDS: how many reach each of `Measure.bands`; the value is the first band's.
    """

    TOTAL = "total"
    SPREAD = "spread"
    BANDS = "bands"


class Measure(BaseModel):
    """One measure. `version` changes with the definition and is shown next to every figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    unit: str
    definition: str
    source: str
    version: str
    dimensions: tuple[Dimension, ...]
    span: Span
    figures: Figures = Figures.TOTAL
    bands: tuple[int, ...] = ()


_PLACES = (Dimension.PROVIDER, Dimension.SITE, Dimension.WARD, Dimension.CLASS)
_PLACES_AND_DAY = (*_PLACES, Dimension.DAY)
_DAYS = " Days are London calendar days, `from` included and `to` not."
_SITREP = "NHS England, daily situation report definitions"
_PROJECT = "Throughline's own choice; no national definition"

_ALL = (
    Measure(
        id="occupied_bed_days",
        title="Occupied bed days",
        unit="bed days",
        definition="One for each person in a bed at the midnight that ends a day; it belongs to"
        " the ward the person was in. Nights of leave are left out." + _DAYS,
        source="NHS England, bed availability and occupancy (KH03): beds open overnight",
        version="1",
        dimensions=_PLACES_AND_DAY,
        span=Span.PERIOD,
    ),
    Measure(
        id="length_of_stay",
        title="Length of stay",
        unit="days",
        definition="Discharge date minus admission date of the stays discharged in the period; a"
        " same-day stay is 0. The ward and site are those of discharge. The value is the mean."
        + _DAYS,
        source="NHS Data Dictionary, hospital provider spell",
        version="1",
        dimensions=_PLACES_AND_DAY,
        span=Span.PERIOD,
        figures=Figures.SPREAD,
    ),
    Measure(
        id="beds_occupied",
        title="Beds occupied now",
        unit="beds",
        definition="Stays that are open now.",
        source=_SITREP,
        version="1",
        dimensions=_PLACES,
        span=Span.NOW,
    ),
    Measure(
        id="long_stay",
        title="Long stays now",
        unit="people",
        definition="Open stays whose admission date is 7, 14 and 21 days ago or more; the value is"
        " 7 or more.",
        source=_PROJECT,
        version="1",
        dimensions=_PLACES,
        span=Span.NOW,
        figures=Figures.BANDS,
        bands=(7, 14, 21),
    ),
    Measure(
        id="admissions",
        title="Admissions",
        unit="people",
        definition="Stays that began in the period, in the ward where they began." + _DAYS,
        source=_SITREP,
        version="1",
        dimensions=_PLACES_AND_DAY,
        span=Span.PERIOD,
    ),
    Measure(
        id="discharges",
        title="Discharges",
        unit="people",
        definition="Stays that ended in the period, from the ward where they ended." + _DAYS,
        source=_SITREP,
        version="1",
        dimensions=_PLACES_AND_DAY,
        span=Span.PERIOD,
    ),
    Measure(
        id="expected_discharges",
        title="Expected discharges",
        unit="people",
        definition="Open stays whose expected discharge is in the period, from the ward where the"
        " person is now." + _DAYS,
        source=_SITREP,
        version="1",
        dimensions=_PLACES_AND_DAY,
        span=Span.PERIOD,
    ),
)

MEASURES = {measure.id: measure for measure in _ALL}
