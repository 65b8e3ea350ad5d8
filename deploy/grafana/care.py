"""What the dashboards about care show: beds, who comes and goes, who stays long, who waits."""

from deploy.grafana.expressions import PLACE, SITE, by_site, one
from deploy.grafana.panels import Panel, Stays, bars, heat, lines, stat, table

_BEDS, _STAFFED = one("beds_occupied", *PLACE), one("beds_staffed", *PLACE)
_RATIO = one("occupancy_ratio", *SITE)


def capacity() -> list[Panel]:
    """Beds, those that have staff, and those that somebody is in."""
    behind = Stays("beds_occupied")
    at_site, at_ward = Stays("beds_occupied", SITE), Stays("beds_occupied", PLACE)
    return [
        stat(
            "Beds occupied",
            f"sum({_BEDS})",
            says="People in a bed now.",
            size=(4, 8),
            stays=behind,
        ),
        stat(
            "Beds staffed",
            f"sum({_STAFFED})",
            says="Beds that have staff today.",
            size=(4, 8),
        ),
        bars(
            "Occupancy by site",
            _RATIO,
            "{{provider}} {{site}}",
            says="Beds occupied by beds staffed. Wards whose beds are not known are left out.",
            size=(16, 8),
            unit="percentunit",
            minimum=0,
            stays=at_site,
        ),
        lines(
            "Beds occupied by site",
            (by_site("beds_occupied"), "{{provider}} {{site}}"),
            says="Taken from state, so a replay does not change it.",
            stays=at_site,
        ),
        lines(
            "Occupancy by site over time",
            (_RATIO, "{{provider}} {{site}}"),
            says="Beds occupied by beds staffed.",
            unit="percentunit",
            stays=at_site,
        ),
        table(
            "Wards",
            (_BEDS, "occupied"),
            (_STAFFED, "staffed"),
            says="A row leads to the stays in the ward, each to its events and their originals.",
            size=(24, 10),
            stays=at_ward,
        ),
    ]


def flow() -> list[Panel]:
    """Who comes, who goes, and how long they stayed."""
    came, left = one("admissions_today", *SITE), one("discharges_today", *SITE)
    expected = one("expected_discharges_today", *SITE)
    days = "sum by (le) (increase(throughline_stay_days_bucket[$__rate_interval]))"
    return [
        stat(
            "Admissions today",
            f"sum({came})",
            says="Since midnight in London.",
            size=(8, 4),
        ),
        stat("Discharges today", f"sum({left})", says="Since midnight in London.", size=(8, 4)),
        stat(
            "Expected discharges today",
            f"sum({expected})",
            says="Open stays whose expected discharge is today.",
            size=(8, 4),
            stays=Stays("expected_discharges"),
        ),
        table(
            "Today by site",
            (came, "admissions"),
            (left, "discharges"),
            (expected, "expected discharges"),
            says="Since midnight in London.",
        ),
        lines(
            "Admissions and discharges today",
            (f"sum({came})", "admissions"),
            (f"sum({left})", "discharges"),
            (f"sum({expected})", "expected discharges"),
            says="They begin again at midnight.",
        ),
        table(
            "Target groups, 28 days",
            (one("cohort_bed_days", "cohort"), "bed days"),
            (_spread("mean"), "mean days"),
            (_spread("median"), "median days"),
            (_spread("p90"), "90th centile days"),
            says="Bed days and length of stay. Fewer than 5 people are not shown.",
            stays=Stays("occupied_bed_days", ("cohort",)),
        ),
        heat(
            "Days of stays that ended",
            days,
            says="Stays by their length, when they came to an end here.",
        ),
    ]


def _spread(figure: str) -> str:
    return f'max by (cohort) (throughline_cohort_length_of_stay_days{{figure="{figure}"}})'


def long_stays() -> list[Panel]:
    """Who has been in for a week, two, three or more."""
    bands = ("7+", "14+", "21+")
    stays = one("long_stays", *SITE, "band")
    behind = Stays("long_stay", SITE)
    return [
        *(
            stat(
                f"{band} days",
                f"sum({_of_band(band)})",
                says=f"People in a bed for {band} days.",
                size=(8, 4),
                stays=Stays("long_stay"),
            )
            for band in bands
        ),
        lines(
            "Long stays",
            (f"sum by (band) ({stays})", "{{band}} days"),
            says="A longer band is part of the shorter ones.",
        ),
        lines(
            "21 days or more by site",
            (_of_band("21+"), "{{provider}} {{site}}"),
            says="People in a bed for 21 days or more.",
            stays=behind,
        ),
        table(
            "By site",
            *((_of_band(band), f"{band} days") for band in bands),
            says="A row leads to the stays of 7 days or more.",
            stays=behind,
        ),
        lines(
            "Share of occupied beds, 7 days or more",
            (
                f"{_of_band('7+')} / {by_site('beds_occupied', chosen=SITE)}",
                "{{provider}} {{site}}",
            ),
            says="Long stays by beds occupied.",
            unit="percentunit",
        ),
    ]


def _of_band(band: str) -> str:
    chosen = f'band="{band}",provider=~"$provider",site=~"$site"'
    return f"max by (provider, site) (throughline_long_stays{{{chosen}}})"


def discharge_delays() -> list[Panel]:
    """Who could leave and is still in, and referrals that nobody answered."""
    ready = one("discharge_ready_people", *SITE, "pathway")
    # The people who are ready now, not the days of delay: a figure of the measure by its name.
    people = {"figure": "people"}
    behind = Stays("discharge_delay", (*SITE, "pathway"), people)
    return [
        stat(
            "Ready to leave",
            f"sum({ready})",
            says="People still in who do not meet the criteria to reside.",
            size=(4, 8),
            stays=Stays("discharge_delay", more=people),
        ),
        stat(
            "Silent handoffs",
            one("silent_handoffs"),
            says="Referrals that nobody answered within their service's time.",
            size=(4, 8),
        ),
        bars(
            "Ready to leave by pathway",
            f"sum by (pathway) ({ready})",
            "pathway {{pathway}}",
            says="0 home, 1 home with support, 2 community bed, 3 long-term bed-based care.",
            size=(16, 8),
            minimum=0,
            stays=Stays("discharge_delay", ("pathway",), people),
        ),
        lines(
            "Ready to leave by site",
            (f"sum by (provider, site) ({ready})", "{{provider}} {{site}}"),
            says="People still in who do not meet the criteria to reside.",
            stays=Stays("discharge_delay", SITE, people),
        ),
        lines(
            "Silent handoffs over time",
            (one("silent_handoffs"), "referrals"),
            says="Referrals that nobody answered within their service's time.",
        ),
        table(
            "By site and pathway",
            (ready, "people"),
            says="A row leads to the stays, each to its events and their originals.",
            size=(24, 10),
            stays=behind,
        ),
    ]
