"""A database with the stories of a region's people: every fact of them, and what each one says.

1,000,000 people with five facts each, a few with a thousand. The facts are what intake and the
timeline make of real resources, multiplied in SQL; kept between runs.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
import orjson
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.kept import kept, run_each
from schemas.events import CareEvent, Sector, encode
from schemas.inbound import Inbound
from schemas.tables import facts, identities, stays, timeline, traits
from schemas.topics import ContentType
from streams.intake.read import Limits, read
from streams.timeline.entries import entries_of

SOURCE, PRACTICE = "ZT1", "ZP0001"
# Who has a long story, and how many facts it has.
LONG_STORIES, LONG = 100, 1_000
_PRACTITIONERS: Final = 1_000
_VERSION: Final = "1"
_LIMITS: Final = Limits(max_bytes=100_000, max_depth=64)
# What stands in a template for the person, the fact, the author and the moments of a row.
_PERSON, _FACT, _AUTHOR = "pPPPPPPP", "nNNNNNNN", "aAAAAAAA"
_START, _END = "2001-02-03T04:05:06Z", "2001-02-04T05:06:07Z"
_AT: Final = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)

_Json = dict[str, Any]


def _coded(code: str, display: str) -> _Json:
    return {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": display}]}


def _resources() -> Iterator[_Json]:
    """What is known of each person, a resource for each."""
    subject = {"reference": f"Patient/{_PERSON}"}
    author = {"reference": f"Practitioner/{_AUTHOR}"}
    period = {"start": _START, "end": _END}
    code_system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    yield {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": code_system, "code": "IMP"},
        "subject": subject,
        "period": period,
        "participant": [{"individual": author}],
    }
    yield {
        "resourceType": "Observation",
        "status": "final",
        "code": _coded("75367002", "Blood pressure"),
        "subject": subject,
        "performer": [author],
        "effectiveDateTime": _START,
        "valueString": "148/90, sitting; to be repeated in a week",
    }
    yield {
        "resourceType": "Condition",
        "code": _coded("73211009", "Diabetes mellitus"),
        "subject": subject,
        "recorder": author,
        "recordedDate": _START,
    }
    yield {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": code_system, "code": "HH"},
        "subject": subject,
        "period": period,
        "participant": [{"individual": author}],
    }


_PATIENT: Final[_Json] = {
    "resourceType": "Patient",
    "id": _PERSON,
    "name": [{"family": "Example", "given": ["Person"], "text": "Person Example"}],
    "gender": "female",
    "birthDate": "1948-05-06",
    "generalPractitioner": [{"identifier": {"value": PRACTICE}}],
}


class _Template(NamedTuple):
    """A fact and its timeline entries as text; an id in each that stands for the row's own."""

    event: CareEvent

    @property
    def bytes_of_event(self) -> str:
        return encode(self.event).decode()

    @property
    def entries(self) -> str:
        return msgspec.json.encode(entries_of(self.event)).decode()


def _template(resource: _Json) -> _Template:
    body = orjson.dumps({"id": _FACT, "meta": {"lastUpdated": _START}} | resource)
    received = Inbound(body, SOURCE, Sector.ACUTE, ContentType.FHIR, f"m-{_FACT}", _AT)
    (event,) = read(received, _LIMITS)
    return _Template(event)


# `made`: a row for each fact, of person p, the n-th of all, by the author a, at a moment.
_OF_EVERYBODY: Final = """
select p, p * 8 + {place} as n, p % {authors} as a, timestamptz '2026-11-25 12:00+00'
  - (p * 7919::bigint % 1000 + {place}) * interval '1 day' as at
from generate_series(1, {people}) p"""
_AUTHORS: Final = """
select a as p, 900000000 + a as n, a, timestamptz '2020-01-01' as at
from generate_series(0, {authors}) a"""
_OF_FEW: Final = """
select p, 100000000 + p * 10000 + g * 8 + {place} as n, g % {authors} as a,
  timestamptz '2026-11-25 12:00+00' - (g * 4 + {place}) * interval '7 hours' as at
from generate_series(1, {long_stories}) p, generate_series(1, {long} / 4) g"""
_FILLED: Final = (
    "replace(replace(replace(replace(replace(replace({text}, '{person}', 'p' || p),"
    " '{fact}', 'n' || n), '{author}', 'a' || a), '{start}', {at}), '{end}', {until}), '{id}', id)"
)
_MOMENT: Final = "to_char(({at}) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
_FACTS: Final = """
with made as ({made}), rows as (select *, md5('fact ' || n) as id from made), stored as (
  insert into facts (event_id, source, sector, kind, thread, version, message_id, subject,
    recorded, received, event)
  select id::uuid, '{source}', '{sector}', '{kind}', {thread}, '{version}', 'm-' || n, {subject},
    at, at, convert_to({event}, 'UTF8')
  from rows
)
insert into timeline (event_id, subject, thread, version, entries)
select id::uuid, {subject}, {thread}, '{version}', ({entries})::json from rows
where {subject} is not null
"""
_IDENTITIES: Final = """
insert into identities (key, own_id, person_id)
select '{source}/Patient/p' || p, md5('own ' || p)::uuid, md5('person ' || p)::uuid
from generate_series(1, {people}) p
"""
_TRAITS: Final = """
insert into traits (event_id, number, kind, subject, source, thread, version, recorded, said)
select md5('trait ' || p)::uuid, 0, 'person', '{source}/Patient/p' || p, '{source}',
  '{source}|Patient/p' || p, '1', '2026-11-20 12:00+00',
  jsonb_build_object('birth', '1948-05-06', 'practice', '{practice}')
from generate_series(1, {people}) p
"""
_STAYS: Final = """
insert into stays (source, visit, revision, facts, subject, status, class, setting, provider,
  admitted_at, discharged_at, segments, leaves, nights, flags)
select '{source}', 'n' || (p * 8 + 1), 1, '[]', '{source}/Patient/p' || p, 'finished', 'IMP',
  'bed', '{source}', at, at + interval '1 day', '[]', '[]', '[]', '{{}}'
from ({made}) made
"""


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _statement(template: _Template, made: str, place: str) -> str:
    event = template.event
    values = {"person": _PERSON, "fact": _FACT, "author": _AUTHOR, "start": _START, "end": _END}
    values |= {"id": event.id, "at": _MOMENT.format(at="at")}
    values |= {"until": _MOMENT.format(at="at + interval '25 hours'")}

    def filled(value: str) -> str:
        return _FILLED.format(text=_quoted(value), **values)

    return _FACTS.format(
        made=made,
        source=SOURCE,
        sector=event.sector,
        kind=event.kind,
        version=event.version,
        thread=filled(event.thread),
        subject=filled(event.subject) if event.subject else "null::text",
        event=filled(template.bytes_of_event),
        entries=filled(template.entries) if event.subject else "'[]'",
    )


def _statements(people: int) -> Iterator[tuple[str, str]]:
    sizes: Mapping[str, int] = {
        "people": people,
        "authors": _PRACTITIONERS,
        "long_stories": LONG_STORIES,
        "long": LONG,
    }
    yield "identities", _IDENTITIES.format(source=SOURCE, **sizes)
    yield "traits", _TRAITS.format(source=SOURCE, practice=PRACTICE, **sizes)
    everybody = _OF_EVERYBODY.format(place=1, **sizes)
    yield "stays", _STAYS.format(source=SOURCE, made=everybody)
    practitioner = {"resourceType": "Practitioner", "id": _AUTHOR, "name": [{"text": "Dr Example"}]}
    authors = _AUTHORS.format(**sizes)
    yield "practitioners", _statement(_template(practitioner), authors, "0")
    patients = _OF_EVERYBODY.format(place=0, **sizes)
    yield "Patient", _statement(_template(_PATIENT), patients, "0")
    for place, resource in enumerate(_resources(), 1):
        template = _template(resource)
        for made in (_OF_EVERYBODY, _OF_FEW):
            yield (
                template.event.kind,
                _statement(template, made.format(place=place, **sizes), str(place)),
            )


async def _without_indexes(tx: AsyncConnection, tables: tuple[Table, ...], *, drop: bool) -> None:
    """Indexes are made faster of rows that are there."""
    for table in tables:
        for index in table.indexes:
            await tx.run_sync(index.drop if drop else index.create)


async def _fill(people: int, tx: AsyncConnection) -> None:
    tables = (facts, timeline, traits, stays, identities)
    await _without_indexes(tx, tables, drop=True)
    await run_each(tx, _statements(people))
    await _without_indexes(tx, tables, drop=False)


def stories_of(people: int) -> AbstractAsyncContextManager[str]:
    """The address of a database with the stories of so many, filled where it is not yet."""
    return kept(f"stories-{_VERSION}-{people}", partial(_fill, people), durable=True)
