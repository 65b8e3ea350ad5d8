"""HL7 v2 messages (2.3 to 2.8), read lazily: a segment is split only when it is asked for."""

from schemas.hl7v2.batch import bodies, texts
from schemas.hl7v2.characters import characters_of, is_hl7v2
from schemas.hl7v2.message import Message, NotHl7v2, Segment, messages_in, parse
from schemas.hl7v2.times import Moment, moment_of

__all__ = [
    "Message",
    "Moment",
    "NotHl7v2",
    "Segment",
    "bodies",
    "characters_of",
    "is_hl7v2",
    "messages_in",
    "moment_of",
    "parse",
    "texts",
]
