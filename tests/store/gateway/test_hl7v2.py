"""HL7 v2 over HTTP: taken as it is, answered in FHIR, its problems with paths of its own."""

import httpx
import pytest

from schemas.topics import ContentType
from tests.store.gateway.site import LIMIT, Site, issues_of
from tests.unit.hl7v2.made import adt, msh, pid

TWO_BAD_OF_THREE = f"BHS|^~\\&\r{adt()}\r{msh('?')}\r{msh('')}"
HL7V2 = {"Content-Type": ContentType.HL7V2}


async def send(
    publisher: httpx.AsyncClient, body: str | bytes, path: str = "/fhir"
) -> httpx.Response:
    raw = body.encode() if isinstance(body, str) else body
    return await publisher.post(path, content=raw, headers=HL7V2)


@pytest.mark.parametrize(
    "content_type",
    [ContentType.HL7V2, "application/hl7-v2; charset=utf-8", "text/plain", ContentType.FHIR],
)
async def test_a_message_is_taken_verbatim_whatever_its_label(
    site: Site, publisher: httpx.AsyncClient, content_type: str
) -> None:
    said = adt("A01", pid(content_type), "ZXY|\\Zlocal\\|a~b")
    answer = await publisher.post(
        "/fhir", content=said.encode(), headers={"Content-Type": content_type}
    )
    assert (answer.status_code, answer.headers["x-outcome"]) == (202, "accepted")
    assert [issue["severity"] for issue in issues_of(answer)] == ["information"]
    kept = await site.kept_as(answer)
    assert kept.value == said.encode()
    (event,) = await site.read_as(answer)
    assert (event.kind, event.text()) == ("ADT^A01", said)


async def test_a_message_that_is_sent_again_is_a_duplicate_whatever_ends_its_lines(
    publisher: httpx.AsyncClient,
) -> None:
    said = adt("A01", pid("again"))
    first = await send(publisher, said)
    again = await send(publisher, said.replace("\r", "\r\n") + "\r\n")
    assert [one.headers["x-outcome"] for one in (first, again)] == ["accepted", "duplicate"]
    assert (again.status_code, issues_of(again)[0]["code"]) == (200, "duplicate")


async def test_a_batch_is_one_message_of_many_facts(
    site: Site, publisher: httpx.AsyncClient
) -> None:
    batch = "\r".join(["BHS|^~\\&|PAS", adt("A01", msh_10="B1"), adt("A03", msh_10="B2"), "BTS|2"])
    answer = await send(publisher, batch)
    assert answer.status_code == 202
    assert [event.kind for event in await site.read_as(answer)] == ["ADT^A01", "ADT^A03"]


@pytest.mark.parametrize(
    ("body", "reason", "status", "paths"),
    [
        (msh(""), "not-hl7v2", 400, [["MSH-9"]]),
        ("MSH|^^^^|A", "not-hl7v2", 400, [["MSH-2"]]),
        ("MSH", "not-hl7v2", 400, [["MSH-1"]]),
        ("PID|1", "not-hl7v2", 400, [["MSH"]]),
        (
            f"BHS|^~\\&\r{adt()}\r{msh('?')}\r{msh('')}",
            "not-hl7v2",
            400,
            [["MSH[2]-9"], ["MSH[3]-9"]],
        ),
        (f"{adt()}\r\0", "nul-character", 400, [None]),
        (adt("A39", *map(pid, "abc" * 500)), "too-large", 413, [["PID"]]),
        (b"MSH|^~\\&|" + b"x" * LIMIT, "too-large", 413, [None]),
    ],
)
async def test_what_cannot_be_read_is_refused_with_its_path(
    publisher: httpx.AsyncClient,
    body: str | bytes,
    reason: str,
    status: int,
    paths: list[list[str] | None],
) -> None:
    answer = await send(publisher, body)
    assert (answer.status_code, answer.headers["x-outcome"]) == (status, "rejected")
    assert answer.headers["x-reason"] == reason
    issues = issues_of(answer)
    assert [issue.get("expression") for issue in issues] == paths
    assert all(issue["severity"] == "error" and issue["diagnostics"] for issue in issues)


async def test_a_refusal_repeats_nothing_of_the_message(publisher: httpx.AsyncClient) -> None:
    answer = await send(publisher, f"{msh('')}\r{pid(fields={5: 'Featherstonehaugh'})}")
    assert answer.headers["x-outcome"] == "rejected"
    assert "Featherstonehaugh" not in answer.text + str(answer.headers)


async def test_what_is_refused_is_kept_for_the_desk(
    site: Site, publisher: httpx.AsyncClient
) -> None:
    answer = await send(publisher, msh(""))
    assert (await site.kept_as(answer)).value == msh("").encode()


async def test_the_document_says_that_hl7_v2_is_taken(site: Site) -> None:
    async with site.visited() as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    assert ContentType.HL7V2 in paths["/fhir"]["post"]["requestBody"]["content"]
    original = paths["/api/events/{event_id}"]["get"]["responses"]["200"]
    assert ContentType.HL7V2 in original["content"]
