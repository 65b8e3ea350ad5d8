"""What a QuestionnaireResponse says: what somebody was asked, and how care is found to work."""

from collections.abc import Iterator
from typing import Any, Final

from schemas.events import CareEvent
from schemas.fhir.elements import text, type_named, values
from schemas.times import moment
from streams.story.asked import answered
from streams.traits.elements import code_of, instant, without_gaps
from streams.traits.trait import Kind, Said, Trait

Resource = dict[str, Any]

# The last part of the address of a form that measures know.
INSTRUMENTS: Final = frozenset({"integrate", "partnership"})
_DONE: Final = frozenset({"completed", "amended"})


def of_response(event: CareEvent, response: Resource) -> Iterator[Trait]:
    """The answers to a known instrument, and what a person was asked."""
    told = without_gaps(
        at=instant(moment(response.get("authored")) or event.recorded),
        organisation=_organisation(event, response),
    )
    instrument = text(response.get("questionnaire")).partition("|")[0].rpartition("/")[2]
    if instrument in INSTRUMENTS and response.get("status") in _DONE:
        yield _survey(event, response, {"instrument": instrument, **told})
    questions = sorted({key for _, _, keys in answered(response) for key in keys})
    if questions and event.subject:
        yield Trait(Kind.ASKED, event.thread, event.subject, {"questions": questions, **told})


def _survey(event: CareEvent, response: Resource, told: Said) -> Trait:
    found = values(response, "item.answer.valueInteger")
    answers = [one for one in found if isinstance(one, int) and not isinstance(one, bool)]
    return Trait(Kind.SURVEY, event.thread, event.subject, {**told, "answers": answers})


def _organisation(event: CareEvent, response: Resource) -> str:
    """The organisation that asked: the author where it is one, else the source."""
    author = response.get("author")
    is_organisation = type_named(author, response) == "Organization"
    return (code_of(author) if is_organisation else None) or event.source
