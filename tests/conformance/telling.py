"""A history as its source tells it: HL7 v2 messages as they are written, FHIR states in between."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import orjson
from hypothesis import strategies as st

from schemas.times import LONDON
from schemas.topics import ContentType
from tests.conformance.histories import (
    LONGEST_GAP,
    MINUTE,
    WARDS,
    Happening,
    History,
    Naming,
    stay,
)
from tests.conformance.scenario import Json, Sent

SOURCE, VISIT, PERSON = "HIST1", "V1", "P1"
CANCELS = {"A02": "A12", "A03": "A13", "A21": "A52", "A22": "A53"}
CLASSES = {"A04": "E"}


# What is told of a person in a bed beside all that, and changes nothing.
NOISE = ("A08", "A09", "A10", "A15", "A16", "A25", "A26", "A31", "A54", "A60", "A97")


class Written(NamedTuple):
    """A message, and when it was written."""

    at: datetime
    message: Sent


def messages(history: History, *, repeats: bool = True) -> list[Written]:
    """Every message of the history, in the order of writing.

    `repeats`: a cancel that names what it undoes is told twice, in two messages.
    """
    return sorted([*_happened(history), *_cancelled(history, repeats=repeats)])


def noise(draw: st.DrawFn, history: History) -> list[Written]:
    """Messages of other triggers, written at any time after the first thing happened."""
    begun = history.happenings[0]
    return [
        _written(trigger, at, at, ward, "", f"N{number}")
        for number, (trigger, ward, minutes) in enumerate(draw(st.lists(_noises, max_size=4)))
        for at in [begun.at + minutes * MINUTE]
    ]


_noises = st.tuples(st.sampled_from(NOISE), st.sampled_from(WARDS), st.integers(1, LONGEST_GAP))


def _happened(history: History) -> Iterator[Written]:
    for number, one in enumerate(history.happenings):
        prior = _ward(history.believed(one.recorded), before=one.at)
        kind = CLASSES.get(one.trigger, "I")
        yield _written(one.trigger, one.at, one.recorded, one.ward, prior, f"M{number}", kind)


def _cancelled(history: History, *, repeats: bool) -> Iterator[Written]:
    for number, one in enumerate(history.happenings):
        if one.cancelled is None:
            continue
        at = {Naming.EVENT: one.at, Naming.OWN: one.cancelled, Naming.NOTHING: None}[one.naming]
        here = _ward(history.believed(one.cancelled), before=one.at)
        for again in range(2 if repeats and one.naming is Naming.EVENT else 1):
            written, control = one.cancelled + again * MINUTE, f"C{number}-{again}"
            yield _written(CANCELS[one.trigger], at, written, here, one.ward, control)


def _ward(happenings: Iterable[Happening], *, before: datetime) -> str:
    """Where somebody was just before a moment, as far as these happenings tell."""
    wards = [o.ward for o in happenings if o.at < before and o.trigger not in {"A21", "A22", "A03"}]
    return wards[-1] if wards else ""


def _written(
    trigger: str,
    at: datetime | None,
    recorded: datetime,
    ward: str,
    prior: str,
    control: str,
    kind: str = "I",
) -> Written:
    """One message; only a move and its cancel say where somebody came from."""
    written = hl7_time(recorded)
    was = prior if trigger in {"A02", "A12"} else ""
    segments = (
        rf"MSH|^~\&|PAS|{SOURCE}|TL|TL|{written}||ADT^{trigger}|{control}|P|2.5",
        f"EVN|{trigger}|{written}||||{hl7_time(at) if at else ''}",
        f"PID|1||{PERSON}^^^{SOURCE}^MR||EXAMPLE^ANN||19480229|F",
        f"PV1|1|{kind}|{ward}|||{was}|||||||||||||{VISIT}",
    )
    body = "\r".join(segments).encode()
    return Written(recorded, Sent(SOURCE, ContentType.HL7V2, body))


def hl7_time(at: datetime) -> str:
    """London's time, with its offset only where the clock showed it twice."""
    here = at.astimezone(LONDON)
    twice = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    return here.strftime("%Y%m%d%H%M%z" if twice else "%Y%m%d%H%M")


def state(history: History, at: datetime) -> Sent:
    """The Encounter as its source took it to be at a moment, when something was written already."""
    believed = history.believed(at)
    seen = stay(believed)
    encounter: Json = {
        "resourceType": "Encounter",
        "id": VISIT,
        "meta": {"lastUpdated": at.isoformat()},
        "status": "finished" if seen["status"] == "finished" else "in-progress",
        "statusHistory": [
            {"status": "onleave", "period": _period(leave["start"], leave["end"])}
            for leave in seen["leaves"]
        ],
        "class": {"code": seen["class"]},
        "classHistory": _classes(believed, seen),
        "subject": {"reference": f"Patient/{PERSON}"},
        "period": _period(believed[0].at, seen["discharged_at"]),
        "location": [
            {
                "location": {"identifier": {"value": segment["ward"]}},
                "period": _period(segment["start"], segment["end"]),
            }
            for segment in seen["segments"]
        ],
    }
    told = {name: value for name, value in encounter.items() if value}
    return Sent(SOURCE, ContentType.FHIR, orjson.dumps(told))


def _classes(believed: Sequence[Happening], seen: Json) -> list[Json]:
    arrived = believed[0].trigger == "A04"
    if not arrived or seen["class"] == "EMER":
        return []
    admitted = seen["admitted_at"]
    return [
        {"class": {"code": "EMER"}, "period": _period(believed[0].at, admitted)},
        {"class": {"code": "IMP"}, "period": _period(admitted, None)},
    ]


def _period(start: datetime, end: datetime | None) -> Json:
    return {"start": start.isoformat()} | ({"end": end.isoformat()} if end else {})
