"""Names of people and places that a fact only refers to, from what else is held of them. Pure."""

from collections.abc import Iterable

from msgspec.structs import replace

from streams.story.people import Directory, name_in
from streams.timeline.read import TimelineEntry


def threads_named(lines: Iterable[TimelineEntry]) -> set[str]:
    """The threads by which lines name an author or a place."""
    found = (
        thread for line in lines for thread in (line.entry.author_thread, line.entry.place_thread)
    )
    return {thread for thread in found if thread}


def with_names(line: TimelineEntry, directory: Directory) -> TimelineEntry:
    """The line with the names that the directory has for its author and its place."""
    entry = line.entry
    author = entry.author_thread and name_in(entry.author_thread, directory)
    place = entry.place_thread and name_in(entry.place_thread, directory)
    named = replace(entry, author=author or entry.author, place=place or entry.place)
    return line._replace(entry=named)
