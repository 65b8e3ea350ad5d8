"""The conformance scenarios as they are written: `scenarios/*.yaml`, which its README explains."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import yaml

from schemas.inbound import Inbound, content_id
from schemas.topics import ContentType

Json = dict[str, Any]

FOLDER = Path(__file__).parent / "scenarios"
SCHEMA = FOLDER / "schema.json"
SECTOR = "acute"


class Format(StrEnum):
    """In which format a scenario's messages are sent."""

    HL7V2 = "hl7v2"
    FHIR = "fhir"
    BOTH = "both"


class Sent(NamedTuple):
    """One message: who sends it, in which format, and its bytes.

    `headers`: of HTTP, beside the usual. `answer`: what the door is to say of it, where that is
    what the scenario is about; such a message is not sent twice by chance.
    """

    source: str
    kind: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    answer: Json | None = None

    @property
    def is_kept(self) -> bool:
        """False where the door is to refuse it before it is anything at all."""
        return self.answer is None or self.answer.get("status") != HTTPStatus.BAD_REQUEST

    def received(self, at: datetime) -> Inbound:
        return Inbound(self.body, self.source, SECTOR, self.kind, content_id(self.body), at)


class Step(NamedTuple):
    """What arrives, and what is to be expected once it and all before it is there."""

    why: str
    messages: Json
    expected: Json


class Scenario(NamedTuple):
    """A scenario; `steps` are the first messages and those that arrive later."""

    id: str
    title: str
    why: str
    source: str
    as_of: datetime
    apart: str | None
    together: str | None
    steps: tuple[Step, ...]

    @property
    def formats(self) -> tuple[Format, ...]:
        """The formats in which it can be told; both at once where they tell of the same things."""
        each = tuple(
            kind
            for kind in (Format.HL7V2, Format.FHIR)
            if all(kind in step.messages for step in self.steps)
        )
        if self.together:
            return (Format.BOTH,)
        return (*each, Format.BOTH) if len(each) > 1 and not self.apart else each

    def sent(self, step: int, format_: Format) -> list[Sent]:
        """The messages of one step, in the order in which they are written."""
        return [
            message
            for kind in ([format_] if format_ is not Format.BOTH else [Format.HL7V2, Format.FHIR])
            for message in _sent(self.source, kind, self.steps[step].messages.get(kind, ()))
        ]


def _sent(source: str, kind: Format, written: Sequence[Any]) -> Iterator[Sent]:
    for one in written:
        is_plain = isinstance(one, str) or "resourceType" in one
        said: Json = {} if is_plain else one
        by = said.get("source", source)
        headers = tuple(said.get("headers", {}).items())
        if kind is Format.HL7V2:
            text: str = said.get("message", one)
            body = text.strip().replace("\n", "\r").encode()
            yield Sent(by, ContentType.HL7V2, body, headers, said.get("answer"))
        else:
            body = orjson.dumps(said.get("resource", one))
            yield Sent(by, ContentType.FHIR, body, headers, said.get("answer"))


def moment(written: str | None) -> datetime | None:
    """A time of a scenario in UTC; None: not yet."""
    return datetime.fromisoformat(written).astimezone(UTC) if written is not None else None


def written(path: Path) -> Json:
    """A scenario's file as it stands."""
    found: Json = yaml.safe_load(path.read_text())
    return found


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.yaml"))


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Every scenario, by its id."""
    return tuple(_scenario(written(path)) for path in files())


def _scenario(one: Json) -> Scenario:
    first = Step(one["why"], one["messages"], one["expect"])
    later = [Step(s["why"], s["messages"], s["expect"]) for s in one.get("later", ())]
    as_of = datetime.fromisoformat(one["as_of"]).astimezone(UTC)
    return Scenario(
        one["id"],
        one["title"],
        one["why"],
        one["source"],
        as_of,
        one.get("apart"),
        one.get("together"),
        (first, *later),
    )
