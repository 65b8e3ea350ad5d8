"""What the operations board shows: one line for each figure. Pure.

A line names a measure of the catalogue; what the catalogue lacks is left out until it is there.
"""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from schemas.measures import MEASURES


class Lag(StrEnum):
    """How figures stand to what has arrived."""

    NONE = "none"
    BEHIND = "behind"
    UNKNOWN = "unknown"


class Period(StrEnum):
    """Which days a question is about; `NOW` takes none."""

    NOW = "now"
    TODAY = "today"
    FORTNIGHT = "last 14 days, today too"
    NIGHTS = "the 13 days before today, whose nights are over"
    FOUR_WEEKS = "last 28 days, today left out"


# How many days, and how many of them are today.
_DAYS_OF = {
    Period.TODAY: (1, 1),
    Period.FORTNIGHT: (14, 1),
    Period.NIGHTS: (13, 0),
    Period.FOUR_WEEKS: (28, 0),
}


class Ask(NamedTuple):
    """One question to a measure."""

    measure: str
    period: Period = Period.NOW
    by: str | None = None
    setting: str = "bed"

    def parameters(self, today: date) -> dict[str, str]:
        """The question as the API takes it; `to` is not included."""
        said = {"setting": self.setting} | ({"by": self.by} if self.by else {})
        if self.period is Period.NOW:
            return said
        days, of_today = _DAYS_OF[self.period]
        end = today + timedelta(days=of_today)
        return {"from": str(end - timedelta(days=days)), "to": str(end)} | said


class Card(NamedTuple):
    """A large figure. `figure`: which of the measure's figures, its value for None.

    `more`: further figures under it, each with its words. `of_stays`: whether stays are what it
    counts.
    """

    ask: Ask
    title: str
    figure: str | None = None
    more: tuple[tuple[str, str], ...] = ()
    of_stays: bool = True


class Column(NamedTuple):
    """A column of a table: one figure of a measure for each row."""

    heading: str
    measure: str
    figure: str | None = None
    period: Period = Period.NOW


class Chart(NamedTuple):
    """A second view of a table: the columns that it draws, in one unit, and how."""

    kind: str
    title: str
    headings: tuple[str, ...]


class Cut(NamedTuple):
    """A table whose rows are the parts of its measures; `charts` draw it a second time."""

    id: str
    caption: str
    by: str
    columns: tuple[Column, ...]
    empty: str
    charts: tuple[Chart, ...] = ()
    setting: str = "bed"

    def asks(self) -> Iterator[Ask]:
        """The questions whose answers fill the table, each once."""
        found = dict.fromkeys((column.measure, column.period) for column in self.columns)
        for measure, period in found:
            yield Ask(measure, period, self.by, self.setting)


CARDS = (
    Card(Ask("beds_occupied"), "Beds occupied"),
    Card(Ask("occupancy"), "Beds staffed", "staffed"),
    Card(Ask("occupancy"), "Occupancy"),
    Card(
        Ask("long_stay"),
        "In hospital for 7 days or more",
        "7+",
        (("14+", "for 14 days or more"), ("21+", "for 21 days or more")),
    ),
    Card(Ask("discharge_delay", Period.TODAY), "Ready to leave and still in", "people"),
    Card(Ask("admissions", Period.TODAY), "Admitted today"),
    Card(Ask("discharges", Period.TODAY), "Discharged today"),
    Card(Ask("expected_discharges", Period.TODAY), "Expected to leave today"),
    Card(Ask("silent_handoffs"), "Referrals that nobody has answered in time", of_stays=False),
    Card(Ask("data_confidence"), "Reasons to doubt a figure", of_stays=False),
)

_WARDS = (
    Column("Occupied", "beds_occupied"),
    Column("Staffed", "occupancy", "staffed"),
    Column("Occupancy", "occupancy"),
    Column("7 days or more", "long_stay", "7+"),
    Column("14 days or more", "long_stay", "14+"),
    Column("21 days or more", "long_stay", "21+"),
    Column("Ready to leave", "discharge_delay", "people", Period.TODAY),
    Column("In today", "admissions", None, Period.TODAY),
    Column("Out today", "discharges", None, Period.TODAY),
)

WARDS = Cut("wards", "Beds by site and ward", "ward", _WARDS, "Nobody is in a bed here now.")
SITES = WARDS._replace(
    id="sites",
    by="site",
    charts=(Chart("bars", "Beds by site", ("Occupied", "Staffed")),),
)
VIRTUAL = Cut(
    "virtual",
    "Virtual wards",
    "ward",
    (
        Column("People", "beds_occupied"),
        Column("7 days or more", "long_stay", "7+"),
        Column("In today", "admissions", None, Period.TODAY),
        Column("Out today", "discharges", None, Period.TODAY),
    ),
    "Nobody is on a virtual ward now.",
    setting="virtual",
)
DAYS = Cut(
    "days",
    "Admissions, discharges and bed days by day",
    "day",
    (
        Column("Admissions", "admissions", None, Period.FORTNIGHT),
        Column("Discharges", "discharges", None, Period.FORTNIGHT),
        Column("Occupied bed days", "occupied_bed_days", None, Period.NIGHTS),
    ),
    "Nothing happened in the last 14 days.",
    charts=(
        Chart("lines", "Admissions and discharges by day", ("Admissions", "Discharges")),
        Chart("lines", "Occupied bed days by day", ("Occupied bed days",)),
    ),
)
COHORTS = Cut(
    "cohorts",
    "Bed days and length of stay by target group, last 28 days",
    "cohort",
    (
        Column("Bed days", "occupied_bed_days", None, Period.FOUR_WEEKS),
        Column("Stays ended", "length_of_stay", "count", Period.FOUR_WEEKS),
        Column("Mean length of stay", "length_of_stay", "mean", Period.FOUR_WEEKS),
        Column("Median", "length_of_stay", "median", Period.FOUR_WEEKS),
        Column("90th centile", "length_of_stay", "p90", Period.FOUR_WEEKS),
    ),
    "Nobody of a target group was in hospital in the last 28 days.",
)
_DELAYS = (
    Column("People now", "discharge_delay", "people", Period.TODAY),
    Column("Days of delay, last 28 days", "discharge_delay", None, Period.FOUR_WEEKS),
)
PATHWAYS = Cut(
    "pathways", "Ready to leave, by pathway", "pathway", _DELAYS, "Nobody is waiting to leave."
)
REASONS = Cut(
    "reasons",
    "Ready to leave, by reason (several may hold at once)",
    "reason",
    _DELAYS,
    "No reason is known of anybody.",
)
TABLES = (PATHWAYS, REASONS, COHORTS, DAYS, VIRTUAL)
CUTS = (SITES, WARDS, *TABLES)


def asks(where: Collection[str] = ()) -> tuple[Ask, ...]:
    """Every question that the board takes, each once, that the catalogue knows.

    `where`: the dimensions that the board is narrowed by; what has them not is left out.
    """
    all_of_them = [card.ask for card in CARDS]
    for cut in CUTS:
        all_of_them += cut.asks()
    return tuple(ask for ask in dict.fromkeys(all_of_them) if is_known(ask, where))


def is_known(ask: Ask, where: Collection[str]) -> bool:
    """Whether the catalogue has the measure, and it can be cut and narrowed so."""
    measure = MEASURES.get(ask.measure)
    wanted = {*where, *([ask.by] if ask.by else [])}
    return measure is not None and wanted <= {str(one) for one in measure.dimensions}
