"""The characters of a message: what MSH-18 says that its bytes mean."""

import codecs
from typing import NamedTuple

# HL7 table 0211, as far as Python has a codec for it.
CODECS = {
    "": "utf-8",
    "ASCII": "utf-8",
    "8859/1": "iso8859-1",
    "8859/2": "iso8859-2",
    "8859/3": "iso8859-3",
    "8859/4": "iso8859-4",
    "8859/5": "iso8859-5",
    "8859/6": "iso8859-6",
    "8859/7": "iso8859-7",
    "8859/8": "iso8859-8",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_1",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "CNS 11643-1992": "euc_tw",
    "BIG-5": "big5",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UNICODE UTF-16": "utf-16",
}
# What an old system means when it says nothing and it is not UTF-8: every byte is a character.
FALLBACK = "iso8859-1"
_CHARACTER_SET = 17


class Characters(NamedTuple):
    """A message as text. `doubtful`: its bytes are not what MSH-18 says that they are."""

    text: str
    doubtful: bool


def characters_of(body: bytes) -> Characters:
    """The text of a message, by MSH-18, whatever its bytes are. Raises nothing.

    Without MSH-18 it is UTF-8, of which ASCII is a part. Source: HL7 v2.8, table 0211.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(body, "utf-16")
    return _decoded(body.removeprefix(codecs.BOM_UTF8), _declared(body))


def _declared(body: bytes) -> str | None:
    start = body.find(b"MSH")
    if start < 0 or len(body) <= start + 3:
        return "utf-8"
    separator = body[start + 3 : start + 4]
    line = body[start:].split(b"\r", 1)[0].split(b"\n", 1)[0]
    fields = line.split(separator, _CHARACTER_SET + 1)
    said = fields[_CHARACTER_SET] if len(fields) > _CHARACTER_SET else b""
    # The first repetition is the set that the message is in; the others are only switched to.
    first = said.replace(b"\\", b"~").split(b"~", 1)[0]
    return CODECS.get(first.decode("ascii", "replace").strip().upper())


def _decoded(body: bytes, codec: str | None) -> Characters:
    for number, name in enumerate((codec, "utf-8")):
        if name is None:
            continue
        try:
            return Characters(body.decode(name), doubtful=number > 0)
        except (UnicodeDecodeError, LookupError):
            continue
    return Characters(body.decode(FALLBACK), doubtful=True)
