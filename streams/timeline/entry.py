"""One line of a timeline."""

from datetime import datetime

import msgspec

LONGEST_DETAIL = 400


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a timeline. `slot` tells the entries of one fact apart; times are UTC.

    `title` says what happened, `detail` what the source says of it besides. `replaces` names the
    threads whose entries this one puts right: they are struck through. `author_thread` and
    `place_thread` name whom and where by the thread, where the fact itself has no name for them.
    """

    slot: str
    kind: str
    title: str
    at: datetime | None = None
    until: datetime | None = None
    status: str | None = None
    place: str | None = None
    author: str | None = None
    struck: bool = False
    detail: str | None = None
    replaces: tuple[str, ...] = ()
    author_thread: str | None = None
    place_thread: str | None = None


def joined(*parts: str | None) -> str | None:
    """The parts that say something, each once, as one detail: "to Podiatry; falls"."""
    if not any(parts):
        return None
    words = "; ".join(dict.fromkeys(part for part in parts if part))
    return f"{words[: LONGEST_DETAIL - 1]}…" if len(words) > LONGEST_DETAIL else words or None
