"""Received bytes or text taken apart: one message, those of a batch file, or of an MLLP dump."""

import re
from collections.abc import Iterator

HEADER = "MSH"
BATCH = ("FHS", "BHS", "BTS", "FTS")
# What MLLP puts around a message, what files end with, blank lines; and what files begin with.
_AFTER = "\x0b\x1c\x1a\r\n\t "
_AROUND = _AFTER + "\ufeff"
_BLANKS = " \t"
# The name of a segment ends with a separator, which is a sign, or with its line: free text that
# broke into a line of its own may begin with the same letters.
_NAME = re.compile(r"MSH(?=_|[^\w\s])|[FB][HT]S(?=_|[^\w\s]|[ \t]*\Z)")
_LINE = re.compile(r"[^\r\n\x1c]+")
_UTF_8_MARK = "\xef\xbb\xbf"


class NotHl7v2(Exception):
    """There is no message. `where` is the path of the problem, `text` what is wrong."""

    def __init__(self, where: str, text: str) -> None:
        super().__init__(text)
        self.where, self.text = where, text


def texts(text: str) -> list[str]:
    """Each message of a text, verbatim but for what is around it, in order, at least one.

    Raises NotHl7v2 where there is none, or where something belongs to none of them.
    Source: HL7 v2.8, chapter 2.10.3 (batches); MLLP release 1.
    """
    text = _trimmed(text)
    if text.startswith(HEADER) and not _may_hold_more(text):
        return [text]
    if not text.startswith((HEADER, *BATCH)):
        raise NotHl7v2("MSH", "does not begin with a message header (MSH)")
    found = [_trimmed(one) for one in _slices(text)]
    if not found:
        raise NotHl7v2("MSH", "the batch holds no message")
    return found


def bodies(body: bytes) -> list[bytes]:
    """The bytes of each message: in a batch each says which characters it is in.

    Bytes in which no message is seen (UTF-16, something else) or too much are one body, for
    `texts` to judge.
    """
    # One character for each byte, whatever it means.
    whole = body.decode("latin-1")
    if whole.startswith(HEADER) and not _may_hold_more(whole):
        return [body]
    try:
        return [one.encode("latin-1") for one in _slices(whole)] or [body]
    except NotHl7v2:
        return [body]


def _trimmed(text: str) -> str:
    """The text without what is around it. Blanks that end its last line are part of it."""
    begun = text.lstrip(_AROUND)
    ended = begun.rstrip(_AFTER)
    after = begun[len(ended) :]
    return ended + after[: len(after) - len(after.lstrip(_BLANKS))]


def _may_hold_more(text: str) -> bool:
    """False where there is surely one message: no other line begins as a header does."""
    lines = text.replace("\n", "\r").split("\r")
    begins = {line.lstrip(_AROUND)[: len(HEADER)] for line in lines[1:]}
    return "\x1c" in text or not begins.isdisjoint((HEADER, *BATCH))


def _slices(text: str) -> Iterator[str]:
    """Each message from its own header to the next segment that is not part of it."""
    found = list(_headers(text))
    # A message ends before the line that the next header is in: that may begin with marks.
    ends = [*(line for line, _, _ in found), len(text)][1:]
    if found and text[: found[0][1]].strip(_AROUND + _UTF_8_MARK):
        raise NotHl7v2("MSH", "does not begin with a message header (MSH)")
    for (_, start, name), end in zip(found, ends, strict=True):
        if name == HEADER:
            yield text[start:end]
        elif len(re.split(r"[\r\n]", text[start:end].strip(_AROUND))) > 1:
            raise NotHl7v2(name, "a segment after it belongs to no message")


def _headers(text: str) -> Iterator[tuple[int, int, str]]:
    """Each segment that opens or closes something: where its line begins, where it, its name."""
    for line in _LINE.finditer(text):
        begun = line[0].lstrip(_AROUND + _UTF_8_MARK)
        named = _NAME.match(begun)
        if named:
            yield line.start(), line.end() - len(begun), named[0]
