"""The tables of an example as the messages that their sources publish."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from schemas.events import CareEvent
from schemas.topics import ContentType
from streams.flow.encounter import PLANNED_END
from tests.builders import (
    Json,
    at_ward,
    encounter,
    event_of,
    events_of,
    nhs_identifier,
    nhs_number,
    of_kind,
)
from tests.measures.example import Example, Row, london

OURS: Final = "https://throughline.example/fhir"
SNOMED: Final = "http://snomed.info/sct"
ODS: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
ETHNIC: Final = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory"
# Where it is not written who knew of something.
USUAL: Final = "RX1"
_SITES: Final = {"RX1": "S1", "RX2": "S2"}
_WRITTEN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def published(example: Example) -> list[CareEvent]:
    """Every fact of an example, in the order of its tables."""
    return [
        event
        for name, rows in example.tables.items()
        for number, row in enumerate(rows, 1)
        for event in _TABLES[name](row, number, example)
    ]


Publish = Callable[[Row, int, Example], Iterator[CareEvent]]


def _people(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    """A Patient of every source that speaks of the person, with one verified NHS number."""
    for source in sorted(_sources(row["person"], example)):
        yield _event("Patient", row["person"], source, **_patient(row, number))


def _sources(person: str, example: Example) -> set[str]:
    rows = (row for name, rows in example.tables.items() if name != "people" for row in rows)
    spoken = {row.get("at", USUAL) for row in rows if row.get("person") == person}
    return spoken or {USUAL}


def _patient(row: Row, number: int) -> Json:
    valid = [found for serial in range(100) if (found := nhs_number(serial))]
    identifier = nhs_identifier(row.get("nhs", valid[number]), status="01")
    residence = [_extension("residence", valueCode=row["lives"])] if "lives" in row else None
    home = _said_only(postalCode=row.get("postcode"), extension=residence)
    return _said_only(
        identifier=[identifier],
        birthDate=row.get("born"),
        gender=row.get("sex"),
        deceasedDateTime=row.get("died"),
        address=[home] if home else None,
        generalPractitioner=[_organisation(row["practice"])] if "practice" in row else None,
        extension=[_ethnic(row["ethnicity"])] if "ethnicity" in row else None,
    )


def _ethnic(code: str) -> Json:
    return {"url": ETHNIC, "valueCodeableConcept": {"coding": [{"code": code}]}}


def _visits(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    """An Encounter; `ward` is one, or several: `A, B since 2026-03-30 14:00`."""
    source = row.get("at", USUAL)
    is_over = "until" in row or row.get("status") == "finished"
    elements: Json = {
        "status": row.get("status", "finished" if is_over else "in-progress"),
        "class": {"code": row.get("class", "IMP")},
        "subject": {"reference": f"Patient/{row['person']}"} if "person" in row else None,
        "period": _period(row),
        "location": list(_places(row, source)),
        "statusHistory": [_leave(row["away"])] if "away" in row else None,
        "extension": [_expected(row["expected"])] if "expected" in row else None,
    }
    yield event_of(_said_only(**encounter(id=row["visit"], **elements)), source=source)


def _places(row: Row, source: str) -> Iterator[Json]:
    if source in _SITES:
        yield at_ward(_SITES[source], physicalType=of_kind("si"))
    for place in row.get("ward", "").split(", "):
        ward, _, since = place.partition(" since ")
        if ward:
            yield at_ward(ward, _said(since or row["from"]))


def _leave(away: str) -> Json:
    start, _, end = away.partition(" to ")
    return {"status": "onleave", "period": _said_only(start=_said(start), end=_said(end))}


def _expected(at: str) -> Json:
    return {"url": PLANNED_END, "valueDateTime": _said(at)}


def _ready(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    yield _discharge_flag(row, f"ready{number}", "ready")


def _pathways(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    yield _discharge_flag(row, f"pathway{number}", f"pathway-{row['pathway']}")


def _reasons(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    yield _discharge_flag(row, f"reason{number}", f"delay-{row['reason']}")


def _discharge_flag(row: Row, name: str, code: str) -> CareEvent:
    about = {"encounter": {"reference": f"Encounter/{row['visit']}"}}
    return _flag(row, name, "discharge", code, **about)


def _flags(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    """Flags of a target group."""
    yield _flag(row, f"flag{number}", "cohort", row["flag"])


def _flag(row: Row, name: str, system: str, code: str, **elements: Json) -> CareEvent:
    return _event(
        "Flag",
        name,
        row.get("at", USUAL),
        status="active",
        code={"coding": [{"system": f"{OURS}/CodeSystem/{system}", "code": code}]},
        subject={"reference": f"Patient/{row['person']}"},
        period=_period(row),
        **elements,
    )


def _conditions(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    """Conditions by their SNOMED CT code."""
    yield _event(
        "Condition",
        f"condition{number}",
        row.get("at", USUAL),
        code={"coding": [{"system": SNOMED, "code": row["code"]}]},
        subject={"reference": f"Patient/{row['person']}"},
        onsetDateTime=row["from"],
        **_said_only(abatementDateTime=row.get("until")),
    )


def _groups(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    """One member of a register."""
    entity = {"reference": f"Patient/{row['person']}"}
    yield _event(
        "Group",
        f"group{number}",
        row.get("at", USUAL),
        type="person",
        actual=True,
        code={"coding": [{"system": f"{OURS}/CodeSystem/cohort", "code": row["group"]}]},
        member=[{"entity": entity, "period": _days(row)}],
    )


def _days(row: Row) -> Json:
    return _said_only(start=row.get("from"), end=row.get("until"))


def _referrals(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    """The sender's request, the receiver's answers to it and its first contact."""
    sender, receiver, name = row.get("at", USUAL), row["to"], f"R{number}"
    identifier = {"system": "https://fhir.nhs.uk/Id/UBRN", "value": f"7000{number}"}
    about = {"identifier": identifier, "type": "ServiceRequest"}
    request = {
        "identifier": [identifier],
        "status": "active",
        "intent": "order",
        "priority": row.get("priority"),
        "subject": {"reference": f"Patient/{row['person']}"},
        "authoredOn": _said(row["sent"]),
        "requester": _organisation(sender),
        "performer": [_organisation(receiver)],
    }
    yield _event("ServiceRequest", name, sender, row["sent"], **_said_only(**request))
    task = {"intent": "order", "focus": about, "owner": _organisation(receiver)}
    steps = {"accepted": "accepted", "rejected": "rejected", "closed": "completed"}
    for step, status in steps.items():
        if step in row:
            yield _event("Task", f"T{number}", receiver, row[step], status=status, **task)
    if "contact" in row:
        yield _event(
            "Communication",
            f"C{number}",
            receiver,
            row["contact"],
            status="completed",
            about=[about],
            subject={"reference": f"Patient/{row['person']}"},
            recipient=[{"reference": f"Patient/{row['person']}"}],
            sent=_said(row["contact"]),
        )


def _surveys(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    """Answers to a known form, one number for each item."""
    answers = [int(answer) for answer in row["answers"].split()]
    items = [{"linkId": f"{n}", "answer": [{"valueInteger": a}]} for n, a in enumerate(answers, 1)]
    yield _response(row, f"survey{number}", row["form"], items)


def _asked(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    """What a person was asked, in words, and what they answered."""
    items = [
        {"linkId": f"{n}", "text": words, "answer": [{"valueString": "Yes"}]}
        for n, words in enumerate(row["questions"].split("; "), 1)
    ]
    yield _response(row, f"asked{number}", f"form-of-{row.get('at', USUAL)}", items)


def _response(row: Row, name: str, form: str, items: list[Json]) -> CareEvent:
    person = {"subject": {"reference": f"Patient/{row['person']}"}} if "person" in row else {}
    return _event(
        "QuestionnaireResponse",
        name,
        row.get("at", USUAL),
        status="completed",
        questionnaire=f"https://throughline.example/Questionnaire/{form}",
        authored=_said(row["on"]),
        item=items,
        **person,
    )


def _posts(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    yield _event(
        "PractitionerRole",
        f"post{number}",
        row["at"],
        active=row.get("active") != "no",
        **_said_only(period=_said_only(start=row.get("since"), end=row.get("until"))),
        organization=_organisation(row["at"]),
        healthcareService=[{"identifier": {"value": row["service"]}}],
        extension=[_extension("whole-time-equivalent", valueDecimal=float(row["wte"]))],
    )


def _beds(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    """A ward that tells how many of its beds have staff."""
    source = row.get("at", USUAL)
    yield _event(
        "Location",
        f"ward{number}",
        source,
        row["since"],
        status="active",
        identifier=[{"value": row["ward"]}],
        managingOrganization=_organisation(source),
        partOf={"identifier": {"value": _SITES[source]}},
        extension=[_extension("staffed-beds", valueInteger=int(row["beds"]))],
    )


def _messages(row: Row, number: int, example: Example) -> Iterator[CareEvent]:
    """HL7 v2, by its trigger: `at` the time of the event, `written` when the message was made."""
    at, source = _v2(row["time"]), row.get("at", USUAL)
    written = _v2(row.get("written", row["time"]))
    place = f"{row['ward']}^^^{_SITES[source]}" if "ward" in row else ""
    lines = [
        f"MSH|^~\\&|PAS|{source}|||{written}||ADT^{row['trigger']}|M{number}|P|2.5",
        f"EVN|{row['trigger']}|{written}||||{at}",
        f"PID|1||{row['person']}^^^{source}^MR",
        f"PV1|1|{row.get('class', 'I')}|{place}||||||||||||||||{row['visit']}",
    ]
    body = ("\r".join(lines) + "\r").encode()
    yield from events_of(body, content_type=ContentType.HL7V2, source=source)


def _event(kind: str, name: str, source: str, written: str = "", **elements: object) -> CareEvent:
    at = london(written) if written else _WRITTEN
    meta = {"lastUpdated": at.isoformat(), "versionId": "1"}
    return event_of(
        {"resourceType": kind, "id": name, "meta": meta, **elements},
        source=source,
        received=at + timedelta(seconds=1),
    )


def _extension(name: str, **value: object) -> Json:
    return {"url": f"{OURS}/StructureDefinition/{name}", **value}


def _organisation(code: str) -> Json:
    return {"type": "Organization", "identifier": {"system": ODS, "value": code}}


def _period(row: Row) -> Json:
    return _said_only(start=_said(row.get("from")), end=_said(row.get("until")))


def _said(at: str | None) -> str | None:
    return london(at).isoformat() if at else None


def _v2(at: str) -> str:
    return london(at).strftime("%Y%m%d%H%M%S%z")


def _said_only(**elements: object) -> Json:
    return {name: value for name, value in elements.items() if value not in (None, [], {})}


_TABLES: Final[Mapping[str, Publish]] = {
    "people": _people,
    "visits": _visits,
    "ready": _ready,
    "pathways": _pathways,
    "reasons": _reasons,
    "flags": _flags,
    "conditions": _conditions,
    "groups": _groups,
    "referrals": _referrals,
    "surveys": _surveys,
    "asked": _asked,
    "posts": _posts,
    "beds": _beds,
    "messages": _messages,
}
