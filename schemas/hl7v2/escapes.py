"""Escape sequences: what stands for a separator, a line break or a byte."""

import re
from functools import lru_cache

_NAMES = "FSRETP"
# Formatted text (FT) for a page: its line breaks and skipped spaces are told, how it is laid out
# and highlighted is not.
_BREAKS = frozenset({".br", ".sp", ".ce"})
_LAYOUT = frozenset({".fi", ".nf", ".in", ".ti", "H", "N"})
_SKIP = ".sk"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
# What stands where a message has no use for a separator: no text holds it.
NEVER = "\0"
# A path or a fraction with signs that were not escaped is seldom shaped like this.
_SEQUENCE = (
    r"(?:X(?P<bytes>(?:[0-9A-Fa-f]{{2}})+)"
    r"|(?P<command>\.[a-z]{{2}}) ?(?P<count>[+-]?[0-9]{{0,2}})"
    r"|Z[^{mark}\s]*|[A-Z][A-Za-z0-9]*)"
)


def unescaped(text: str, separators: str) -> str:
    """The text with each escape sequence replaced by what it stands for.

    `separators`: field, component, repetition, escape, subcomponent, truncation, in that order.
    A sequence that is not known, is local (`\\Z..\\`), or switches characters (`\\C..\\`) stays as
    it is written: nothing is guessed away. Source: HL7 v2.8, chapter 2.7.
    """
    escape = separators[3]
    if escape not in text:
        return text
    return _pattern(escape).sub(lambda found: _meaning(found, separators), text)


def escaped(text: str, separators: str) -> str:
    """The text as a field may hold it: each separator as its escape sequence, no line breaks."""
    escape = separators[3]
    named = zip(separators, _NAMES, strict=False)
    written = {ord(sign): f"{escape}{letter}{escape}" for sign, letter in named if sign != NEVER}
    return _CONTROLS.sub(" ", text).translate(written)


@lru_cache(maxsize=8)
def _pattern(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(mark + _SEQUENCE.format(mark=mark) + mark)


def _meaning(found: re.Match[str], separators: str) -> str:
    said = found[0][1:-1]
    named = _NAMES.find(said)
    if len(said) == 1 and 0 <= named < len(separators) and separators[named] != NEVER:
        return separators[named]
    if found["bytes"]:
        return _of_bytes(bytes.fromhex(found["bytes"]))
    command = found["command"] or said
    if command in _BREAKS:
        return "\n" * _count(found)
    if command == _SKIP:
        return " " * _count(found)
    return "" if command in _LAYOUT else found[0]


def _count(found: re.Match[str]) -> int:
    """How often a command is to be done: once where it does not say."""
    said = found["count"].strip("+")
    return max(int(said), 0) if said.strip("-") else 1


def _of_bytes(said: bytes) -> str:
    """Bytes as UTF-8, else each as the character that it is in most other sets."""
    try:
        text = said.decode()
    except UnicodeDecodeError:
        text = said.decode("iso8859-1")
    return text.replace("\0", "\ufffd")
