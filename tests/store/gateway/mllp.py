"""The services with MLLP, over a real broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.brokers import BrokerProcess
from deploy.processes import free_port
from schemas.senders import Sender as Known
from services.web import create_app
from tests.store.conftest import House
from tests.store.gateway.site import LIMIT, Site

SENDERS = {"RX1": Known("RX1", "acute"), "PAS|GHH": Known("RX2", "community")}


@asynccontextmanager
async def serving(
    house: House, broker: BrokerProcess, **settings: object
) -> AsyncIterator[tuple[Site, int]]:
    """The services with MLLP, and its port."""
    port = free_port()
    told = {
        "kafka": broker.address,
        "max_message_bytes": LIMIT,
        "mllp_port": port,
        "mllp_sources": SENDERS,
        **settings,
    }
    site = Site(create_app(changed := house.settings.model_copy(update=told)), changed)
    async with site.app.router.lifespan_context(site.app):
        yield site, port
