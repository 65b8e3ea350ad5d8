"""A simulation as files: NDJSON of its messages, and its truth, people's areas and wards."""

from pathlib import Path
from typing import Any

import orjson

from services.simulator.messages import Message
from services.simulator.organisations import Ward
from services.simulator.simulation import Simulation

MESSAGES, TRUTH, WARDS = "messages.ndjson", "truth.json", "wards.json"


def write(simulation: Simulation, directory: Path) -> None:
    """Write `messages.ndjson`, `truth.json` and `wards.json`; makes the directory.

    A line is a message: source, sector, content_type, message_id, at, and its body as JSON.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / MESSAGES).open("wb") as lines:
        lines.writelines(line(message) for message in simulation.messages)
    (directory / TRUTH).write_bytes(orjson.dumps(simulation.truth, option=orjson.OPT_INDENT_2))
    wards = [_ward(ward) for ward in simulation.wards]
    (directory / WARDS).write_bytes(orjson.dumps(wards, option=orjson.OPT_INDENT_2))


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
