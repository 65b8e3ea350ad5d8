"""Sends files as a publisher would, and tells what became of each."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import orjson
from rich.progress import Progress

from schemas.hl7v2 import bodies, is_hl7v2
from schemas.topics import ContentType

AT_ONCE = 8
POLL_S = 0.1
TRIES = 5
NDJSON = {".ndjson", ".jsonl"}
HL7V2 = {".hl7", ".er7"}
KNOWN = {".json", *NDJSON, *HL7V2}
HEAD_BYTES = 64
FIRST_STAGE = "intake"

Reached = dict[str, dict[str, dict[str, int]]]


class Piece(NamedTuple):
    """One message of a file: where it came from, where it goes; `unread`: why it cannot."""

    file: str
    body: bytes
    content_type: str
    unread: str | None = None


class Sent(NamedTuple):
    """What the door said of a piece; `position` is where Kafka has it, where it does."""

    file: str
    outcome: str
    reason: str | None
    position: str | None


async def publish_files(
    paths: Sequence[Path], url: str, source: str, sector: str, token: str, *, wait: bool
) -> dict[str, Any]:
    """The summary: published = accepted + duplicates + rejected, and each file's outcome.

    A file that cannot be read, or that the door cannot take now, counts as rejected with its
    reason. With `wait`, returns once every projection has what was sent.
    """
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Source": source,
        "X-Sector": sector,
    }
    pieces = [piece for path in paths for piece in pieces_of(path)]
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
        sent = await _send_all(client, pieces)
        if wait:
            await _until_projected(client, sent)
    return _summary(sent)


def pieces_of(path: Path) -> Iterator[Piece]:
    """The messages under a path: folders in name order, files message by message."""
    if path.is_dir():
        for inner in sorted(path.rglob("*")):
            if inner.is_file() and _holds_messages(inner):
                yield from pieces_of(inner)
        return
    try:
        yield from _messages(path, path.read_bytes())
    except OSError as error:
        yield Piece(str(path), b"", ContentType.FHIR, f"not read: {error.strerror}")


def _holds_messages(path: Path) -> bool:
    """By its name, else by how it begins: HL7 v2 is kept under all kinds of names."""
    if path.suffix.lower() in KNOWN:
        return True
    try:
        with path.open("rb") as opened:
            return is_hl7v2(opened.read(HEAD_BYTES))
    except OSError:
        return False


def _messages(path: Path, body: bytes) -> Iterator[Piece]:
    """One message, or those of a batch by their number, or those of an NDJSON file by their line.

    A batch file is no unit to its sender, so each message of it is accepted or refused alone.
    """
    suffix = path.suffix.lower()
    if suffix in HL7V2 or is_hl7v2(body):
        found = bodies(body)
        for number, one in enumerate(found, 1):
            name = f"{path}:{number}" if len(found) > 1 else str(path)
            yield Piece(name, one, ContentType.HL7V2)
    elif suffix in NDJSON:
        for number, line in enumerate(body.splitlines(), 1):
            if line.strip():
                yield Piece(f"{path}:{number}", line, ContentType.FHIR)
    else:
        yield Piece(str(path), body, ContentType.FHIR)


async def _send_all(client: httpx.AsyncClient, pieces: Sequence[Piece]) -> list[Sent]:
    places = asyncio.Semaphore(AT_ONCE)
    with Progress(transient=True, disable=len(pieces) < AT_ONCE, console=_stderr()) as shown:
        task = shown.add_task("publishing", total=len(pieces))

        async def one(piece: Piece) -> Sent:
            async with places:
                sent = await _send(client, piece)
            shown.advance(task)
            return sent

        return list(await asyncio.gather(*map(one, pieces)))


def _stderr() -> Any:
    from rich.console import Console

    return Console(stderr=True)


async def _send(client: httpx.AsyncClient, piece: Piece) -> Sent:
    if piece.unread:
        return Sent(piece.file, "rejected", piece.unread, None)
    headers = {"Content-Type": piece.content_type, **_request_ids()}
    for attempt in range(TRIES):
        try:
            answer = await client.post(_path(piece), content=piece.body, headers=headers)
        except httpx.TransportError as error:
            reason = f"not sent: {type(error).__name__}"
        else:
            if answer.status_code not in {429, 503}:
                return _sent(piece, answer)
            reason = f"not taken: {answer.status_code}"
        await asyncio.sleep(POLL_S * 2**attempt)
    return Sent(piece.file, "rejected", reason, None)


def _request_ids() -> dict[str, str]:
    """The names of a request that BaRS asks of whoever sends a message."""
    return {"X-Request-ID": str(uuid4()), "X-Correlation-ID": str(uuid4())}


def _path(piece: Piece) -> str:
    """Where a message goes: its own door, or the one that takes anything."""
    if piece.content_type is ContentType.HL7V2:
        return "/fhir"
    try:
        found = orjson.loads(piece.body)
    except orjson.JSONDecodeError:
        return "/fhir"
    is_message = isinstance(found, dict) and found.get("type") == "message"
    is_bundle = isinstance(found, dict) and found.get("resourceType") == "Bundle"
    return "/fhir/$process-message" if is_message and is_bundle else "/fhir"


def _sent(piece: Piece, answer: httpx.Response) -> Sent:
    said = answer.headers
    outcome = said.get("x-outcome") or "rejected"
    reason = None
    if outcome == "rejected":
        code = said.get("x-reason") or f"http-{answer.status_code}"
        reason = "; ".join([code, *_problems(answer)])
    return Sent(piece.file, outcome, reason, said.get("x-position"))


def _problems(answer: httpx.Response) -> Iterable[str]:
    """Every problem of an OperationOutcome, with its path."""
    try:
        found = answer.json()
    except ValueError:
        return
    if not isinstance(found, dict):
        return
    resources = [found, *(entry.get("resource", {}) for entry in found.get("entry", ()))]
    for resource in resources:
        for issue in resource.get("issue", ()):
            path = " ".join(issue.get("expression", ()))
            yield f"{path}: {issue.get('diagnostics', '')}".removeprefix(": ")


def _summary(sent: Sequence[Sent]) -> dict[str, Any]:
    count = Counter(one.outcome for one in sent)
    return {
        "published": len(sent),
        "accepted": count["accepted"],
        "duplicates": count["duplicate"],
        "rejected": count["rejected"],
        "outcomes": [
            {"file": one.file, "outcome": one.outcome, "reason": one.reason} for one in sent
        ],
    }


async def _until_projected(client: httpx.AsyncClient, sent: Sequence[Sent]) -> None:
    """Wait for intake to pass what was sent, then for the projections to pass what it made.

    A log that is shorter than what was sent to it was lost: there is nothing left to wait for.
    """
    wanted: dict[str, int] = {}
    for one in sent:
        partition, _, offset = (one.position or "").partition(":")
        if offset:
            wanted[partition] = max(wanted.get(partition, 0), int(offset) + 1)
    reached = await _reached(client)
    while any(_is_behind(reached[FIRST_STAGE][p], end) for p, end in wanted.items()):
        await asyncio.sleep(POLL_S)
        reached = await _reached(client)
    ends = _ends(reached)
    while not _passed(reached, ends):
        await asyncio.sleep(POLL_S)
        reached = await _reached(client)


def _is_behind(at: Mapping[str, int], wanted: int) -> bool:
    return at["done"] < min(wanted, at["end"])


def _ends(reached: Reached) -> dict[tuple[str, str], int]:
    return {
        (stage, partition): at["end"]
        for stage, partitions in reached.items()
        if stage != FIRST_STAGE
        for partition, at in partitions.items()
    }


def _passed(reached: Reached, ends: Mapping[tuple[str, str], int]) -> bool:
    return not any(_is_behind(reached[stage][p], end) for (stage, p), end in ends.items())


async def _reached(client: httpx.AsyncClient) -> Reached:
    for attempt in range(TRIES):
        answer = await client.get("/api/progress")
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        await asyncio.sleep(POLL_S * 2**attempt)
    answer.raise_for_status()
    reached: Reached = answer.json()
    return reached
