"""Real PostgreSQL for the tests: one server a run, a database of its own for each module."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.embedded.postgres import Postgres, start_postgres
from schemas.events import CareEvent, encode
from schemas.reference import load
from schemas.settings import Settings
from schemas.tables import metadata
from services.access.problems import install
from services.access.tokens import issue, make_keys
from services.access.viewer import Role, Viewer
from services.correlation import Correlated
from services.fhir.api import router as fhir
from services.fhir.audit_api import router as audit_events
from services.gateway.capability import router as capability
from services.operations.api import router as operations
from services.record.api import router as record
from services.record.audit_api import router as audit
from services.record.broken_glass_api import router as glass
from services.record.caseload_api import router as caseload
from services.record.following import Following
from services.record.identity_api import router as identity
from services.record.story_api import router as story
from services.record.stream_api import router as record_stream
from streams.flow.projector import Flow
from streams.measures.engine import Engine
from streams.referrals.projector import Referrals
from streams.runtime.database import engine
from streams.timeline.projector import Timeline

_numbers = count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A running server that keeps nothing; started and stopped outside any test's event loop."""
    directory = tmp_path_factory.mktemp("server") / "postgres"
    running = asyncio.run(start_postgres(directory, durable=False))
    yield running
    asyncio.run(running.stop())


@pytest.fixture(scope="module")
def settings(server: Postgres) -> Settings:
    """Settings of a new database with every table, in development mode."""
    return Settings(
        kafka="none:1",
        database=asyncio.run(_new_database(server.url)),
        development=True,
        development_key="a development key of forty-two characters.",
    )


async def _new_database(server_url: str) -> str:
    name = f"test_{next(_numbers)}"
    maintenance = create_async_engine(server_url, isolation_level="AUTOCOMMIT")
    async with maintenance.connect() as connection:
        await connection.execute(text(f"create database {name} template template0"))
    await maintenance.dispose()
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    database = create_async_engine(url)
    async with database.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await database.dispose()
    return url


@pytest_asyncio.fixture
async def database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """The engine that the services use, over the module's database, emptied of the last test's."""
    running = engine(settings)
    async with running.begin() as connection:
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        await connection.execute(text(f"truncate {tables} restart identity"))
    yield running
    await running.dispose()


_KNOWN_TO_VISITORS = text("""
insert into break_glass (break_glass_id, person_id, viewer, name, role, org, reason, words, until)
select gen_random_uuid(), i.own_id, v.viewer, v.viewer, 'clinician', v.org, 'emergency', 'a test',
  '9999-01-01T00:00Z'
from identities i, (values ('u1', 'RX1'), ('demo-clinician', 'ZP0001')) as v(viewer, org)
where not exists (select from break_glass b where b.person_id = i.own_id)
""")


@dataclass(frozen=True)
class Record:
    """As much of a Kafka record as a projection reads."""

    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 0


@dataclass(frozen=True)
class House:
    """The services over a database, and the projections that feed it.

    `is_open`: its visitors have a relationship to everybody who is known in it, whatever the test
    tells of them: the glass is broken. What they may see without is tested in `test_relationships`.
    """

    database: AsyncEngine
    settings: Settings
    engine: Engine
    is_open: bool = True

    async def take(self, *events: CareEvent) -> None:
        """Project the events, all in one transaction, as the worker does."""
        records = [Record(encode(event)) for event in events]
        timeline, flow, referrals = Timeline(), Flow(), Referrals()
        async with self.database.begin() as tx:
            await timeline.apply(tx, timeline.read(records))
            await flow.apply(tx, flow.read(records))
            await referrals.apply(tx, referrals.read(records))
            if self.is_open:
                await tx.execute(_KNOWN_TO_VISITORS)

    @asynccontextmanager
    async def visited_by(
        self, role: Role | None, *, user: str = "u1", org: str = "RX1", teams: tuple[str, ...] = ()
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A client with a token of the role; without one for None."""
        token = self.token(role, user=user, org=org, teams=teams) if role else None
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app()), base_url="http://test", headers=headers
        ) as client:
            yield client

    def app(self) -> FastAPI:
        """The services of the record and of measures."""
        app = FastAPI()
        app.state.database, app.state.settings = self.database, self.settings
        app.state.engine, app.state.keys = self.engine, make_keys(self.settings)
        app.state.following = Following(self.database)
        for router in (
            *(identity, glass, record, record_stream, story, caseload, operations),
            *(audit, audit_events, capability, fhir),
        ):
            app.include_router(router)
        install(app)
        app.add_middleware(Correlated)
        return app

    def token(
        self, role: Role, *, user: str = "u1", org: str = "RX1", teams: tuple[str, ...] = ()
    ) -> str:
        """What proves that its bearer is somebody in the role."""
        viewer = Viewer(user=user, name="U One", role=role, org=org, teams=teams)
        return issue(self.settings, viewer)

    async def own_ids(self) -> dict[str, str]:
        """The id of each identity by its key."""
        async with self.database.connect() as connection:
            rows = await connection.execute(text("select key, own_id::text from identities"))
            return {row.key: row.own_id for row in rows}

    async def looks(self) -> list[tuple[str, str | None, bool]]:
        """The access log but for signing in and out, oldest first."""
        return [one for one in await self.log() if not one[0].startswith("sign-")]

    async def log(self) -> list[tuple[str, str | None, bool]]:
        """The access log, oldest first: view, person, whether it was allowed."""
        said = "select view, person_id::text as person, allowed from access_log order by id"
        async with self.database.connect() as connection:
            rows = await connection.execute(text(said))
            return [(row.view, row.person, row.allowed) for row in rows]


@pytest.fixture
def house(database: AsyncEngine, settings: Settings) -> Iterator[House]:
    measures = Engine(database, load())
    yield House(database, settings, measures)
    measures.close()


@pytest_asyncio.fixture
async def clinician(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.visited_by(Role.CLINICIAN) as client:
        yield client
