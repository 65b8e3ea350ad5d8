"""What codes of the reference data are called."""

from schemas.measure import Dimension
from schemas.reference import load
from services.pages import parts
from services.pages.names import names_of

NAMES = names_of(load())


def test_every_target_group_and_every_ward_has_a_name() -> None:
    reference = load()
    assert NAMES[Dimension.COHORT].keys() == {cohort.id for cohort in reference.cohorts}
    wards = {f"{ward.provider}/{ward.site}/{ward.ward}" for ward in reference.wards}
    assert NAMES[Dimension.WARD].keys() == wards


def test_places_come_with_the_codes_that_staff_know() -> None:
    ward = ("ZT1", "ZT101", "ZT101-W02")
    assert parts.name("ward", ward, NAMES) == "Beacon Older People's Ward (ZT101-W02)"
    assert parts.whole_name("ward", ward, NAMES) == (
        "Harbour Vale Test Hospitals (ZT1), Harbour General (ZT101),"
        " Beacon Older People's Ward (ZT101-W02)"
    )
    assert parts.name("neighbourhood", ("heather-bank",), NAMES) == "Heather Bank"


def test_a_code_without_a_name_is_said_as_it_is() -> None:
    assert parts.name("ward", ("ZT1", "ZT101", "W99"), NAMES) == "W99"
    assert parts.name("reason", ("delay-care-home-place",), NAMES) == "Care home place"
    assert parts.name("pathway", ("1",), NAMES) == "1: home with support"
    assert parts.name("sex", ("unknown",), NAMES) == "Unknown"
