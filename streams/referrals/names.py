"""What a request is called: by its source, by an identifier, by a URL. Names join facts."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from schemas.events import CareEvent
from schemas.fhir.elements import text
from schemas.fhir.references import identifier_of, named, thread_named
from schemas.hl7v2 import Segment
from schemas.identity import NHS_NUMBER_SYSTEM, indexable

Resource = dict[str, Any]

REQUEST = "ServiceRequest"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Where RF1 says what the two sides call a referral: RF1-6 the sender, RF1-11 the receiver.
_RF1_NAMES = (6, 11)


class Mention(msgspec.Struct, frozen=True, array_like=True):
    """What one reference calls a request. `certain`: it says that it is a request for service."""

    names: tuple[str, ...]
    certain: bool = True


def identifier_names(identifiers: object, source: str) -> Iterable[str]:
    """Identifiers as names; one without a system is its source's own. Whom it is about is none."""
    for element in identifiers if isinstance(identifiers, list) else [identifiers]:
        identifier = identifier_of(element)
        if identifier is None or identifier.system == NHS_NUMBER_SYSTEM:
            continue
        if identifier.system:
            yield indexable(f"identifier|{identifier.system}|{identifier.value}")
        else:
            yield thread_named(source, REQUEST, identifier)


def global_names(said: str) -> Iterable[str]:
    """The names in a reference, a URL or an id that mean the same whoever says them."""
    plain = said.partition("/_history/")[0]
    end = plain.rpartition("/")[2].rpartition(":")[2]
    if _UUID.fullmatch(end):
        yield f"urn:uuid:{end.lower()}"
    elif plain.startswith("urn:"):
        yield indexable(plain)


def mention_of(
    reference: object, resource: Resource, event: CareEvent, *, certain: bool
) -> Mention | None:
    """The request that a Reference names, by all the names it gives; None where it names none.

    `certain`: nothing but a request may stand there, so a reference need not say that it is one.
    """
    found = named(reference, resource, event)
    if not isinstance(reference, dict) or (found.kind or REQUEST).lower() != REQUEST.lower():
        return None
    said = text(reference.get("reference"))
    # What an identifier alone names is named by it everywhere, not only at this source.
    thread = (found.thread,) if found.thread and found.kind and said else ()
    identifier = found.identifier._asdict() if found.identifier else None
    names = (*thread, *global_names(said), *identifier_names(identifier, event.source))
    return Mention(tuple(dict.fromkeys(names)), certain or bool(found.kind)) if names else None


def rf1_names(rf1: Segment, source: str) -> Iterable[str]:
    """The identifiers in RF1-6 and RF1-11. Only a universal id (EI-3) means the same elsewhere."""
    for number in _RF1_NAMES:
        for repeat in rf1.repeats(number):
            value, namespace = rf1.part_of(repeat, 1), rf1.part_of(repeat, 2)
            universal, kind = rf1.part_of(repeat, 3), rf1.part_of(repeat, 4)
            if value and universal:
                system = f"urn:oid:{universal}" if kind == "ISO" else universal
                yield indexable(f"identifier|{system}|{value}")
            elif value:
                yield indexable(f"{source}|RF1/{namespace}|{value}")


def joined(groups: Iterable[Iterable[str]]) -> dict[str, str]:
    """For each name the smallest of those that it is joined with; each group joins its names."""
    leader: dict[str, str] = {}

    def found(name: str) -> str:
        while (above := leader.setdefault(name, name)) != name:
            leader[name] = leader[above]
            name = above
        return name

    for group in groups:
        leaders = sorted({found(name) for name in group})
        for name in leaders[1:]:
            leader[name] = leaders[0]
    return {name: found(name) for name in list(leader)}
