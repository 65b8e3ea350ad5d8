"""Periods that end before they start, found at any depth of a resource."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from schemas.fhir.explain import path_of, root_of
from schemas.fhir.problem import Problem

_DATE_LENGTH: Final = len("2026-01-31")
_LEAP_SECOND: Final = re.compile(r"(T\d\d:\d\d):60")
_TEXT: Final = "Ends before it starts."

Steps = tuple[str | int, ...]


def time_problems(resource: dict[str, Any]) -> list[Problem]:
    """A problem for each `end` that is before its `start`, whatever else the resource holds.

    Partial dates are compared to the precision that both have, two full times with their offsets.
    What cannot be read as a time is not judged here. Never raises. Source: FHIR R4, per-1.
    """
    if not _any_ends_before_start(resource):
        return []
    root = root_of(resource)
    return [
        Problem(path_of(root, (*steps, "end")), "invariant", _TEXT)
        for steps, element in _objects(resource)
        if _ends_before_start(element.get("start"), element.get("end"))
    ]


def _any_ends_before_start(resource: object) -> bool:
    """The same question without the paths: they cost most of the time, and few resources fail."""
    waiting = [resource]
    for value in waiting:  # grows while it is walked
        if type(value) is dict:
            if "end" in value and _ends_before_start(value.get("start"), value["end"]):
                return True
            waiting += value.values()
        elif type(value) is list:
            waiting += value
    return False


def _objects(resource: object) -> Iterator[tuple[Steps, dict[str, Any]]]:
    """Every JSON object within `resource` with the steps to it, in the order of the document."""
    waiting: list[tuple[Steps, object]] = [((), resource)]
    while waiting:
        steps, value = waiting.pop()
        if isinstance(value, dict):
            yield steps, value
            children: list[tuple[Any, object]] = list(value.items())
        elif isinstance(value, list):
            children = list(enumerate(value))
        else:
            continue
        nested = [(key, child) for key, child in children if isinstance(child, (dict, list))]
        waiting += [((*steps, key), child) for key, child in reversed(nested)]


def _ends_before_start(start: object, end: object) -> bool:
    """Whether both are times and `end` is surely the earlier one."""
    if not isinstance(start, str) or not isinstance(end, str):
        return False
    if "T" in start and "T" in end:
        first, last = _moment(start), _moment(end)
        return first is not None and last is not None and last < first
    # A date has no offset: it is compared with the date that the other side's own clock showed.
    precision = min(len(start), len(end), _DATE_LENGTH)
    return (
        _is_date(start[:precision])
        and _is_date(end[:precision])
        and (end[:precision] < start[:precision])
    )


def _moment(text: str) -> datetime | None:
    """The moment that a dateTime names, a leap second as the one before; None for no dateTime."""
    try:
        moment = datetime.fromisoformat(_LEAP_SECOND.sub(r"\1:59", text) if ":60" in text else text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _is_date(text: str) -> bool:
    """Whether `text` has the form YYYY, YYYY-MM or YYYY-MM-DD: such texts sort as dates do."""
    parts = text.split("-")
    return [len(part) for part in parts] in ([4], [4, 2], [4, 2, 2]) and all(
        part.isascii() and part.isdigit() for part in parts
    )
