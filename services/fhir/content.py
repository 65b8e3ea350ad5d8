"""In which format a client wants an answer, and what it does with what is not understood. Pure."""

from typing import Final

JSON: Final = frozenset(
    {"json", "application/json", "application/fhir+json", "application/json+fhir", "text/json"}
)
_ANY: Final = frozenset({"*/*", "application/*"})
_NEVER: Final = frozenset({"0", "0.0", "0.00", "0.000"})


def takes_json(accept: str | None, format_asked: str | None) -> bool:
    """Whether FHIR as JSON will do; `_format` goes before the header. Source: FHIR R4, http."""
    if format_asked:
        # A plus that nobody encoded is read as a space.
        return format_asked.partition(";")[0].strip().replace(" ", "+") in JSON
    if not accept or not accept.strip():
        return True
    return any(_takes(one) for one in accept.split(","))


def _takes(media: str) -> bool:
    kind, *parameters = (part.strip().lower() for part in media.split(";"))
    never = any(part.partition("=")[::2] == ("q", value) for part in parameters for value in _NEVER)
    return kind in JSON | _ANY and not never


def is_lenient(prefer: str | None) -> bool:
    """Whether parameters that are not understood are to be left out, rather than refused."""
    wishes = (prefer or "").replace(";", ",").split(",")
    return any(wish.strip().lower() == "handling=lenient" for wish in wishes)


def is_unchanged(if_none_match: str | None, version: str) -> bool:
    """Whether a client has the version already: `W/"..."`, or as some write it, bare."""
    given = (one.strip().removeprefix("W/").strip('"') for one in (if_none_match or "").split(","))
    return version in given
