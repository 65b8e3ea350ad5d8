"""Facts to messages: numbered versions, the time of writing, and the bytes of each source."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import orjson

from schemas.topics import ContentType
from services.simulator.encounters import encounter, notification
from services.simulator.fhir import UK_CORE, Resource, fhir_time
from services.simulator.messages import Fact, Message, Record
from services.simulator.organisations import Organisation
from services.simulator.visits import Visit

_PROFILED = frozenset(
    {"Patient", "Condition", "ServiceRequest", "Task", "CarePlan", "CareTeam", "Flag"}
)
_LAG_S = (20, 900)  # the clerk writes a visit down up to a quarter of an hour after
Patients = dict[tuple[str, str], Resource]


def messages_of(facts: Iterable[Fact], patients: Patients, rng: Random) -> list[Message]:
    """The messages that tell the facts, in the order in which they are published.

    `patients` holds the Patient of each (source, NHS number), for the sources that wrap.
    """
    told = [_message(fact, version, patients) for fact, version in numbered(facts, rng)]
    return sorted(told, key=lambda message: message.at)


def numbered(facts: Iterable[Fact], rng: Random) -> Iterator[tuple[Fact, int]]:
    """Each fact with its version, both it and its recorded time rising with every state."""
    latest: dict[str, tuple[int, datetime]] = {}
    for fact in facts:
        is_visit = isinstance(fact, Visit)
        lag = timedelta(seconds=rng.randint(*_LAG_S) if is_visit else 0)
        thread = _thread(fact)
        version, before = latest.get(thread, (0, None))
        recorded = fact.recorded + lag
        if before is not None and recorded <= before:
            recorded = before + timedelta(seconds=1)
        latest[thread] = (version + 1, recorded)
        yield replace(fact, recorded=recorded), version + 1


def _thread(fact: Fact) -> str:
    """Ids are unique among all sources, and their letter tells the type."""
    return fact.visit if isinstance(fact, Visit) else str(fact.resource["id"])


def _message(fact: Fact, version: int, patients: Patients) -> Message:
    message_id = f"{_thread(fact)}.{version}"
    if isinstance(fact, Record):
        return sent(fact.source, message_id, fact.recorded, with_meta(fact, version))
    built = encounter(fact, version)
    if fact.source.wraps and not fact.is_contact:
        key = (fact.source.source, fact.person.nhs_number)
        built = notification(fact, built, patients[key], message_id)
    return sent(fact.source, message_id, fact.recorded, built)


def with_meta(record: Record, version: int) -> Resource:
    """The resource with its version and the time at which its source wrote it."""
    kind = record.resource["resourceType"]
    meta: Resource = {"versionId": str(version), "lastUpdated": fhir_time(record.recorded)}
    if kind in _PROFILED:
        meta["profile"] = [f"{UK_CORE}/UKCore-{kind}"]
    return {**record.resource, "meta": meta}


def sent(source: Organisation, message_id: str, recorded: datetime, body: Resource) -> Message:
    """A message a second after its source wrote it down."""
    return Message(
        source=source.source,
        sector=source.sector.value,
        content_type=ContentType.FHIR.value,
        message_id=message_id,
        at=recorded + timedelta(seconds=1),
        body=orjson.dumps(body),
    )
