"""The place that a page is narrowed to, as its address says it: `at=ZT1/ZT101`. Pure."""

import re
from collections.abc import Iterable

from schemas.measure import Measure
from services.operations.models import Row
from services.pages import forms, parts
from services.pages.forms import Choice
from services.pages.parts import NO_NAMES, Names
from services.pages.words import UNKNOWN

_AT = re.compile(r"[A-Za-z0-9.-]{1,64}(/[A-Za-z0-9.-]{1,64})?")


class NoSuchPlace(ValueError):
    """Nothing could be called that."""


def filters(at: str) -> dict[str, str]:
    """The filters of a measure that `at` stands for. Raises NoSuchPlace."""
    if not at:
        return {}
    if not _AT.fullmatch(at):
        raise NoSuchPlace
    provider, _, site = at.partition("/")
    return {"provider": provider} | ({"site": site} if site else {})


def choices(rows: Iterable[Row], chosen: str, names: Names = NO_NAMES) -> list[Choice]:
    """Everywhere that a page can be narrowed to, all of it first."""
    sites = sorted({(row.provider or UNKNOWN, row.site or UNKNOWN) for row in rows})
    found = {provider: parts.name("provider", (provider,), names) for provider, _ in sites}
    found |= {"/".join(site): parts.whole_name("site", site, names) for site in sites}
    if chosen and chosen not in found:
        found[chosen] = chosen.replace("/", ", ")
    return forms.choices({at: found[at] for at in sorted(found)}, chosen, "Everywhere")


def taken_by(measure: Measure, offered: Iterable[Choice]) -> list[Choice]:
    """Those that a measure can be narrowed to; none where that is everywhere alone."""
    dimensions = {str(dimension) for dimension in measure.dimensions}
    taken = [choice for choice in offered if filters(choice.value).keys() <= dimensions]
    return taken if len(taken) > 1 else []
