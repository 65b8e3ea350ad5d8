"""Whether a source says of a resource that it was a mistake."""

from typing import Any

STRUCK = "entered-in-error"


def is_mistaken(resource: dict[str, Any]) -> bool:
    """True where the source says, in whichever element its type has, that it is an error."""
    verification = resource.get("verificationStatus")
    codings = verification.get("coding", ()) if isinstance(verification, dict) else ()
    codes = [c.get("code") for c in codings if isinstance(c, dict)]
    return STRUCK in (resource.get("status"), resource.get("lifecycleStatus"), *codes)
