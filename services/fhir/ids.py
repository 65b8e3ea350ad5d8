"""What things are called here: ids that no two sources share and that no new state changes. Pure.

A source's own id is unique at that source alone, and some things have none. The id of a thing is
made of its thread (whose it is, and what that source calls it); a person's is `person_id`.
"""

from hashlib import blake2b, md5
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import msgspec

Resource = dict[str, Any]

# Extensions of `meta`: what the source itself calls the thing, and the version.
SOURCE_ID: Final = "urn:throughline:source-id"
SOURCE_VERSION: Final = "urn:throughline:source-version"
_SOURCE: Final = "urn:throughline:source:"


def id_of(thread: str) -> UUID:
    """The id of the thing that a thread is: the same in each of its states, and after a rebuild.

    PostgreSQL has an index of it (`facts_by_thing`), so it is a digest that it can make.
    """
    return UUID(bytes=md5(thread.encode(), usedforsecurity=False).digest())


def uuid_of(said: str) -> UUID | None:
    """An id as addresses have it; None for what can be none of ours."""
    try:
        found = UUID(said)
    except ValueError:
        return None
    return found if str(found) == said.lower() else None


def source_uri(source: str) -> str:
    """A source as the system of what it calls things."""
    return _SOURCE + quote(source, safe="")


def content_version(resource: Resource) -> str:
    """The version of a resource that is made here: other content is another version."""
    encoded = msgspec.json.encode(resource, order="deterministic")
    return blake2b(encoded, digest_size=16).hexdigest()
