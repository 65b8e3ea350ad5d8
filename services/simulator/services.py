"""The services that the synthetic organisations offer, by their codes in a directory."""

from dataclasses import dataclass

from services.simulator.organisations import (
    COMMUNITY,
    HARBOUR,
    MENTAL_HEALTH,
    MOORSIDE,
    PRACTICES,
    SOCIAL_CARE,
    VOLUNTARY,
    Organisation,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """One service of one provider. `preventative`: it acts before anything is wrong;
    `neighbourhood`: its staff belong to a neighbourhood team."""

    provider: Organisation
    code: str
    name: str
    preventative: bool = False
    neighbourhood: bool = False


DISTRICT_NURSES = Offer(COMMUNITY, "ZC103-N01", "District nursing", neighbourhood=True)
FALLS_PREVENTION = Offer(
    COMMUNITY, "ZC103-F01", "Falls prevention", preventative=True, neighbourhood=True
)
COMMUNITY_WARDS = Offer(COMMUNITY, "ZC101-R01", "Community hospital rehabilitation")
VIRTUAL_WARD = Offer(COMMUNITY, "ZC102-T01", "Virtual ward team")
HOME_CARERS = Offer(SOCIAL_CARE, "ZS101-H01", "Home care", neighbourhood=True)
ASSESSMENT = Offer(SOCIAL_CARE, "ZS101-A01", "Care assessment")
NEIGHBOURS = Offer(
    VOLUNTARY, "ZV101-H01", "Home from hospital", preventative=True, neighbourhood=True
)
MENTAL_HEALTH_NURSES = Offer(
    MENTAL_HEALTH, "ZM102-T01", "Community mental health team", neighbourhood=True
)
MENTAL_HEALTH_WARD = Offer(MENTAL_HEALTH, "ZM101-I01", "Inpatient mental health")
HOSPITALS = (
    Offer(HARBOUR, "ZT101-A01", "Harbour hospital services"),
    Offer(MOORSIDE, "ZT201-A01", "Moorside hospital services"),
)
SURGERIES = {
    practice.source: Offer(
        practice, f"{practice.source}-G01", "General practice", neighbourhood=True
    )
    for practice in PRACTICES
}
HEALTH_CHECKS = {
    practice.source: Offer(
        practice, f"{practice.source}-H01", "Health checks", preventative=True, neighbourhood=True
    )
    for practice in PRACTICES
}
OFFERS = (
    *(DISTRICT_NURSES, FALLS_PREVENTION, COMMUNITY_WARDS, VIRTUAL_WARD, HOME_CARERS, ASSESSMENT),
    *(NEIGHBOURS, MENTAL_HEALTH_NURSES, MENTAL_HEALTH_WARD),
    *HOSPITALS,
    *SURGERIES.values(),
    *HEALTH_CHECKS.values(),
)
