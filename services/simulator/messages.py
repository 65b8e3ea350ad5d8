"""What a publisher sends, and what it sends it about."""

from dataclasses import dataclass
from datetime import datetime

from schemas.inbound import Inbound
from services.simulator.fhir import Resource
from services.simulator.organisations import Organisation
from services.simulator.visits import Visit


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes that `source` (ODS code) of `sector` publishes at `at` (UTC).

    `message_id` is the source's own; an exact repeat carries the same one.
    """

    source: str
    sector: str
    content_type: str
    message_id: str
    at: datetime
    body: bytes

    def inbound(self) -> Inbound:
        """The message as a door takes it, had it come in the moment it was published."""
        return Inbound(
            self.body, self.source, self.sector, self.content_type, self.message_id, self.at
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A full state of anything but a visit: a FHIR resource without its `meta` version."""

    source: Organisation
    resource: Resource
    recorded: datetime


Fact = Visit | Record
