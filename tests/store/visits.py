"""Visits for the tests of measures, each an Encounter as its source reports it."""

from typing import Any

from schemas.events import CareEvent
from tests.builders import at_ward, encounter, event_of


def visit(
    number: int | str,
    start: str,
    end: str | None = None,
    *places: tuple[str, str],
    source: str = "RX1",
    **elements: Any,
) -> CareEvent:
    """A stay from `start`, in each place from its own time on; open without an end."""
    resource = encounter(
        id=f"v{number}",
        subject={"reference": f"Patient/p{number}"},
        status="finished" if end else "in-progress",
        period={"start": start} | ({"end": end} if end else {}),
        **({"location": [at_ward(ward, at) for ward, at in places]} if places else {}),
    )
    return event_of(resource | elements, source=source)
