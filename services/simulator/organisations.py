"""The synthetic services: who publishes, from which wards, with how many staffed beds.

Codes start with Z, which no trust or practice of the Organisation Data Service does.
"""

import math
from dataclasses import dataclass

from schemas.events import Sector


@dataclass(frozen=True, slots=True)
class Organisation:
    """A publisher. `wraps`: sends its stays as message Bundles, not as single resources."""

    source: str
    name: str
    sector: Sector
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Ward:
    """A place with staffed beds (an emergency department has none).

    `lies_in`: its site, where that is not what stands before the dash of its code.
    """

    code: str
    name: str
    organisation: Organisation
    speciality: str
    class_code: str
    staffed_beds: int
    lies_in: str = ""

    @property
    def site(self) -> str:
        """The site's code."""
        return self.lies_in or self.code.split("-", 1)[0]


UNKNOWN_WARD = "unknown"  # the code of a ward that its source never names
EMERGENCY = "emergency medicine"
ACUTE_MEDICINE = "acute medicine"
OLDER_PEOPLE = "geriatric medicine"
RESPIRATORY = "respiratory medicine"
CARDIOLOGY = "cardiology"
SHORT_STAY_SURGERY = "general surgery"
REHABILITATION = "rehabilitation"
MENTAL_ILLNESS = "adult mental illness"
VIRTUAL = "virtual ward"
# By treatment function code; a virtual ward has none of its own.
SPECIALITY_CODES = {
    EMERGENCY: "180",
    ACUTE_MEDICINE: "326",
    OLDER_PEOPLE: "430",
    RESPIRATORY: "340",
    CARDIOLOGY: "320",
    SHORT_STAY_SURGERY: "100",
    REHABILITATION: "314",
    MENTAL_ILLNESS: "710",
    VIRTUAL: "VIRTUAL",
}
SITES = {
    "ZT101": "Harbour General",
    "ZT201": "Moorside Hospital",
    "ZC101": "Vale Community Hospital",
    "ZC102": "Vale Virtual Ward",
    "ZM101": "Larkfield House",
}

HARBOUR = Organisation("ZT1", "Harbour Vale Test Hospitals", Sector.ACUTE, wraps=True)
MOORSIDE = Organisation("ZT2", "Moorside Test Hospital", Sector.ACUTE)
COMMUNITY = Organisation("ZC1", "Vale Test Community Health", Sector.COMMUNITY)
MENTAL_HEALTH = Organisation(
    "ZM1", "Larkfield Test Mental Health", Sector.MENTAL_HEALTH, wraps=True
)
SOCIAL_CARE = Organisation("ZS1", "Vale Test Adult Social Care", Sector.SOCIAL_CARE)
VOLUNTARY = Organisation("ZV1", "Vale Test Neighbours Together", Sector.VOLUNTARY)
PRACTICES = (
    Organisation("ZP0001", "Quayside Test Practice", Sector.PRIMARY),
    Organisation("ZP0002", "Mill Lane Test Practice", Sector.PRIMARY),
    Organisation("ZP0003", "Heather Bank Test Practice", Sector.PRIMARY),
    Organisation("ZP0004", "Orchard Test Practice", Sector.PRIMARY),
)
ACUTE_TRUSTS = (HARBOUR, MOORSIDE)
ORGANISATIONS = (*ACUTE_TRUSTS, COMMUNITY, MENTAL_HEALTH, SOCIAL_CARE, VOLUNTARY, *PRACTICES)

# code, name, publisher, speciality, Encounter.class, staffed beds for each 1,000 people
_WARDS = (
    ("ZT101-ED", "Harbour Emergency Department", HARBOUR, EMERGENCY, "EMER", 0.0),
    ("ZT101-W01", "Anchor Acute Medical Unit", HARBOUR, ACUTE_MEDICINE, "IMP", 2.0),
    ("ZT101-W02", "Beacon Older People's Ward", HARBOUR, OLDER_PEOPLE, "IMP", 8.0),
    ("ZT101-W03", "Compass Respiratory Ward", HARBOUR, RESPIRATORY, "IMP", 2.2),
    ("ZT101-W04", "Drift Cardiology Ward", HARBOUR, CARDIOLOGY, "IMP", 2.2),
    ("ZT101-W05", "Ebb Short Stay Surgery", HARBOUR, SHORT_STAY_SURGERY, "SS", 1.2),
    ("ZT201-ED", "Moorside Emergency Department", MOORSIDE, EMERGENCY, "EMER", 0.0),
    ("ZT201-W01", "Gorse Acute Medical Unit", MOORSIDE, ACUTE_MEDICINE, "ACUTE", 2.0),
    ("ZT201-W02", "Heather Older People's Ward", MOORSIDE, OLDER_PEOPLE, "ACUTE", 8.0),
    ("ZT201-W03", "Juniper Respiratory Ward", MOORSIDE, RESPIRATORY, "ACUTE", 2.2),
    ("ZT201-W04", "Larch Cardiology Ward", MOORSIDE, CARDIOLOGY, "ACUTE", 2.2),
    ("ZT201-W05", "Maple Short Stay Surgery", MOORSIDE, SHORT_STAY_SURGERY, "SS", 1.2),
    ("ZC101-W01", "Vale Community Hospital Ward 1", COMMUNITY, REHABILITATION, "NONAC", 4.2),
    ("ZC101-W02", "Vale Community Hospital Ward 2", COMMUNITY, REHABILITATION, "NONAC", 4.2),
    ("ZC102-V01", "Vale Virtual Ward", COMMUNITY, VIRTUAL, "VR", 6.0),
    ("ZM101-W01", "Larkfield Willow Ward", MENTAL_HEALTH, MENTAL_ILLNESS, "IMP", 3.0),
)
_FEWEST_BEDS = 2


def wards(people: int) -> tuple[Ward, ...]:
    """Every ward, with the staffed beds that a population of `people` needs."""
    return tuple(
        Ward(code, name, organisation, speciality, class_code, _staffed(share, people))
        for code, name, organisation, speciality, class_code, share in _WARDS
    )


def _staffed(per_thousand: float, people: int) -> int:
    if not per_thousand:
        return 0
    return max(_FEWEST_BEDS, math.ceil(per_thousand * people / 1000))
