"""The two failures that have a type. Anything else is a bug and stops the worker."""

from enum import StrEnum

from schemas.fhir.problem import Problem

__all__ = ["Problem", "Reason", "Reject", "Retry"]


class Reason(StrEnum):
    """Why a message cannot become a fact. Stable codes: people filter and count by them."""

    NO_SOURCE = "no-source"
    NOT_UTF8 = "not-utf8"
    NOT_JSON = "not-json"
    NOT_FHIR = "not-fhir"
    TOO_DEEP = "too-deep"
    NUL_CHARACTER = "nul-character"
    TOO_LARGE = "too-large"
    INVALID = "invalid"
    EMPTY_BUNDLE = "empty-bundle"
    ANSWER_BUNDLE = "answer-bundle"
    NOT_HL7V2 = "not-hl7v2"
    UNKNOWN_CONTENT_TYPE = "unknown-content-type"
    NOT_AN_EVENT = "not-an-event"
    MESSAGE_KEY_REUSED = "message-key-reused"


class Reject(Exception):
    """This message can never succeed: keep it with its reason and go on.

    Its text never holds what the message says, since that may be a person's.
    """

    def __init__(self, reason: Reason, problems: list[Problem]) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.problems = problems


class Retry(Exception):
    """The message is fine, the world is not: hold the partition, back off, try again."""
