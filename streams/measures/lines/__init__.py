"""The lines behind each measure, as SQL over the engine's tables: one function a measure.

Figures, rows and what is behind them are all read from the lines, so they cannot disagree.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from streams.measures.lines import beds, care, delays, doubts, referrals, stays, told
from streams.measures.lines.line import Lines

__all__ = ["LINES", "Lines"]

LINES: Final[Mapping[str, Lines]] = MappingProxyType(
    {
        "occupied_bed_days": beds.occupied_bed_days,
        "length_of_stay": stays.length_of_stay,
        "beds_occupied": beds.beds_occupied,
        "occupancy": beds.occupancy,
        "long_stay": stays.long_stay,
        "discharge_delay": delays.discharge_delay,
        "admissions": stays.admissions,
        "discharges": stays.discharges,
        "expected_discharges": stays.expected_discharges,
        "readmissions_30d": stays.readmissions_30d,
        "closer_to_home": care.closer_to_home,
        "preventative_use": care.preventative_use,
        "referral_wait": referrals.referral_wait,
        "referrals_closed": referrals.referrals_closed,
        "silent_handoffs": referrals.silent_handoffs,
        "coordinated_care_reported": told.coordinated_care_reported,
        "partnership_reported": told.partnership_reported,
        "neighbourhood_workforce": told.neighbourhood_workforce,
        "story_repeated": told.story_repeated,
        "data_confidence": doubts.data_confidence,
    }
)
