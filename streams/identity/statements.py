"""What facts and staff say of who is one person, and which of it holds. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from schemas.events import CareEvent, Link, LinkKind
from schemas.identity import bare_of, is_proven

Pair = tuple[str, str]

PATIENT = "Patient"
JOINS = frozenset({LinkKind.SAME, LinkKind.MERGED, LinkKind.LINKED})
# What is said outright of two identities: the latest of it decides.
OUTRIGHT = frozenset({LinkKind.MERGED, LinkKind.LINKED, LinkKind.PARTED})


class Statement(NamedTuple):
    """One thing that is said of two identities, by a fact (`event_id`) or by staff (`who`).

    `thread`: of its statements only those of the greatest version hold. None: it stands for
    itself. `said_at` orders what is said outright of one pair. `number` tells the statements of
    one fact apart.
    """

    event_id: UUID
    number: int
    one: str
    other: str
    kind: LinkKind
    source: str
    thread: str | None
    version: str
    said_at: datetime
    who: str | None = None
    content: str | None = None


class Said(NamedTuple):
    """What holds, pair by pair.

    `firm`: staff joined them. `proofs`: an identity, and the NHS number with a date of birth that
    it is. `merges`: given up, and for whom. `links`: joined in any other way. `parted`: kept
    apart, whatever else is said of the two. `possible`: to be looked at.
    """

    firm: frozenset[Pair] = frozenset()
    proofs: frozenset[Pair] = frozenset()
    merges: frozenset[Pair] = frozenset()
    links: frozenset[Pair] = frozenset()
    parted: frozenset[Pair] = frozenset()
    possible: frozenset[Pair] = frozenset()
    deleted: frozenset[str] = frozenset()


def statements_of(event: CareEvent) -> list[Statement]:
    """What a fact says of who is one person.

    A Patient tells its whole state: one that says nothing is a statement too, for it takes back
    what the version before it said.
    """
    links = event.links
    if event.kind == PATIENT and event.subject and not links:
        links = (Link(event.subject, event.subject),)
    threads = [_thread(event, link) for link in links]
    said_at = event.recorded
    if event.kind != PATIENT:
        said_at = event.occurred_start or event.recorded
    return [
        Statement(
            UUID(event.id),
            number,
            link.one,
            link.other,
            link.kind,
            event.source,
            thread,
            event.version,
            said_at,
            content=_content(links, threads, thread) if thread else None,
        )
        for number, (link, thread) in enumerate(zip(links, threads, strict=True))
    ]


def _content(links: Sequence[Link], threads: Sequence[str | None], thread: str) -> str:
    """A mark of all that is said in a thread, in whichever order it is said."""
    pairs = zip(links, threads, strict=True)
    said = sorted({(e.one, e.other, e.kind.value) for e, of in pairs if of == thread})
    return blake2b(repr(said).encode(), digest_size=8).hexdigest()


def _thread(event: CareEvent, link: Link) -> str | None:
    """The thing that a statement is the state of.

    What a message says in passing, of whose number it is, is the state of that identity, and of
    nothing else: a message that does not say it takes nothing back.
    """
    if event.kind == PATIENT:
        return event.thread
    if link.kind is LinkKind.SAME and is_proven(link.other):
        return f"proof|{event.source}|{link.one}"
    return f"quoted|{event.source}|{link.one}" if link.kind is LinkKind.POSSIBLE else None


def pair_of(one: str, other: str) -> Pair:
    """Two identities, whichever was named first."""
    return (one, other) if one < other else (other, one)


def holding(statements: Iterable[Statement]) -> list[Statement]:
    """The statements that no greater version of their thread replaces, each once."""
    said = set(statements)
    greatest: dict[str, tuple[str, UUID]] = {}
    for each in said:
        if each.thread is not None:
            place = (each.version, each.event_id)
            greatest[each.thread] = max(place, greatest.get(each.thread, place))
    return [
        each
        for each in said
        if each.thread is None or (each.version, each.event_id) == greatest[each.thread]
    ]


def proven_numbers(statements: Iterable[Statement]) -> set[str]:
    """The NHS numbers, without a date of birth, that somebody proves to have."""
    proofs = (e.other for e in holding(statements) if e.kind is LinkKind.SAME)
    return {bare for key in proofs if is_proven(key) and (bare := bare_of(key))}


def said_by(statements: Iterable[Statement]) -> Said:
    """What the statements together say, whatever order and however often they come.

    Of what is said outright of a pair the latest decides; staff go before any source, and what is
    said outright before what two names in one message imply.
    """
    held = [each for each in holding(statements) if each.one != each.other or _is_deletion(each)]
    outright: dict[Pair, list[Statement]] = {}
    for each in held:
        if each.kind in OUTRIGHT:
            outright.setdefault(pair_of(each.one, each.other), []).append(each)
    last = {pair: max(said, key=_order) for pair, said in outright.items()}
    parted = {pair for pair, each in last.items() if each.kind is LinkKind.PARTED}
    firm = {pair for pair, each in last.items() if each.who and pair not in parted}
    decided = parted | firm
    joins = [each for said in outright.values() for each in _since_parted(said)]
    implied = [each for each in held if each.kind not in OUTRIGHT]
    open_ = [e for e in [*joins, *implied] if pair_of(e.one, e.other) not in decided]
    return Said(
        frozenset(firm),
        frozenset(_of(open_, lambda e: e.kind is LinkKind.SAME and is_proven(e.other))),
        frozenset(_of(open_, lambda e: e.kind is LinkKind.MERGED)),
        frozenset(_links(open_)),
        frozenset(parted),
        frozenset(_of(open_, lambda e: e.kind is LinkKind.POSSIBLE)),
        frozenset(each.one for each in held if _is_deletion(each)),
    )


def _is_deletion(each: Statement) -> bool:
    return each.kind is LinkKind.DELETED


def _order(each: Statement) -> tuple[bool, datetime, str, UUID, int]:
    return (each.who is not None, each.said_at, each.version, each.event_id, each.number)


def _since_parted(said: list[Statement]) -> Iterator[Statement]:
    """The joins of one pair that no parting of it came after."""
    for each in sorted(said, key=_order, reverse=True):
        if each.kind is LinkKind.PARTED:
            return
        yield each


def _of(said: Iterable[Statement], wanted: Callable[[Statement], bool]) -> Iterator[Pair]:
    return ((each.one, each.other) for each in said if wanted(each))


def _links(said: Iterable[Statement]) -> Iterator[Pair]:
    """What is joined without one being given up for the other."""
    for each in said:
        alias = each.kind is LinkKind.SAME and not is_proven(each.other)
        if alias or each.kind is LinkKind.LINKED:
            yield pair_of(each.one, each.other)
