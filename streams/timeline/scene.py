"""What a row of the table of triggers can read in an HL7 v2 message: who, where, why, when."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from schemas.hl7v2 import Message, Segment, moment_of
from schemas.hl7v2.patients import groups_of
from schemas.hl7v2.values import place
from schemas.times import spoken
from streams.timeline.entry import joined


class Scene(NamedTuple):
    """A message and the segments in it that are about one of its patients."""

    message: Message
    group: list[Segment]

    def first(self, name: str) -> Segment:
        """The patient's own segment of that name, else the message's; empty where there is none."""
        own = next((segment for segment in self.group if segment.name == name), None)
        return own or self.message.first(name)


Read = Callable[[Scene], str | None]


def scene_of(message: Message, part: int) -> Scene:
    """What one patient of a message has to do with."""
    groups = groups_of(message)
    return Scene(message, groups[part] if part < len(groups) else [])


def nothing(_: Scene) -> None:
    return None


def coded(segment: Segment, number: int) -> str | None:
    """A coded field (CE, CWE) in words: its original text, its text, else its code."""
    said = (segment.text(number, component) for component in (9, 2, 5, 1))
    return next(filter(None, said), None)


def words(name: str, *numbers: int) -> Read:
    """The first of a segment's fields that says something, in words."""
    return lambda scene: next(
        filter(None, (coded(scene.first(name), number) for number in numbers)), None
    )


def worded(name: str, number: int) -> Read:
    """A coded field's own words; none where it holds a code alone."""
    return lambda scene: scene.first(name).text(number, 9) or scene.first(name).text(number, 2)


def number(name: str, *numbers: int) -> Read:
    """The first of a segment's fields that holds a number or code, as it is written."""
    return lambda scene: next(filter(None, (scene.first(name).text(n) for n in numbers)), None)


def each(name: str, number: int) -> Read:
    """What a field says in every segment of that name."""
    return lambda scene: joined(*(coded(s, number) for s in scene.message.segments(name)))


def staff(name: str, *numbers: int) -> Read:
    """The name in the first of the XCN fields that has one: given, family."""
    return lambda scene: next(
        filter(None, (staff_name(scene.first(name), number) for number in numbers)), None
    )


def staff_name(segment: Segment, number: int) -> str | None:
    """The name in an XCN field: given, family."""
    said = (segment.text(number, 3), segment.text(number, 2))
    return " ".join(word for word in said if word) or None


def at_place(name: str, *numbers: int) -> Read:
    """The ward, else the site, in the first of the PL fields that has one."""

    def where(scene: Scene) -> str | None:
        segment = scene.first(name)
        found = (place(segment, number) for number in numbers)
        return next((p.ward or p.site for p in found if p.ward or p.site), None)

    return where


def due(label: str, *fields: tuple[str, int]) -> Read:
    """The first of the times at the fields as it is read out, behind a label."""

    def when(scene: Scene) -> str | None:
        for name, number in fields:
            at = moment_of(scene.first(name).text(number))
            if at is not None:
                return f"{label} {spoken(at.at, whole_day=at.whole_day)}"
        return None

    return when


def labelled(label: str, read: Read) -> Read:
    """The words behind a label: "from Ward 5"."""

    def said(scene: Scene) -> str | None:
        found = read(scene)
        return f"{label} {found}" if found else None

    return said


def together(*reads: Read) -> Read:
    """What several readers find, as one detail."""
    return lambda scene: joined(*(read(scene) for read in reads))


def any_of(*reads: Read) -> Read:
    """What the first reader finds that finds anything."""
    return lambda scene: next(filter(None, (read(scene) for read in reads)), None)


def in_role(roles: Iterable[str], read: Callable[[Segment], str | None]) -> Read:
    """What is read in the provider (PRD) that has one of these roles."""
    wanted = frozenset(roles)

    def found(scene: Scene) -> str | None:
        providers = (s for s in scene.message.segments("PRD") if s.text(1) in wanted)
        return next(filter(None, map(read, providers)), None)

    return found


def provider_name(segment: Segment) -> str | None:
    """The name in PRD-2 (XPN): given, family; else the organisation of PRD-4 or PRD-10."""
    said = (segment.text(2, 2), segment.text(2, 1))
    return " ".join(word for word in said if word) or provider_place(segment)


def provider_place(segment: Segment) -> str | None:
    """Where a provider works: PRD-4, its description before its facility, else PRD-8."""
    return segment.text(4, 9) or segment.text(4, 4) or segment.text(8) or None
