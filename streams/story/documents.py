"""The documents about a person: letters, summaries, reports, wherever they come from."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from schemas.fhir.elements import concept_text, text, values
from streams.story.fact import Fact, in_order
from streams.timeline.entries import entries_of

Resource = dict[str, Any]

KINDS: Final = ("DocumentReference", "Composition", "DiagnosticReport")
MESSAGES: Final = "MDM^"


class Attachment(NamedTuple):
    """One form of a document: its media type, title and address, where they are said."""

    media_type: str | None
    title: str | None
    url: str | None


class Document(NamedTuple):
    """A document. `struck`: mistaken, deleted, cancelled, or replaced by `replaced_by`."""

    title: str
    kind: str | None
    written: datetime
    author: str | None
    status: str | None
    attachments: tuple[Attachment, ...]
    source: str
    event_id: str
    struck: bool
    replaced_by: str | None = None


def documents_of(facts: Iterable[Fact]) -> list[Document]:
    """A person's documents, the latest first, those that others replaced struck through."""
    found = [(fact, _document(fact)) for fact in in_order(facts) if _is_document(fact)]
    by = {
        thread: fact.event
        for fact, document in reversed(found)
        if not document.struck
        for thread in entries_of(fact.event)[0].replaces
        if thread != fact.event.thread
    }
    corrected = [
        document._replace(struck=True, replaced_by=by[fact.event.thread].id)
        if fact.event.thread in by
        else document
        for fact, document in found
    ]
    return sorted(corrected, key=lambda document: (document.written, document.event_id))[::-1]


def _is_document(fact: Fact) -> bool:
    return fact.event.kind in KINDS or fact.event.kind.startswith(MESSAGES)


def _document(fact: Fact) -> Document:
    told = entries_of(fact.event)[0]
    return Document(
        told.title,
        concept_text(fact.resource.get("type")),
        told.at or fact.event.recorded,
        told.author,
        told.status,
        tuple(map(_attachment, _attached(fact.resource))),
        fact.event.source,
        fact.event.id,
        fact.struck or told.struck,
    )


def _attached(resource: Resource) -> list[Resource]:
    found = (*values(resource, "content.attachment"), *values(resource, "presentedForm"))
    return [one for one in found if isinstance(one, dict)]


def _attachment(said: Resource) -> Attachment:
    names = (text(said.get(name)) or None for name in ("contentType", "title", "url"))
    return Attachment(*names)
