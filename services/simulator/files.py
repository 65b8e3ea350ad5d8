"""A simulation as files: its messages, and what is true of its stays, wards and measures."""

from pathlib import Path
from typing import Any

import orjson

from schemas.times import london_date
from services.simulator.measured import MEASURED, Asked, Population, cut, figures_of
from services.simulator.messages import Message
from services.simulator.organisations import Ward
from services.simulator.simulation import Simulation

MESSAGES, TRUTH, WARDS = "messages.ndjson", "truth.json", "wards.json"
MEASURES = "measures.json"


def write(simulation: Simulation, directory: Path) -> None:
    """Write `messages.ndjson`, `truth.json`, `wards.json`, `measures.json`; makes the directory.

    A line is a message: source, sector, content_type, message_id, at, and its body as JSON.
    Measures are those of all the days, as of their end, whole and by everything they are cut by.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / MESSAGES).open("wb") as lines:
        lines.writelines(line(message) for message in simulation.messages)
    (directory / TRUTH).write_bytes(orjson.dumps(simulation.truth, option=orjson.OPT_INDENT_2))
    wards = [_ward(ward) for ward in simulation.wards]
    (directory / WARDS).write_bytes(orjson.dumps(wards, option=orjson.OPT_INDENT_2))
    measures = orjson.dumps(_measures(simulation), option=orjson.OPT_INDENT_2)
    (directory / MEASURES).write_bytes(measures)


def line(message: Message) -> bytes:
    """One message as a line of NDJSON, its body verbatim."""
    told = {
        "source": message.source,
        "sector": message.sector,
        "content_type": message.content_type,
        "message_id": message.message_id,
        "at": message.at,
        "body": orjson.Fragment(message.body),
    }
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def _ward(ward: Ward) -> dict[str, Any]:
    return {
        "ward_code": ward.code,
        "name": ward.name,
        "site": ward.site,
        "org_code": ward.organisation.source,
        "speciality": ward.speciality,
        "class": ward.class_code,
        "staffed_beds": ward.staffed_beds,
    }


def _measures(simulation: Simulation) -> dict[str, Any]:
    """Every measure's figures, and those of each part of each cut; a part's names are in order."""
    until, known = simulation.truth.until, Population(simulation.lives)
    asked = Asked(simulation.first_day, london_date(until), until)
    return {
        name: {
            "figures": figures_of(name, known, asked),
            "by": {
                by: [
                    {"part": part, "figures": figures}
                    for part, figures in sorted(cut(name, known, asked, by).items())
                ]
                for by in measured.cuts
            },
        }
        for name, measured in MEASURED.items()
    }
