"""The message headers in a text, as well as they can be read: who sent it, whom to answer."""

import re
from collections.abc import Iterator

from schemas.hl7v2.message import DEFAULT_SEPARATORS, NotHl7v2, Segment, parse
from schemas.identity import indexable

# Line ends are not among what may stand before: each of them begins a line of its own.
# A mark of UTF-8 is one character or, where each byte is one, three.
_HEADERS = re.compile(r"(?:\A|[\r\n\x0b\x1c])[ \t]*(?:\ufeff|\xef\xbb\xbf)?(MSH[^\r\n]*)")


def headers_in(text: str) -> Iterator[Segment]:
    """The MSH of each message in a text, in order, whatever else the text is. Raises nothing.

    One whose separators cannot be used is read with the usual ones, if at all: an answer that
    names the message helps its sender more than one that does not.
    """
    found = (_header(match[1]) for match in _HEADERS.finditer(text))
    return (header for header in found if header is not None)


def _header(line: str) -> Segment | None:
    try:
        return parse(line).header
    except NotHl7v2:
        field = line[3:4]
    is_usable = field and not field.isalnum() and field not in DEFAULT_SEPARATORS[1:]
    return Segment(line, field + DEFAULT_SEPARATORS[1:]) if is_usable else None


def key_of(header: Segment) -> str:
    """The name that its sender gives a message: (MSH-3, MSH-4, MSH-10); empty without MSH-10.

    Source: definitions, section 2.
    """
    control_id = header.text(10)
    return indexable(f"{header.text(3)}|{header.text(4)}|{control_id}") if control_id else ""
