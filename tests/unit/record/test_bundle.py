"""A person's record as a Bundle that another reader of FHIR takes, whatever format facts have."""

from base64 import b64decode
from collections.abc import AsyncIterator, Sequence

import orjson
from fhir.resources.R4B.bundle import Bundle

from schemas.events import CareEvent
from services.record.bundle import searchset_in_parts
from tests.builders import event_of, verified
from tests.unit.hl7v2.made import adt, pid


async def whole(facts: Sequence[CareEvent]) -> bytes:
    """The Bundle of these facts, each sent by itself."""

    async def parts() -> AsyncIterator[Sequence[CareEvent]]:
        for fact in facts:
            yield [fact]

    own = "https://example.nhs.uk/own"
    sent = searchset_in_parts(parts(), len(facts), own, is_restricted=False)
    return b"".join([part async for part in sent])


async def test_an_hl7_v2_message_is_a_binary_that_holds_it_verbatim() -> None:
    said = adt("A01", pid(fields={5: "ZOË^山田"}), "ZXY|\\Zlocal\\")
    facts = [event_of(verified()), event_of(said.encode())]
    made = orjson.loads(await whole(facts))
    Bundle.model_validate(made)
    patient, message = (entry["resource"] for entry in made["entry"])
    assert patient == facts[0].parsed()
    assert message["resourceType"] == "Binary"
    assert message["contentType"] == "x-application/hl7-v2+er7; charset=utf-8"
    assert b64decode(message["data"]).decode() == said
    assert [entry["search"]["mode"] for entry in made["entry"]] == ["match", "include"]
