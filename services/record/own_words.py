"""A new version of About me, as the QuestionnaireResponse that is published for it. Pure."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

import msgspec

from schemas.about_me import QUESTIONNAIRE, WORDS, Heading
from schemas.identity import IDENTITY_SYSTEM, LONGEST_NAME

Resource = dict[str, Any]

_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
# HL7 v2 knows authorities with a space in their name; FHIR's uri has none.
_URI: Final = re.compile(r"\S*")
# `nhs/9990000026/1948-02-29`: a number with the date of birth that it was proven with.
_BORN_PARTS: Final = 2


def form_of(
    said: Mapping[Heading, str], subject: Resource, author: Resource, at: datetime
) -> Resource:
    """The form that says it, written at a moment (UTC).

    One organisation's About me of one person is one thing: each new version is a state of it.
    """
    written = at.isoformat(timespec="microseconds")
    return {
        "resourceType": "QuestionnaireResponse",
        "id": f"about-me-{blake2b(msgspec.json.encode(subject), digest_size=16).hexdigest()}",
        "meta": {"lastUpdated": written},
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "subject": subject,
        "authored": written,
        "author": author,
        "item": [
            {"linkId": heading, "text": WORDS[heading], "answer": [{"valueString": said[heading]}]}
            for heading in Heading
            if heading in said
        ],
    }


def subject_of(keys: Collection[str], org: str) -> Resource:
    """How an organisation names a person: by its own number for them, else as they are known here.

    `keys`: the person's identities, at least one. Not by the NHS number alone: two people may have
    been given one, and these words are one person's.
    """
    patient, identifier = f"{org}/Patient/", f"{org}/id/"
    for key in sorted(keys):
        own_id = key.removeprefix(patient)
        if key.startswith(patient) and _ID.fullmatch(own_id):
            return {"reference": f"Patient/{own_id}"}
    for key in sorted(keys):
        system, _, value = key.removeprefix(identifier).rpartition("|")
        if key.startswith(identifier) and len(key) < LONGEST_NAME and _can_say(system, value):
            named = {"system": system, "value": value} if system else {"value": value}
            return {"type": "Patient", "identifier": named}
    key = min(keys, key=lambda one: (one.count("/") != _BORN_PARTS or one[:4] != "nhs/", one))
    return {"type": "Patient", "identifier": {"system": IDENTITY_SYSTEM, "value": key}}


def _can_say(system: str, value: str) -> bool:
    """Whether an identifier of both is read as both: white space around a value is not kept."""
    return bool(value and value == value.strip() and _URI.fullmatch(system))
