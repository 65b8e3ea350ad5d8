"""Who may publish, and for whom."""

import orjson
import pytest

from services.access.viewer import Role
from tests.builders import (
    encounter,
)
from tests.store.gateway.site import Site, issues_of

DOORS = [
    ("POST", "/fhir/$process-message"),
    ("POST", "/fhir"),
    ("POST", "/fhir/Encounter"),
    ("PUT", "/fhir/Encounter/e1"),
    ("DELETE", "/fhir/Encounter/e1"),
]


@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_no_door_opens_without_a_token(site: Site, method: str, path: str) -> None:
    before = len(await site.kept())
    async with site.visited(None) as stranger:
        answer = await stranger.request(method, path, content=orjson.dumps(encounter()))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert [issue["code"] for issue in issues_of(answer)] == ["login"]
    assert len(await site.kept()) == before


@pytest.mark.parametrize(("method", "path"), DOORS)
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PUBLISHER, Role.ADMINISTRATOR}))
async def test_no_door_opens_for_those_who_do_not_publish(
    site: Site, method: str, path: str, role: Role
) -> None:
    async with site.visited(role) as other:
        answer = await other.request(method, path, content=orjson.dumps(encounter()))
    assert answer.status_code == 403
    assert [issue["code"] for issue in issues_of(answer)] == ["forbidden"]


@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_a_publisher_does_not_speak_for_another_organisation(
    site: Site, method: str, path: str
) -> None:
    before = len(await site.kept())
    async with site.visited(Role.PUBLISHER, **{"X-Source": "RX2"}) as other:
        answer = await other.request(method, path, content=orjson.dumps(encounter()))
    assert answer.status_code == 403
    assert len(await site.kept()) == before


async def test_an_administrator_speaks_for_any_organisation(site: Site) -> None:
    headers = {"X-Source": "RX2", "X-Sector": "community"}
    async with site.visited(Role.ADMINISTRATOR, **headers) as administrator:
        answer = await administrator.post("/fhir/Encounter", json=encounter())
    (event,) = await site.read_as(answer)
    assert (event.source, event.sector) == ("RX2", "community")
