"""Whoever was mixed up with whom, and in whatever order it is told: who is who is seen."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import ContentType
from tests.builders import nhs_number
from tests.conformance.compared import differences
from tests.conformance.folded import folded
from tests.conformance.histories import AS_OF
from tests.conformance.scenario import Json, Sent
from tests.conformance.telling import hl7_time

SOURCES = ("HIST2", "HIST3")
BEGUN = datetime.fromisoformat("2026-02-02T09:00Z")
# Serials whose numbers are valid, each with a date of birth of its own.
NUMBERS = [number for serial in range(700_000, 700_020) if (number := nhs_number(serial))]
BIRTHS = [f"19{40 + year}0229" for year in (0, 4, 8)]


class Record(NamedTuple):
    """What one source keeps of a person under one number; `verified`: with their NHS number."""

    source: str
    number: str
    person: int
    verified: bool

    @property
    def name(self) -> str:
        return f"{self.source}/{self.number}"


class Join(NamedTuple):
    """Two records that a source said to be one person; `wrong`: it took that back later."""

    one: Record
    other: Record
    trigger: str
    wrong: bool


class Told(NamedTuple):
    records: list[Record]
    joins: list[Join]


@st.composite
def registers(draw: st.DrawFn) -> Told:
    """The records of some people at two hospitals, and the joins of them, right and wrong."""
    drawn = draw(st.lists(_records, min_size=2, max_size=6))
    records = [Record(s, f"P{n}", p, v) for n, (s, p, v) in enumerate(drawn)]
    joins: list[Join] = []
    for one, other in combinations(records, 2):
        if one.source == other.source and draw(st.booleans()):
            # Who is given up for two is in doubt, and nobody is joined on doubt.
            is_gone = any(join.other == other and join.trigger == "A40" for join in joins)
            trigger = "A24" if is_gone else draw(st.sampled_from(["A40", "A24"]))
            joins.append(Join(one, other, trigger, one.person != other.person))
    return Told(records, joins)


_records = st.tuples(st.sampled_from(SOURCES), st.integers(0, 2), st.booleans())


def groups(told: Told) -> list[list[str]]:
    """Who is one person: by one verified number, or by a join that stands."""
    found = [{record} for record in told.records]
    pairs = [
        (one, other)
        for one, other in combinations(told.records, 2)
        if one.person == other.person and one.verified and other.verified
    ]
    for one, other in [*pairs, *((j.one, j.other) for j in told.joins if not j.wrong)]:
        both = [group for group in found if one in group or other in group]
        found = [group for group in found if group not in both] + [set().union(*both)]
    return [sorted(record.name for record in group) for group in found]


def messages(told: Told) -> Iterator[Sent]:
    """Each record, each join, and after all of them what was taken back."""
    for record in told.records:
        yield _message("A28", 0, f"R{record.number}", _pid(record), source=record.source)
    for number, join in enumerate(told.joins):
        second = f"MRG|{_local(join.other)}" if join.trigger == "A40" else _pid(join.other)
        segments = (_pid(join.one), second)
        yield _message(join.trigger, 1 + number, f"J{number}", *segments, source=join.one.source)
        if join.wrong:
            segments = (_pid(join.one), _pid(join.other))
            at = 1 + len(told.joins) + number
            yield _message("A37", at, f"B{number}", *segments, source=join.one.source)


def _message(trigger: str, hours: int, control: str, *segments: str, source: str) -> Sent:
    at = hl7_time(BEGUN + timedelta(hours=hours))
    header = rf"MSH|^~\&|PAS|{source}|TL|TL|{at}||ADT^{trigger}|{control}|P|2.5"
    body = "\r".join((header, f"EVN|{trigger}|{at}||||{at}", *segments))
    return Sent(source, ContentType.HL7V2, body.encode())


def _pid(record: Record) -> str:
    number = f"~{NUMBERS[record.person]}^^^NHS^NH" if record.verified else ""
    status = "|" * 24 + "01" if record.verified else ""
    return f"PID|1||{_local(record)}{number}||X^Y||{BIRTHS[record.person]}|F{status}"


def _local(record: Record) -> str:
    return f"{record.number}^^^{record.source}^MR"


@given(told=registers(), data=st.data())
def test_who_is_who_is_seen_in_any_order(told: Told, data: st.DataObject) -> None:
    sent = list(messages(told))
    order = data.draw(st.permutations(sent))
    cut = data.draw(st.integers(0, len(order)))
    wanted: Json = {"people": {"same": groups(told)}}
    seen = folded([order[:cut], order[cut:], order[:1]], wanted, SOURCES[0], AS_OF)
    assert differences(SOURCES[0], wanted, seen) == []
