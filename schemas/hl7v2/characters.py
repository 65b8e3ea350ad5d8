"""The characters of a message: what MSH-18 says that its bytes mean, and whether they do."""

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

UTF_8, ASCII, LATIN_1, WINDOWS = "utf-8", "ascii", "iso8859-1", "cp1252"
_PARTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)
# HL7 table 0211, as far as Python has a codec for it, and what systems write in its place.
CODECS = {
    "": UTF_8,
    "ASCII": ASCII,
    "ISO IR6": ASCII,
    # Each of the two is switched to by escape sequences; this codec knows both.
    "ISO IR87": "iso2022_jp_2",
    "ISO IR159": "iso2022_jp_2",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "BIG-5": "big5",
    "UNICODE": UTF_8,
    "UNICODE UTF-8": UTF_8,
    "UTF-8": UTF_8,
    "UTF8": UTF_8,
    "UNICODE UTF-16": "utf-16",
    "UNICODE UTF-32": "utf-32",
    "WINDOWS-1252": WINDOWS,
    "CP1252": WINDOWS,
    **{f"8859/{part}": f"iso8859-{part}" for part in _PARTS},
    **{f"ISO-8859-{part}": f"iso8859-{part}" for part in _PARTS},
}
WIDE = ("utf-16", "utf-32")
_LATIN = frozenset({LATIN_1, "iso8859-15", WINDOWS})
_CHARACTER_SET = 17
_LINE = re.compile(r"[^\r\n]*")
# What may stand before the first segment: a mark of UTF-8, what MLLP and files have around it.
_START = re.compile(rb"(?:[\x0b\x1c\x1a\s]|\xef\xbb\xbf)*+(?:MSH|FHS|BHS)")
_LONGEST_START = 64
_CONTROLS = re.compile("[\x80-\x9f]")
_ESCAPE = b"\x1b"
# How wide characters begin: with a mark, or with the first letter of MSH, FHS or BHS.
_WIDE_STARTS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    *(
        (letter.encode(codec), codec)
        for codec in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
        for letter in "MFB"
    ),
)


class Characters(NamedTuple):
    """A message as text. `doubtful`: its bytes are not what MSH-18 says that they are."""

    text: str
    doubtful: bool


def characters_of(body: bytes) -> Characters:
    """The text of a message, by MSH-18, whatever its bytes are. Raises nothing.

    Without MSH-18 it is UTF-8, of which ASCII is a part. Source: HL7 v2.8, table 0211.
    """
    wide = wide_codec(body)
    if wide:
        text = body.decode(wide, "replace").removeprefix("\ufeff")
        said_otherwise = declared(text) not in {UTF_8, wide[: len("utf-16")]}
        return Characters(text, "\ufffd" in text or said_otherwise)
    said = declared(body.decode(LATIN_1))
    if body.isascii() and _ESCAPE not in body:
        return Characters(body.decode(ASCII), said in WIDE)
    # Letters of one byte each that happen to be valid UTF-8 hardly exist: that is a wrong label.
    utf_8_first = said in _LATIN or body.startswith(codecs.BOM_UTF8)
    able = (said,) if said and said not in WIDE else ()
    order = (UTF_8, *able) if utf_8_first else (*able, UTF_8)
    return _read(body.removeprefix(codecs.BOM_UTF8), said, order)


def is_hl7v2(body: bytes) -> bool:
    """Whether bytes begin as HL7 v2 does, with a header, in whatever characters."""
    start = body[:_LONGEST_START]
    wide = wide_codec(start)
    narrow = start.decode(wide, "replace").strip("\ufeff").encode() if wide else start
    return _START.match(narrow) is not None


def wide_codec(body: bytes) -> str:
    """The codec of characters of more than one byte each, as the start of a message shows it.

    Empty where it shows none.
    """
    if body[:3].isalpha():
        return ""
    return next((codec for start, codec in _WIDE_STARTS if body.startswith(start)), "")


def declared(text: str) -> str:
    """The codec that MSH-18 names; empty where it is none that is known here."""
    start = text.find("MSH")
    found = _LINE.match(text, start + 3) if start >= 0 else None
    if not found or not found[0]:
        return UTF_8
    fields = found[0].split(found[0][0], _CHARACTER_SET + 1)
    if len(fields) <= _CHARACTER_SET or not fields[_CHARACTER_SET]:
        return UTF_8
    return _codec(fields[_CHARACTER_SET][:_LONGEST_START], fields[1][1:2] or "~")


@lru_cache(maxsize=64)
def _codec(said: str, repetition: str) -> str:
    # The first set is what the message is in, the others are switched to; where the first is
    # only ASCII, what else there is can only be in the next.
    repeats = [CODECS.get(one.strip().upper(), "") for one in said.split(repetition)]
    return next((one for one in repeats if one not in {UTF_8, ASCII}), repeats[0])


def _read(body: bytes, said: str, order: tuple[str, ...]) -> Characters:
    """The text of bytes that are not all ASCII, by the first codec that can be right."""
    for codec in order:
        try:
            text = body.decode(codec)
        except UnicodeDecodeError:
            continue
        if not (codec == LATIN_1 and _CONTROLS.search(text)):
            return Characters(text, codec != said)
    return Characters(_western(body), doubtful=True)


def _western(body: bytes) -> str:
    """What old systems mean that do not say what they send. Reads anything.

    The letters are those of 8859/1, and signs stand where that has controls that nobody sends.
    """
    try:
        return body.decode(WINDOWS)
    except UnicodeDecodeError:
        return body.decode(LATIN_1)
