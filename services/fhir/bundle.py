"""Resources as Bundles of FHIR: what a search found, and the states of one thing. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from services.fhir.resource import encode

Resource = dict[str, Any]

# FHIR R4, security labels: a client that reads this knows that it has not got all.
REDACTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "REDACTED",
}
MATCH: Final = "match"
INCLUDE: Final = "include"


def address_of(base: str, resource: Resource) -> str:
    """Where a resource is read."""
    return f"{base}/{resource['resourceType']}/{resource['id']}"


def searchset(
    base: str,
    found: Sequence[tuple[Resource, str]],
    total: int,
    own: str,
    following: str | None,
    *,
    is_restricted: bool = False,
) -> bytes:
    """What a search found, each with its mode: `total` over all pages, links to this and the next.

    `is_restricted`: the Bundle says that there are others, which are not shown.
    """
    links = [{"relation": "self", "url": own}]
    links += [{"relation": "next", "url": following}] if following else []
    entries = [
        {"fullUrl": address_of(base, one), "resource": one, "search": {"mode": mode}}
        for one, mode in found
    ]
    said: Resource = {"resourceType": "Bundle", "type": "searchset"}
    if is_restricted:
        said["meta"] = {"security": [REDACTED]}
    said |= {"total": total, "link": links}
    return encode(said | ({"entry": entries} if entries else {}))


def history(base: str, path: str, states: Iterable[Resource], deleted_at: str | None) -> bytes:
    """The states of one thing, the latest first; `deleted_at`: when its source deleted it."""
    entries = [_state(base, path, one) for one in states]
    if deleted_at:
        gone = {
            "fullUrl": f"{base}/{path}",
            "request": {"method": "DELETE", "url": path},
            "response": {"status": "204", "lastModified": deleted_at},
        }
        entries.insert(0, gone)
    said = {"resourceType": "Bundle", "type": "history", "total": len(entries)}
    links = {"link": [{"relation": "self", "url": f"{base}/{path}/_history"}]}
    return encode(said | links | ({"entry": entries} if entries else {}))


def _state(base: str, path: str, resource: Resource) -> Resource:
    meta = resource["meta"]
    return {
        "fullUrl": f"{base}/{path}",
        "resource": resource,
        "request": {"method": "PUT", "url": path},
        "response": {
            "status": "200",
            "etag": f'W/"{meta["versionId"]}"',
            "lastModified": meta["lastUpdated"],
        },
    }
