"""Which source identities are one person, given every link that facts assert."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from schemas.events import Link

NHS = "nhs/"


def without_contradictions(links: Iterable[Link]) -> set[Link]:
    """The links that hold together.

    An NHS number alone joins the NHS number with a date of birth only while there is one such
    date: two dates of birth under one number are two people, and the bare number is neither.
    """
    links = set(links)
    births: dict[str, set[str]] = {}
    for link in links:
        if is_bare_nhs(link.one):
            births.setdefault(link.one, set()).add(link.other)
    doubtful = {number for number, found in births.items() if len(found) > 1}
    return {link for link in links if link.one not in doubtful}


def is_bare_nhs(key: str) -> bool:
    """True for an NHS number that comes without a date of birth."""
    return key.startswith(NHS) and key.count("/") == 1


def people(own_ids: Mapping[str, UUID], links: Iterable[Link]) -> dict[str, UUID]:
    """The person of each identity: the smallest own id among those that are linked to it.

    `own_ids` never change, so taking a link away gives each side its own person back.
    """
    person: dict[str, set[str]] = {key: {key} for key in own_ids}
    for link in without_contradictions(links):
        joined = person[link.one] | person[link.other]
        for key in joined:
            person[key] = joined
    return {key: min(own_ids[other] for other in group) for key, group in person.items()}
