"""A browser for each test, of somebody who is not signed in."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from tests.store.conftest import House
from tests.store.pages.site import client


@pytest_asyncio.fixture
async def browser(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with client(house.database, house.settings) as found:
        yield found
