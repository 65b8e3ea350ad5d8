"""What the codes of the reference data are called. Pure."""

from schemas.measure import Dimension
from schemas.reference import Reference
from services.pages.parts import Names


def names_of(reference: Reference) -> Names:
    """The names of organisations, sites, wards, specialties, places and target groups by code.

    A site's code comes after its provider's and a ward's after its site's: "ZT1/ZT101". Of what has
    several rows the latest one counts.
    """
    practices = sorted(reference.practices, key=lambda practice: practice.valid_from)
    wards = sorted(reference.wards, key=lambda ward: ward.valid_from)
    return {
        Dimension.PROVIDER: {one.code: one.name for one in reference.organisations},
        Dimension.SITE: {f"{one.provider}/{one.site}": one.name for one in reference.sites},
        Dimension.WARD: {f"{one.provider}/{one.site}/{one.ward}": one.name for one in wards},
        Dimension.SPECIALTY: {one.code: one.name for one in reference.specialties},
        Dimension.PLACE: {one.place: one.place_name for one in practices},
        Dimension.NEIGHBOURHOOD: {one.neighbourhood: one.neighbourhood_name for one in practices},
        Dimension.COHORT: {one.id: one.title for one in reference.cohorts},
    }
