"""HL7 v2 files as their user publishes them: taken or refused one by one, and found again."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NHS_NUMBER
from tests.running import Up, printed, throughline, up
from tests.unit.hl7v2.made import adt, msh, pid, pv1

Json = dict[str, Any]

ADA = pid(f"1001^^^RX1^MR~{NHS_NUMBER}^^^NHS^NH", {5: "ZOË^ADA", 32: "01"})
ADMITTED = adt("A01", ADA, pv1("W1"), msh_10="M1")
MOVED = adt("A02", ADA, pv1("W2"), msh_10="M2")
LEFT = adt("A03", ADA, pv1("W2"), msh_10="M3")
MERGED = adt("A40", ADA, "MRG|999^^^RX1", msh_10="M4")
UPDATED = adt("A08", ADA, pv1("W2"), msh_10="M6")
NAMELESS = f"{msh('', {10: 'M5'})}\r{ADA}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("publish") / "stack") as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One message, a batch with a bad one in it, an MLLP dump under another name, and notes."""
    found = tmp_path_factory.mktemp("files")
    (found / "a.er7").write_bytes(ADMITTED.encode())
    batch = "\r\n".join(["BHS|^~\\&|PAS", MOVED, NAMELESS, LEFT, "BTS|3"]).replace("\r\n", "\r")
    (found / "b.hl7").write_bytes(batch.encode())
    (found / "c.txt").write_bytes(f"\x0b{MERGED}\x1c\r\x0b{UPDATED}\x1c\r".encode())
    (found / "d.txt").write_text("notes for a person")
    return found


@pytest.fixture(scope="module")
def summary(running: Up, folder: Path) -> Json:
    return running.publish(folder)


def outcomes(summary: Json) -> dict[str, tuple[str, str | None]]:
    return {Path(o["file"]).name: (o["outcome"], o["reason"]) for o in summary["outcomes"]}


def timeline(running: Up) -> tuple[str, list[Json]]:
    """The person's id and the lines of their timeline."""
    with running.visited_by("clinician") as client:
        found = client.post("/api/people/search", json={"nhs_number": NHS_NUMBER}).json()
        person: str = found[0]["person_id"]
        running.opens(client, person)
        page = client.get(f"/api/people/{person}/timeline").raise_for_status().json()
    return person, page["entries"]


def test_each_message_has_its_outcome(summary: Json) -> None:
    said = outcomes(summary)
    outcome, reason = said.pop("b.hl7:2")
    assert outcome == "rejected"
    assert reason is not None
    assert reason.startswith("not-hl7v2; MSH-9: ")
    taken = ("a.er7", "b.hl7:1", "b.hl7:3", "c.txt:1", "c.txt:2")
    assert said == dict.fromkeys(taken, ("accepted", None))
    assert (summary["published"], summary["duplicates"]) == (6, 0)


def test_the_messages_are_the_persons_timeline_and_lead_to_the_originals(
    running: Up, summary: Json
) -> None:
    assert summary["accepted"] == 5
    _, lines = timeline(running)
    with running.visited_by("clinician") as client:
        found = {client.get(f"/api/events/{line['event_id']}").raise_for_status() for line in lines}
    assert {one.headers["content-type"] for one in found} == {
        "x-application/hl7-v2+er7; charset=utf-8"
    }
    assert {one.text for one in found} == {ADMITTED, MOVED, LEFT, MERGED, UPDATED}


def test_the_record_as_a_bundle_holds_every_message(running: Up, summary: Json) -> None:
    person, _ = timeline(running)
    with running.visited_by("clinician") as client:
        bundle = client.get(f"/fhir/Patient/{person}/$everything").raise_for_status().json()
    kinds = Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])
    assert bundle["total"] == len(bundle["entry"])
    assert (kinds["Patient"], kinds["Binary"]) == (1, summary["accepted"])
    # What the messages tell of stays: nothing of FHIR was published.
    assert kinds.keys() == {"Patient", "Binary", "Encounter"}


def test_the_reject_desk_shows_what_was_refused_line_by_line(running: Up, summary: Json) -> None:
    assert summary["rejected"] == 1
    (row,) = printed("rejects", "list", "--url", running.url, "--json")
    assert (row["reason"], row["problems"][0][0]) == ("not-hl7v2", "MSH-9")
    whole = printed("rejects", "show", row["reject_id"], "--url", running.url, "--json")
    assert whole["original"].rstrip() == NAMELESS
    shown = throughline("rejects", "show", row["reject_id"], "--url", running.url).stdout
    assert "MSH-9" in shown
    assert [line for line in NAMELESS.split("\r") if line not in shown.splitlines()] == []


def test_publishing_again_changes_nothing(running: Up, folder: Path, summary: Json) -> None:
    again = running.publish(folder)
    assert (again["accepted"], again["duplicates"]) == (0, 5)
    assert again["rejected"] == summary["rejected"]
    agreed = running.with_database("verify", "--json")
    assert (agreed.returncode, agreed.stdout.strip()) == (0, "[]")
