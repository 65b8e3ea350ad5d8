"""What an HL7 v2 message says on a timeline, by its row in the tables of triggers."""

from schemas.events import CareEvent
from schemas.hl7v2 import parse
from schemas.identity import indexable
from streams.timeline.entry import Entry, joined
from streams.timeline.results import entries_of_results
from streams.timeline.scene import Scene, scene_of
from streams.timeline.triggers import (
    DOCUMENT_TYPES,
    NAMES,
    OF_CODE,
    OF_TRIGGER,
    ORDER_STATES,
    REFERRAL_STATES,
    TITLES,
    UNKNOWN,
    WITHDRAWN,
    Words,
)

# What each code says of the state of the thing: SCH-25, TXA-17, RF1-1, ORC-5.
STATUS = {"SIU": ("SCH", 25), "MDM": ("TXA", 17), "REF": ("RF1", 1), "ORM": ("ORC", 5)}


def entries_of_message(event: CareEvent) -> list[Entry]:
    """The entries of a patient of a message: what its trigger says, where, and with whom."""
    message = parse(event.text())
    if event.kind.startswith("ORU"):
        return entries_of_results(event, message)
    scene, code = scene_of(message, event.part), event.kind[:3]
    words = OF_TRIGGER.get(event.kind) or OF_CODE.get(code, UNKNOWN)
    called = _called(words, scene, code)
    title = _title(event.kind, words, scene)
    detail = words.detail(scene) if words is not UNKNOWN else event.kind.rstrip("^")
    return [
        Entry(
            "message",
            words.kind,
            title or called or NAMES.get(code, "Message"),
            at=event.occurred_start or event.recorded,
            until=event.occurred_end,
            status=_status(scene, code),
            place=words.where(scene),
            author=words.who(scene),
            struck=event.kind in WITHDRAWN,
            detail=joined(called if title else None, detail if detail != called else None),
            replaces=_replaced(event, scene),
        )
    ]


def _called(words: Words, scene: Scene, code: str) -> str | None:
    called = words.called(scene)
    return DOCUMENT_TYPES.get(called or "", called) if code == "MDM" else called


def _title(kind: str, words: Words, scene: Scene) -> str:
    """What happened: by the trigger, else by the state that the message tells, else by its row."""
    said = TITLES.get(kind)
    if said is None and words.kind == "referral":
        state = scene.first("RF1").text(1), scene.first("ORC").text(1)
        said = REFERRAL_STATES.get(state[0]) or ORDER_STATES.get(state[1])
    return words.title if said is None else said


def _status(scene: Scene, code: str) -> str | None:
    name, number = STATUS.get(code, ("", 0))
    segment = scene.first(name) if name else None
    return (segment.text(number, 2) or segment.text(number) or None) if segment else None


def _replaced(event: CareEvent, scene: Scene) -> tuple[str, ...]:
    """The document that another one takes the place of: TXA-13 of T09 and T10."""
    if event.kind not in {"MDM^T09", "MDM^T10"}:
        return ()
    parent = scene.first("TXA").text(13)
    return (indexable(f"{event.source}|MDM/{parent}"),) if parent else ()
