"""What `publish` takes for a message: by a file's name, by what it holds, and in batches."""

from pathlib import Path

import pytest

from schemas.topics import ContentType
from services.cli.publish import Piece, pieces_of
from tests.unit.hl7v2.made import adt

ONE, OTHER = adt("A01", msh_10="M1"), adt("A03", msh_10="M2")
BATCH = f"FHS|^~\\&|PAS\rBHS|^~\\&|PAS\r{ONE}\r{OTHER}\rBTS|2\rFTS|1\r"


def pieces(folder: Path, name: str, body: str | bytes) -> list[Piece]:
    """What is published of a file with this name and content."""
    path = folder / name
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return [piece._replace(file=Path(piece.file).name) for piece in pieces_of(path)]


@pytest.mark.parametrize("name", ["a.hl7", "a.HL7", "a.er7", "a.txt", "a.json", "a", "a.ndjson"])
def test_hl7_v2_is_one_message_under_any_name(tmp_path: Path, name: str) -> None:
    (piece,) = pieces(tmp_path, name, ONE)
    assert piece == Piece(name, ONE.encode(), ContentType.HL7V2)


@pytest.mark.parametrize(
    "body", [ONE, f"\x0b{ONE}\x1c\r", f"\ufeff{ONE}", f"\r\n{ONE}", ONE.encode("utf-16")]
)
def test_hl7_v2_is_known_by_how_it_begins(tmp_path: Path, body: str | bytes) -> None:
    (piece,) = pieces(tmp_path, "a.dat", body)
    assert piece.content_type is ContentType.HL7V2


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_batch_file_is_its_messages_by_number(tmp_path: Path, end: str) -> None:
    first, second = pieces(tmp_path, "b.hl7", BATCH.replace("\r", end))
    assert [first.file, second.file] == ["b.hl7:1", "b.hl7:2"]
    assert first.body.decode().rstrip() == ONE.replace("\r", end)
    assert second.body.decode().rstrip() == OTHER.replace("\r", end)


def test_frames_in_one_file_are_messages_by_number(tmp_path: Path) -> None:
    found = pieces(tmp_path, "dump.mllp", f"\x0b{ONE}\x1c\r\x0b{OTHER}\x1c\r")
    assert [piece.file for piece in found] == ["dump.mllp:1", "dump.mllp:2"]


@pytest.mark.parametrize(
    "body",
    [
        f"BHS|^~\\&\r{ONE}\rBTS|1\rPID|lost",
        "BHS|^~\\&\rBTS|0",
        "not one",
        "",
        BATCH.encode("utf-16"),
    ],
)
def test_what_cannot_be_taken_apart_goes_as_it_is(tmp_path: Path, body: str | bytes) -> None:
    (piece,) = pieces(tmp_path, "odd.hl7", body)
    assert (piece.file, piece.content_type) == ("odd.hl7", ContentType.HL7V2)
    assert piece.body == (body.encode() if isinstance(body, str) else body)


def test_an_ndjson_file_is_its_lines_by_number(tmp_path: Path) -> None:
    found = pieces(tmp_path, "a.ndjson", '{"a":1}\n\n{"b":2}\n')
    assert found == [
        Piece("a.ndjson:1", b'{"a":1}', ContentType.FHIR),
        Piece("a.ndjson:3", b'{"b":2}', ContentType.FHIR),
    ]


def test_a_folder_is_its_messages_in_name_order_and_nothing_else(tmp_path: Path) -> None:
    within = tmp_path / "within"
    within.mkdir()
    for name, body in {
        "d.txt": ONE,
        "c.txt": "notes for a person",
        "b.json": "{}",
        "a.hl7": OTHER,
        "within/e": BATCH,
        "within/f.png": "\x89PNG",
    }.items():
        (tmp_path / name).write_text(body)
    names = [Path(piece.file).name for piece in pieces_of(tmp_path)]
    assert names == ["a.hl7", "b.json", "d.txt", "e:1", "e:2"]


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    (piece,) = pieces_of(tmp_path / "missing.hl7")
    assert piece.unread
