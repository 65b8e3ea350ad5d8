"""Which figures are told without being asked for, and which gauge shows each."""

from typing import Final, NamedTuple

from prometheus_client import Gauge

from schemas.measures import MEASURES
from streams.runtime import metrics

PATHWAYS: Final = ("0", "1", "2", "3", "unknown")


class Shown(NamedTuple):
    """Figures of a measure as a gauge; no `names`: the first one.

    `label`: the label that takes the figure's name, where several share the gauge.
    """

    gauge: Gauge
    names: tuple[str, ...] = ()
    label: str | None = None


class Told(NamedTuple):
    """A measure that is told: cut by a dimension, or whole; in each of the parts `each` names.

    `today`: of today alone; else the measure's own usual period.
    """

    measure: str
    shown: tuple[Shown, ...]
    by: str | None = None
    today: bool = False
    each: tuple[str, tuple[str, ...]] | None = None

    @property
    def can_be_told(self) -> bool:
        """Whether the catalogue has the measure and can cut it so."""
        measure = MEASURES.get(self.measure)
        wanted = {self.by, self.each[0] if self.each else None} - {None}
        return measure is not None and wanted <= {str(one) for one in measure.dimensions}


TOLD: Final = (
    Told("beds_occupied", (Shown(metrics.BEDS_OCCUPIED),), by="ward"),
    Told("occupancy", (Shown(metrics.BEDS_STAFFED, ("staffed",)),), by="ward"),
    Told("occupancy", (Shown(metrics.OCCUPANCY),), by="site"),
    Told("long_stay", (Shown(metrics.LONG_STAYS, ("7+", "14+", "21+"), "band"),), by="site"),
    Told(
        "discharge_delay",
        (Shown(metrics.DISCHARGE_READY, ("people",)),),
        by="site",
        each=("pathway", PATHWAYS),
    ),
    Told("admissions", (Shown(metrics.ADMISSIONS_TODAY),), by="site", today=True),
    Told("discharges", (Shown(metrics.DISCHARGES_TODAY),), by="site", today=True),
    Told("expected_discharges", (Shown(metrics.EXPECTED_DISCHARGES_TODAY),), "site", today=True),
    Told("occupied_bed_days", (Shown(metrics.COHORT_BED_DAYS),), by="cohort"),
    Told(
        "length_of_stay",
        (Shown(metrics.COHORT_LENGTH_OF_STAY, ("mean", "median", "p90"), "figure"),),
        by="cohort",
    ),
    Told("silent_handoffs", (Shown(metrics.SILENT_HANDOFFS),)),
    Told(
        "data_confidence",
        (
            Shown(
                metrics.DATA_CONFIDENCE,
                ("stale", "inferred", "conflicting", "unknown-ward", "bad-nhs-number"),
                "kind",
            ),
        ),
    ),
)
