"""The data types that several segments share: identifiers (CX, HD) and places (PL)."""

from typing import NamedTuple

from schemas.hl7v2.message import Segment
from schemas.identity import NHS_NUMBER_SYSTEM

NHS_TYPES = frozenset({"NH", "NHS", "NHSN", "NHSNMBR"})
NHS_AUTHORITIES = frozenset({"NHS", "NHSNO", "NHSNBR", "NHSNMBR", "2.16.840.1.113883.2.1.4.1"})
# Numbers of the world outside: they name a person, but no patient of this source.
NOT_LOCAL = frozenset({"SS", "DL", "PPN", "NI", "TAX", "BC", "MC", "MA", "HC", "SB"})


class Identifier(NamedTuple):
    """A CX: the system that gives it (an assigning authority; NHS numbers have FHIR's), a value.

    `kind` is HL7 table 0203's (MR, VN, AN); empty where it is not said.
    """

    system: str
    value: str
    kind: str = ""

    @property
    def is_nhs(self) -> bool:
        return self.system == NHS_NUMBER_SYSTEM


class Place(NamedTuple):
    """A PL: point of care, room, bed, facility. Empty texts where it is not said."""

    ward: str
    room: str
    bed: str
    site: str


def identifiers(segment: Segment, number: int) -> list[Identifier]:
    """The identifiers in a field's repetitions, those without a value left out."""
    return [
        found for repeat in segment.repeats(number) if (found := _identifier(segment, repeat)).value
    ]


def _identifier(segment: Segment, repeat: str) -> Identifier:
    value, _, _, authority, kind, facility = segment.components(repeat, 6)
    kind = segment.part_of(kind).upper()
    value = segment.part_of(value)
    namespace, universal = segment.part_of(authority), segment.part_of(authority, 1, 2)
    if kind in NHS_TYPES or not NHS_AUTHORITIES.isdisjoint((namespace.upper(), universal)):
        return Identifier(NHS_NUMBER_SYSTEM, _digits(value), kind)
    # Two hospitals of one source may each have a patient 1: where no authority is said, the
    # facility that gave the number tells them apart.
    return Identifier(namespace or universal or _named(segment, facility), value, kind)


def _digits(number: str) -> str:
    """A number as it is compared: people write it in groups."""
    return "".join(number.split()).replace("-", "")


def _named(segment: Segment, said: str) -> str:
    """An HD by its namespace, else by its universal id."""
    return segment.part_of(said) or segment.part_of(said, 1, 2)


def place(segment: Segment, number: int) -> Place:
    """The place in a PL field; the first where it repeats."""
    said = segment.field(number).partition(segment.separators[2])[0]
    found = [_named(segment, component) for component in segment.components(said, 9)]
    ward, room, bed, site, *_, description = found
    return Place(ward or description, room, bed, site)
