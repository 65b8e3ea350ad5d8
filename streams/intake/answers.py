"""What only a message says of a request: its other name, and which visit is the answer to it."""

from collections.abc import Sequence
from typing import Any, Final

from schemas.identity import indexable
from streams.intake.bundles import Piece

Resource = dict[str, Any]

REQUEST: Final = "ServiceRequest"


def called(piece: Piece) -> tuple[str, ...]:
    """The fullUrl of a request that has a name of its own too: others may know it by either."""
    url = piece.url or ""
    if piece.deleted or piece.resource["resourceType"] != REQUEST or not url.startswith("urn:"):
        return ()
    is_its_name = url == f"urn:uuid:{piece.resource.get('id')}" or piece.name == f"{REQUEST}/{url}"
    return () if is_its_name else (url,)


def answers(piece: Piece, pieces: Sequence[Piece], source: str) -> str | None:
    """The thread of the request that a visit answers, as its message says; None for all others.

    A receiver's response (BaRS servicerequest-response) is about its own Encounter, and holds the
    one request that it answers, without a reference from one to the other.
    """
    if piece.resource["resourceType"] != "Encounter" or piece.resource.get("basedOn"):
        return None
    requests = [one.name for one in pieces if one.resource["resourceType"] == REQUEST]
    is_answer = len(requests) == 1 and _is_focus(piece, pieces[0].resource)
    return indexable(f"{source}|{requests[0]}") if is_answer else None


def _is_focus(piece: Piece, header: Resource) -> bool:
    """True where the header of a response says that its message is about the piece."""
    if header["resourceType"] != "MessageHeader":
        return False
    event = (header.get("eventCoding") or {}).get("code", "")
    if "response" not in header and not event.endswith("-response"):
        return False
    focus = {reference.get("reference") for reference in header.get("focus", ())}
    return bool(focus & {piece.url, piece.name} - {None})
