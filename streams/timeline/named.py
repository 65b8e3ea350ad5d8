"""Whom and where an entry names by no more than a reference: the thread that holds the name."""

from typing import Any

from schemas.events import CareEvent
from schemas.fhir.references import named
from schemas.identity import indexable

Resource = dict[str, Any]


def thread_of(reference: Resource | None, event: CareEvent, resource: Resource) -> str | None:
    """The thread that a reference names by type and id, or by what its message told of it."""
    said = reference.get("reference") if reference else None
    if not isinstance(said, str) or said.startswith("#"):
        return None
    kind, _, identity = said.partition("/")
    if identity and kind.isalpha() and identity.replace("-", "").isalnum() and not event.references:
        return indexable(f"{event.source}|{said}")
    return named(reference, resource, event).thread
