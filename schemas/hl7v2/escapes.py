"""Escape sequences: what stands for a separator, a line break or a byte."""

import re
from functools import lru_cache

_FORMATTING = {".br": "\n", ".sp": "\n", ".ce": "\n", ".fi": "", ".nf": "", "H": "", "N": ""}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")


def unescaped(text: str, separators: str) -> str:
    """The text with each escape sequence replaced by what it stands for.

    `separators`: field, component, repetition, escape, subcomponent, in that order. A sequence
    that is not known, or local (`\\Z..\\`), stays as it is written: nothing is guessed away.
    Source: HL7 v2.8, chapter 2.7.
    """
    escape = separators[3:4]
    if not escape or escape not in text:
        return text
    return _pattern(escape).sub(lambda found: _meaning(found, separators), text)


def escaped(text: str, separators: str) -> str:
    """The text as a field may hold it: each separator as its escape sequence, no line breaks."""
    escape = separators[3]
    named = zip(separators, "FSRET", strict=True)
    written = {ord(sign): f"{escape}{letter}{escape}" for sign, letter in named}
    return _CONTROLS.sub(" ", text).translate(written)


@lru_cache(maxsize=8)
def _pattern(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(f"{mark}([^{mark}]*){mark}")


def _meaning(found: re.Match[str], separators: str) -> str:
    said = found[1]
    plain = dict(zip("FSRET", separators, strict=True))
    if said in plain:
        return plain[said]
    hexadecimal = _HEX.fullmatch(said)
    if hexadecimal:
        return bytes.fromhex(hexadecimal[1]).decode("utf-8", "replace").replace("\0", "\ufffd")
    command = said.partition("+")[0].partition("-")[0].strip()
    return _FORMATTING.get(command, found[0])
