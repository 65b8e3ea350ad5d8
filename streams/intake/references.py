"""What references mean within one message: which of its own resources each of them names."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from schemas.fhir.references import (
    Identifier,
    each_reference,
    identifier_of,
    key_of,
    literal_of,
    search_of,
)
from schemas.identity import indexable

Resource = dict[str, Any]

# What a reference says that is neither `Type/id` nor contained; most resources have none.
_UNPLAIN: Final = re.compile(
    rb'"reference"\s*:\s*"(?!#|[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")([^"]*)"'
)
_ONE_IDENTIFIER: Final = re.compile(rb'"identifier"\s*:\s*\{[^{}\[\]]*"value"\s*:\s*"([^"]*)"')


class Thing(NamedTuple):
    """A resource of a message, and what its source calls it (`Encounter/7`)."""

    resource: Resource
    name: str | None = None
    url: str | None = None


NO_THINGS: Final[Mapping[str, Thing]] = MappingProxyType({})


class Context:
    """What a reference can be resolved in: the source, and the resources of its message.

    `things`: by every name that a reference may use. `bases`: the addresses that the message
    gives its own resources.
    """

    __slots__ = ("_identified", "bases", "source", "things")

    def __init__(
        self,
        source: str,
        things: Mapping[str, Thing] = NO_THINGS,
        bases: frozenset[str] = frozenset(),
    ) -> None:
        self.source, self.things, self.bases = source, things, bases
        self._identified: dict[tuple[str, Identifier], Thing | None] | None = None

    @property
    def identified(self) -> dict[tuple[str, Identifier], Thing | None]:
        """The resources by type and identifier; None where two have the same one."""
        if self._identified is None:
            self._identified = _by_identifier(self.things.values())
        return self._identified

    def find(self, reference: Resource, kind: str | None = None) -> Thing | None:
        """The resource of the message that a Reference names; None where it is not in there.

        By its name, else by the identifier that it searches for or gives. `kind`: the type that
        an identifier alone is of, where the reference does not say it.
        """
        if not self.things:
            return None
        said = reference.get("reference")
        if isinstance(said, str) and said:
            return self.find_named(said)
        identifier = identifier_of(reference.get("identifier"))
        kind = reference.get("type", kind)
        if identifier is None or not isinstance(kind, str):
            return None
        return self.identified.get((kind, identifier))

    def find_named(self, said: str) -> Thing | None:
        """The resource that `Type/id`, a fullUrl or `Type?identifier=` names in the message."""
        found = self.things.get(said)
        if found is None and "/_history/" in said:
            found = self.things.get(said.partition("/_history/")[0])
        search = search_of(said) if found is None and "?" in said else None
        return self.identified.get(search) if search else found

    def is_elsewhere(self, base: str) -> bool:
        """True where an address is surely not this source's: it gives its own things another."""
        return bool(base and self.bases) and base not in self.bases

    def within(self, resource: Resource) -> "Context":
        """The context with the resources that this one contains.

        Without their ids: those name them in here only, and the next resource has another `#p1`.
        """
        if "contained" not in resource:
            return self
        inside = {
            f"#{inner.get('id')}": Thing({n: v for n, v in inner.items() if n != "id"})
            for inner in resource["contained"]
        }
        return Context(self.source, {**self.things, **inside}, self.bases)


def _by_identifier(things: Iterable[Thing]) -> dict[tuple[str, Identifier], Thing | None]:
    found: dict[tuple[str, Identifier], Thing | None] = {}
    for thing in {id(thing.resource): thing for thing in things}.values():
        kind = thing.resource.get("resourceType", "")
        for identifier in filter(None, map(identifier_of, _identifiers(thing.resource))):
            known = found.setdefault((kind, identifier), thing)
            if known is not thing:
                found[kind, identifier] = None
    return found


def context_of(source: str, things: Iterable[Thing]) -> Context:
    """The context of a message by its resources."""
    names: dict[str, Thing] = {}
    bases: set[str] = set()
    for thing in things:
        kind, identity = thing.resource["resourceType"], thing.resource.get("id")
        if identity:
            names[f"{kind}/{identity}"] = thing
        if thing.url:
            names[thing.url] = thing
            literal = literal_of(thing.url) if thing.url.startswith("http") else None
            if literal and literal.kind == kind:
                bases.add(literal.base)
    return Context(source, names, frozenset(bases))


def resolved(resource: Resource, raw: bytes, context: Context) -> tuple[tuple[str, str], ...]:
    """What references mean that only their message tells: as it is written, the thread it names.

    Sorted, each once. Nothing for `Type/id`: that is the same thing in whichever message.
    """
    if not context.things:
        return ()
    unplain = _UNPLAIN.findall(raw)
    gives = _gives_an_identifier(raw, context)
    if not unplain and not gives:
        return ()
    if gives or any(b"\\" in said for said in unplain):
        references = {key_of(reference): reference for _, reference in each_reference(resource)}
    else:
        references = {said.decode(): {"reference": said.decode()} for said in unplain}
    threads = ((said, _thread(said, one, context)) for said, one in references.items())
    return tuple(sorted((said, indexable(thread)) for said, thread in threads if thread))


def _gives_an_identifier(raw: bytes, context: Context) -> bool:
    """True where an identifier by which something is named may be that of a resource in there."""
    given = _ONE_IDENTIFIER.findall(raw)
    if not given:
        return False
    known = {identifier.value for _, identifier in context.identified}
    return any(b"\\" in value or value.decode() in known for value in given)


def _thread(said: str, reference: Resource, context: Context) -> str | None:
    """The thread that a reference names, where its words alone do not say the same."""
    thing, literal = context.find(reference), literal_of(said)
    if thing is not None and thing.name:
        is_plain = literal is not None and thing.name == f"{literal.kind}/{literal.id}"
        return None if is_plain else f"{context.source}|{thing.name}"
    if literal is not None and context.is_elsewhere(literal.base):
        return f"{context.source}|{literal.base}{literal.kind}/{literal.id}"
    return None


def _identifiers(resource: Resource) -> list[object]:
    value = resource.get("identifier")
    return value if isinstance(value, list) else [value]
