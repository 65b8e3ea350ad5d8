"""What an identity provider calls roles, as a setting says it."""

from collections.abc import Mapping


def claim_values(said: str | Mapping[str, str]) -> dict[str, str]:
    """`"theirs=ours,..."` as a mapping. Raises ValueError where a part is not of that form."""
    if not isinstance(said, str):
        return dict(said)
    parts = [part.strip() for part in said.split(",") if part.strip()]
    # The last sign: a provider's names may hold one.
    found = {theirs.strip(): ours.strip() for theirs, _, ours in (p.rpartition("=") for p in parts)}
    if not all(theirs and ours for theirs, ours in found.items()):
        raise ValueError("each part must be: name at the provider = role")
    return found
