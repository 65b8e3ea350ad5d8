"""`throughline up` as its user meets it: started, used, killed in parts, stopped, started again."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any

import hl7
import httpx
import psutil
import pytest
from hl7.client import MLLPClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.builders import NHS_NUMBER, at_ward, encounter, observation, verified
from tests.running import Up, files, throughline, up

Json = dict[str, Any]

BY_MLLP = "9991234578"
PERSON = [{"family": "Example", "given": ["Ada"]}]
_numbers = count(1)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    directory = tmp_path_factory.mktemp("up")
    with up(directory / "stack") as found:
        found.publish(history(directory / "history"))
        yield found


def history(directory: Path) -> Path:
    """One person's stay that is still open in W2, and what is no FHIR."""
    wards = [
        at_ward("W1", "2026-02-01T09:00:00Z", "2026-02-03T09:00:00Z"),
        at_ward("W2", "2026-02-03T09:00:00Z"),
    ]
    found = files(
        directory,
        a_person=verified(name=PERSON),
        b_story=[encounter(location=wards), observation()],
        c_wrong=encounter(id="wrong", status="banana"),
    )
    (found / "d_old.hl7").write_text("MSH|^~\\&|A|B\r")
    return found


def fresh(directory: Path) -> tuple[str, Path]:
    """A file with an Encounter that nobody has published before, and its id."""
    visit = f"visit-{next(_numbers)}"
    return visit, files(directory / visit, visit=encounter(id=visit))


def person_of(running: Up) -> str:
    with running.visited_by("clinician") as client:
        found = client.post("/api/people/search", json={"nhs_number": NHS_NUMBER}).json()
        (person,) = found
        running.opens(client, person["person_id"])
    return str(person["person_id"])


def stays_of(running: Up, visit: str) -> list[Json]:
    with running.visited_by("clinician") as client:
        answer = client.get("/api/stays", params={"source": "RX1", "visit": visit})
        stays: list[Json] = answer.raise_for_status().json()
        return stays


def is_stored(running: Up, directory: Path) -> bool:
    """Whether something new that is published now is in the record."""
    visit, path = fresh(directory)
    summary = running.publish(path)
    assert summary["accepted"] == 1, summary
    return [stay["visit"] for stay in stays_of(running, visit)] == [visit]


async def changed(running: Up, statement: str) -> int:
    """How many rows a statement changed in the database, behind everybody's back."""
    database = create_async_engine(str(running.said["database"]))
    async with database.begin() as tx:
        rows = (await tx.execute(text(statement))).rowcount
    await database.dispose()
    return int(rows)


def test_the_first_line_says_where_everything_is(running: Up) -> None:
    assert running.said["ready"] is True
    assert running.said.keys() == {"ready", "url", "kafka", "database", "mllp", "issuer"}
    assert running.said["database"].startswith("postgresql+asyncpg://")
    assert httpx.get(f"{running.url}/health/ready").json() == {"status": "ready"}
    assert httpx.get(f"{running.url}/health/live").json() == {"status": "live"}


def sent_over_mllp(running: Up, control: str) -> str:
    """MSA-1 of the answer to an admission, visit V and control id, from another system."""
    host, _, port = str(running.said["mllp"]).rpartition(":")
    admission = [
        f"MSH|^~\\&|PAS|RX1|TL|HERE|20260301101500||ADT^A01|{control}|P|2.5",
        "EVN|A01|20260301101500",
        f"PID|1||{BY_MLLP}^^^NHS^NH",
        f"PV1|1|I|W3^1^1{'|' * 16}V{control}",
    ]
    with MLLPClient(host, int(port)) as client:
        answer = hl7.parse(client.send_message("\r".join(admission)).strip(b"\x0b\x1c\r"))
    assert str(answer.segment("MSA")[2]) == control
    return str(answer.segment("MSA")[1])


def test_what_is_sent_over_mllp_is_a_stay_and_on_the_persons_timeline(running: Up) -> None:
    assert sent_over_mllp(running, "4711") == "AA"
    for _ in range(300):
        if stays := stays_of(running, "V4711"):
            break
        sleep(0.1)
    (stay,) = stays
    assert [segment["ward"] for segment in stay["segments"]] == ["W3"]
    with running.visited_by("clinician") as client:
        for _ in range(300):
            if found := client.post("/api/people/search", json={"nhs_number": BY_MLLP}).json():
                break
            sleep(0.1)
        (person,) = found
        running.opens(client, person["person_id"])
        answer = client.get(f"/api/people/{person['person_id']}/timeline")
    assert len(answer.raise_for_status().json()["entries"]) == 1


def test_what_was_published_is_the_persons_record(running: Up) -> None:
    person = person_of(running)
    with running.visited_by("clinician") as client:
        timeline = client.get(f"/api/people/{person}/timeline").raise_for_status().json()
        stays = client.get(f"/api/people/{person}/stays").raise_for_status().json()
        everything = client.get(f"/fhir/Patient/{person}/$everything").raise_for_status().json()
    assert {entry["resource_type"] for entry in timeline["entries"]} >= {"Encounter", "Observation"}
    (stay,) = [stay for stay in stays if stay["visit"] == "e1"]
    assert [segment["ward"] for segment in stay["segments"]] == ["W1", "W2"]
    assert everything["resourceType"] == "Bundle"


def test_the_same_events_are_measures(running: Up) -> None:
    period = {"from": "2026-02-01", "to": "2026-02-04", "by": "ward"}
    with running.visited_by("operations") as client:
        catalogue = client.get("/api/measures").raise_for_status().json()
        answer = client.get("/api/measures/occupied_bed_days", params=period).json()
        for measure in catalogue:
            client.get(f"/api/measures/{measure['id']}").raise_for_status()
    days = {row["ward"]: row["value"] for row in answer["rows"]}
    assert (days["W1"], days["W2"]) == (2, 1)


def test_what_is_for_programs_is_there(running: Up) -> None:
    with httpx.Client(base_url=running.url) as anyone:
        assert "throughline_ready 1.0" in anyone.get("/metrics").text
        assert "/fhir/$process-message" in anyone.get("/openapi.json").json()["paths"]
        channels = anyone.get("/asyncapi.json").json()["channels"]
        assert "care.inbound.v1" in {channel["address"] for channel in channels.values()}
        assert anyone.get("/fhir/metadata").json()["resourceType"] == "CapabilityStatement"
        assert anyone.get("/api/measures").status_code == 401


def test_a_token_is_for_one_role(running: Up) -> None:
    with running.visited_by("operations") as client:
        assert client.post("/api/people/search", json={"nhs_number": NHS_NUMBER}).status_code == 403
    refused = throughline("token", "--role", "king", "--org", "RX1")
    assert refused.returncode == 2
    assert "clinician" in refused.stderr


def test_a_token_is_refused_outside_development() -> None:
    refused = throughline(
        "token", "--role", "clinician", "--org", "RX1", THROUGHLINE_DEVELOPMENT="0"
    )
    assert refused.returncode == 2
    assert not refused.stdout
    assert "THROUGHLINE_DEVELOPMENT" in refused.stderr


def test_a_second_one_on_the_same_directory_is_refused(running: Up) -> None:
    second = throughline("up", "--data-dir", running.directory, "--port", "0")
    assert second.returncode == 2
    assert not second.stdout
    assert f"in use by process {running.process.pid}" in second.stderr


def test_a_second_one_on_the_same_port_is_refused(running: Up, tmp_path: Path) -> None:
    port = running.url.rpartition(":")[2]
    second = throughline("up", "--data-dir", tmp_path / "other", "--port", port)
    assert second.returncode == 2
    assert not second.stdout
    assert f"port {port} is in use" in second.stderr


def test_a_second_one_on_the_same_mllp_port_is_refused(running: Up, tmp_path: Path) -> None:
    port = str(running.said["mllp"]).rpartition(":")[2]
    other = tmp_path / "other"
    second = throughline("up", "--data-dir", other, "--port", "0", "--mllp-port", port)
    assert second.returncode == 2
    assert not second.stdout
    assert f"port {port} is in use: choose another with --mllp-port" in second.stderr


def test_a_file_that_is_not_there_is_one_more_that_was_rejected(
    running: Up, tmp_path: Path
) -> None:
    _, there = fresh(tmp_path)
    summary = running.publish(there, tmp_path / "not-there.json")
    assert {name: summary[name] for name in ("published", "accepted", "rejected")} == {
        "published": 2,
        "accepted": 1,
        "rejected": 1,
    }
    (missing,) = [one for one in summary["outcomes"] if one["outcome"] == "rejected"]
    assert missing["reason"] == "not read: No such file or directory"


def test_a_publisher_for_nobody_known_is_told_so(running: Up, tmp_path: Path) -> None:
    _, path = fresh(tmp_path)
    arguments = ("publish", path, "--url", running.url, "--source", "RX1", "--token", "no.good.one")
    summary = json.loads(throughline(*arguments).stdout)
    assert summary["rejected"] == 1
    assert summary["outcomes"][0]["reason"].startswith("http-401")


@pytest.mark.parametrize(
    ("projection", "statement"),
    [
        ("record", "update timeline set entries = '[]' where entries::text <> '[]'"),
        ("flow", "update stays set status = 'cancelled', segments = '[]' where status = 'open'"),
    ],
)
async def test_what_differs_from_the_facts_is_found_and_mended(
    running: Up, projection: str, statement: str
) -> None:
    assert running.with_database("verify").returncode == 0
    rows = await changed(running, statement)
    assert rows > 0
    found = running.with_database("verify", "--json")
    assert found.returncode == 1
    assert len(json.loads(found.stdout)) == rows
    assert running.with_database("verify").returncode == 1
    mended = running.with_database("rebuild", projection)
    assert json.loads(mended.stdout) == {"projection": projection, "rows_changed": rows}
    assert running.with_database("verify").returncode == 0


def test_there_is_nothing_else_to_rebuild(running: Up) -> None:
    refused = running.with_database("rebuild", "everything")
    assert refused.returncode == 2
    assert "record, flow" in refused.stderr


def test_the_reject_desk_lists_shows_and_sends_again(running: Up) -> None:
    def desk(*arguments: str) -> Any:
        ended = throughline("rejects", *arguments, "--url", running.url, "--json")
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    assert {row["reason"] for row in desk("list")} == {"invalid", "not-hl7v2"}
    (wrong,) = desk("list", "--reason", "invalid")
    assert wrong["problems"][0][0] == "Encounter.status"
    shown = desk("show", wrong["reject_id"])
    assert json.loads(shown["original"])["id"] == "wrong"
    assert shown["redriven_at"] is None
    assert desk("redrive", wrong["reject_id"]) == {"redriven": 1}
    again = desk("show", wrong["reject_id"])
    assert again["redriven_by"] == "developer"
    assert desk("redrive", "--reason", "not-hl7v2") == {"redriven": 1}
    assert len(desk("list")) == 2


def test_the_desk_is_a_table_to_a_person(running: Up) -> None:
    listed = throughline("rejects", "list", "--url", running.url, COLUMNS="160")
    (row,) = [line for line in listed.stdout.splitlines() if "Encounter.status" in line]
    reject = row.split()[1]
    shown = throughline("rejects", "show", reject, "--url", running.url, COLUMNS="160")
    assert "Encounter.status" in shown.stdout
    assert '"banana"' in shown.stdout
    missing = throughline("rejects", "redrive", "--url", running.url)
    assert missing.returncode == 2


@pytest.mark.parametrize("name", ["serve", "worker", "tansu"])
def test_what_is_killed_is_started_again_and_work_goes_on(
    running: Up, tmp_path: Path, name: str
) -> None:
    (killed,) = running.children(name)
    killed.kill()
    until_another(running, name, killed)
    assert is_stored(running, tmp_path)
    assert sent_over_mllp(running, f"after-{name}") == "AA"
    assert running.with_database("verify").returncode == 0


def until_another(running: Up, name: str, killed: psutil.Process) -> None:
    """Wait for the child that takes the place of a killed one."""
    for _ in range(600):
        others = [child for child in running.children(name) if child.pid != killed.pid]
        if others and is_ready(running):
            return
        sleep(0.1)
    raise AssertionError(f"no {name} was started again")


def is_ready(running: Up) -> bool:
    try:
        return httpx.get(f"{running.url}/health/ready").is_success
    except httpx.TransportError:
        return False


def test_ctrl_c_ends_all_of_it_and_a_restart_goes_on_with_what_was_stored(tmp_path: Path) -> None:
    published = history(tmp_path / "history")
    with up(tmp_path / "stack") as first:
        family = first.family()
        assert len(family) >= 4
        assert first.publish(published)["accepted"] == 3
        person = person_of(first)
        assert first.stop() == 0
        _, left = psutil.wait_procs(family, timeout=10)
        assert [process.name() for process in left] == []
    with up(tmp_path / "stack") as second:
        assert person_of(second) == person
        again = second.publish(published)
        assert (again["accepted"], again["duplicates"], again["rejected"]) == (0, 3, 2)
        assert len(stays_of(second, "e1")) == 1
        assert second.with_database("verify").returncode == 0
        family = second.family()
        second.process.kill()
        second.process.wait()
        _, left = psutil.wait_procs(family, timeout=10)
        assert {process.name() for process in left} <= {"postgres"}
    with up(tmp_path / "stack") as third:
        assert person_of(third) == person
    with up(tmp_path / "stack", "--fresh") as emptied:
        with emptied.visited_by("clinician") as client:
            found = client.post("/api/people/search", json={"nhs_number": NHS_NUMBER})
        assert found.json() == []
