"""A broker a module, and a site and its publisher for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from deploy.brokers import BrokerProcess
from services.web import create_app
from tests.store.conftest import House
from tests.store.gateway.site import LIMIT, Site, with_topics


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerProcess]:
    running = asyncio.run(with_topics(tmp_path_factory.mktemp("broker")))
    yield running
    asyncio.run(running.stop())


@pytest_asyncio.fixture
async def site(house: House, broker: BrokerProcess) -> AsyncIterator[Site]:
    told = {"kafka": broker.address, "max_message_bytes": LIMIT}
    settings = house.settings.model_copy(update=told)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield Site(app, settings)


@pytest_asyncio.fixture
async def publisher(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with site.visited() as client:
        yield client
