"""Every example message through the running product: taken or refused, never lost, never twice."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from schemas.errors import Reason, Reject
from schemas.events import CareEvent
from schemas.inbound import Inbound, content_id
from schemas.topics import ContentType
from streams.intake.read import Limits, read
from streams.rejects.projector import reject_id
from tests.running import Up, printed, up

Json = dict[str, Any]

EXAMPLES = Path(__file__).parents[3] / "shared" / "examples"
SOURCE = "EX1"
LIMITS = Limits(max_bytes=10 << 20, max_depth=64)
SUFFIXES = {".json", ".hl7"}

pytestmark = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="the example messages are not at ../shared/examples"
)

Outcomes = dict[Path, Json]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("publish") / "stack") as found:
        yield found


@pytest.fixture(scope="module")
def summary(running: Up) -> Json:
    """What publishing all of the examples said."""
    return running.publish(EXAMPLES, source=SOURCE)


@pytest.fixture(scope="module")
def outcomes(summary: Json) -> Outcomes:
    return {Path(one["file"]): one for one in summary["outcomes"]}


def examples() -> list[Path]:
    return sorted(path for path in EXAMPLES.rglob("*") if path.suffix in SUFFIXES)


def events_in(path: Path) -> list[CareEvent]:
    """What intake reads in a file that was accepted."""
    body = path.read_bytes()
    now = datetime.now(UTC)
    message = Inbound(body, SOURCE, "unknown", ContentType.FHIR, content_id(body), now)
    return read(message, LIMITS)


def taken(outcomes: Outcomes, folder: str = "") -> list[Path]:
    """The files under a folder that became facts, by this message or by an equal one before."""
    return [
        path
        for path, one in outcomes.items()
        if one["outcome"] != "rejected" and path.is_relative_to(EXAMPLES / folder)
    ]


async def count(running: Up, query: str) -> int:
    database = create_async_engine(str(running.said["database"]))
    async with database.connect() as connection:
        found: int = (await connection.execute(text(query))).scalar_one()
    await database.dispose()
    return found


def test_every_file_has_one_outcome(summary: Json, outcomes: Outcomes) -> None:
    assert sorted(outcomes) == examples()
    assert summary["published"] == len(examples())
    assert summary["published"] == (
        summary["accepted"] + summary["duplicates"] + summary["rejected"]
    )
    assert summary["accepted"] > 500


def test_what_is_rejected_says_why_and_what_is_taken_needs_no_reason(outcomes: Outcomes) -> None:
    for path, one in outcomes.items():
        if one["outcome"] == "rejected":
            code, _, words = one["reason"].partition("; ")
            assert words, path
            assert code != "invalid" or ": " in words, path
        else:
            assert one["reason"] is None, path


def test_every_hl7_v2_file_is_taken(outcomes: Outcomes) -> None:
    taken_files = [path for path in taken(outcomes) if path.suffix == ".hl7"]
    assert len(taken_files) == 93


async def test_the_facts_are_those_of_the_files_that_were_taken(
    running: Up, outcomes: Outcomes
) -> None:
    expected = {event.id for path in taken(outcomes) for event in events_in(path)}
    assert await count(running, "select count(*) from facts") == len(expected)


async def test_the_rejects_are_the_files_that_were_rejected(
    running: Up, outcomes: Outcomes
) -> None:
    rejected = [path for path, one in outcomes.items() if one["outcome"] == "rejected"]
    expected = {str(reject_id(SOURCE, path.read_bytes())) for path in rejected}
    listed = printed("rejects", "list", "--url", running.url, "--json")
    withheld = [row for row in listed if row["reason"] == Reason.MESSAGE_KEY_REUSED]
    assert {row["reject_id"] for row in listed if row not in withheld} == expected
    assert len(withheld) == keys_reused(outcomes)
    assert all(row["problems"] for row in listed)
    assert await count(running, "select count(*) from rejects") == len(listed)


def keys_reused(outcomes: Outcomes) -> int:
    """How many contents of HL7 v2 messages claim a key that another content holds."""
    claims = {
        (event.message_id, event.version.rpartition(".")[2])
        for path in taken(outcomes)
        for event in events_in(path)
        if event.is_hl7v2
    }
    return len(claims) - len({key for key, _ in claims})


def test_every_projection_agrees_with_the_facts(running: Up, summary: Json) -> None:
    assert summary["rejected"] > 0
    agreed = running.with_database("verify", "--json")
    assert (agreed.returncode, json.loads(agreed.stdout)) == (0, [])


@pytest.mark.parametrize(
    ("folder", "files"), [("davinci-alerts", 6), ("synthea-r4", 8), ("bars-api", 14)]
)
async def test_known_good_messages_are_on_timelines(
    running: Up, outcomes: Outcomes, folder: str, files: int
) -> None:
    paths = taken(outcomes, folder)
    assert len(paths) >= files
    # Another file may tell a later state of the same thing: then that is what is shown.
    threads = {event.id: event.thread for path in taken(outcomes) for event in events_in(path)}
    told = {event.thread for path in paths for event in events_in(path) if event.subject}
    assert told
    assert told <= {threads[event] for event in await shown(running)}


async def shown(running: Up) -> set[str]:
    """Every fact on anybody's timeline, asked of the API person by person."""
    people = await people_of(running)
    found: set[str] = set()
    with running.visited_by("clinician") as client:
        for person in people:
            running.opens(client, person)
            found |= {line["event_id"].replace("-", "") for line in lines(client, person)}
    return found


async def people_of(running: Up) -> list[str]:
    database = create_async_engine(str(running.said["database"]))
    async with database.connect() as connection:
        rows = await connection.execute(text("select distinct person_id::text from identities"))
        found = [row.person_id for row in rows]
    await database.dispose()
    return found


def lines(client: httpx.Client, person: str) -> Iterator[Json]:
    """Every line of a person's timeline, page by page."""
    after: Json = {}
    while True:
        params = {"limit": "500", **after}
        page = client.get(f"/api/people/{person}/timeline", params=params).raise_for_status()
        yield from page.json()["entries"]
        if page.json()["next"] is None:
            return
        after = {"after": page.json()["next"]}


def test_a_person_of_a_message_is_found_by_name_and_birth(running: Up, summary: Json) -> None:
    assert summary["accepted"]
    bundle = orjson.loads(next((EXAMPLES / "synthea-r4").glob("*.json")).read_bytes())
    patient = next(
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "Patient"
    )
    asked = {"name": patient["name"][0]["family"], "birth_date": patient["birthDate"]}
    with running.visited_by("clinician") as client:
        (person,) = client.post("/api/people/search", json=asked).raise_for_status().json()
        running.opens(client, person["person_id"])
        assert list(lines(client, person["person_id"]))


def test_a_file_that_was_taken_is_a_duplicate_the_next_time(
    running: Up, summary: Json, outcomes: Outcomes
) -> None:
    again = running.publish(EXAMPLES, source=SOURCE)
    assert again["accepted"] == 0
    assert again["duplicates"] == summary["accepted"] + summary["duplicates"]
    assert again["rejected"] == summary["rejected"]
    for one in again["outcomes"]:
        first = outcomes[Path(one["file"])]["outcome"]
        assert (one["outcome"] == "rejected") is (first == "rejected")


async def test_publishing_again_stored_nothing(running: Up, outcomes: Outcomes) -> None:
    expected = {event.id for path in taken(outcomes) for event in events_in(path)}
    rejected = {path.read_bytes() for path, one in outcomes.items() if one["outcome"] == "rejected"}
    running.publish(EXAMPLES, source=SOURCE)
    assert await count(running, "select count(*) from facts") == len(expected)
    withheld = keys_reused(outcomes)
    assert await count(running, "select count(*) from rejects") == len(rejected) + withheld


def test_nothing_that_was_refused_is_a_fact(outcomes: Outcomes) -> None:
    for path, one in outcomes.items():
        if one["outcome"] == "rejected" and path.suffix == ".json":
            with pytest.raises(Reject):
                events_in(path)
