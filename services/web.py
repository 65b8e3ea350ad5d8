"""The services, wired once: gateway (HTTP and MLLP), record, operations, probes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request

from schemas import asyncapi, fhir
from schemas.reference import load
from schemas.settings import Settings
from schemas.topics import Topic
from services.access.keys import make_keys
from services.access.problems import install
from services.access.sealing import Sealing
from services.access.terms import on_terms
from services.correlation import Correlated
from services.fhir.api import router as fhir_record
from services.fhir.audit_api import router as audit_events
from services.figures.live import Live
from services.figures.snapshot_api import router as snapshots
from services.figures.stream import router as stream
from services.gateway import api as gateway
from services.gateway.capability import router as capability
from services.gateway.mllp import Mllp
from services.gateway.receive import Door
from services.headers import Secured
from services.operations.api import router as operations
from services.pages.names import names_of
from services.pages.room import add_pages
from services.probes import probes
from services.record.api import router as record
from services.record.audit_api import router as audit
from services.record.broken_glass_api import router as glass
from services.record.caseload_api import router as caseload
from services.record.following import Following
from services.record.identity_api import router as identity
from services.record.story_api import router as story
from services.record.stream_api import router as record_stream
from services.rejects.api import router as rejects
from streams.intake.agent import STAGE as INTAKE
from streams.intake.read import Limits
from streams.measures.engine import Engine
from streams.runtime import metrics
from streams.runtime.database import engine
from streams.runtime.kafka import producer
from streams.runtime.progress import Progress, Stage
from streams.worker import PROJECTIONS

# A sender waits for the answer: it is told to come back before its own patience ends.
GIVE_UP_MS = 8_000
STAGES = (
    Stage(INTAKE, Topic.INBOUND, in_kafka=True),
    *(Stage(name, topic) for name, (topic, _) in PROJECTIONS.items()),
)


def create_app(settings: Settings) -> FastAPI:
    """The application; its connections live as long as it runs."""

    @asynccontextmanager
    async def connected(app: FastAPI) -> AsyncIterator[None]:
        fhir.warm()
        sender = producer(settings, GIVE_UP_MS)
        await sender.start()
        running = [asyncio.create_task(app.state.engine.warm())]
        running += [asyncio.create_task(app.state.live.run())]
        sealing = Sealing(app.state.database, settings.audit_keys)
        running += [asyncio.create_task(sealing.run())]
        app.state.door = Door(sender, app.state.database, _limits(settings))
        mllp = Mllp(settings, app.state.door) if settings.mllp_port else None
        try:
            if mllp is not None:
                await mllp.start()
                app.state.take_no_more = mllp.take_no_more
            app.state.started = True
            yield
        finally:
            app.state.started = False
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await app.state.following.close()
            if mllp is not None:
                await mllp.stop()
            await sender.stop()
            await app.state.engine.close()
            await app.state.database.dispose()

    app = FastAPI(
        title="Throughline",
        version="1",
        summary="One timeline per person, live stays and bed days.",
        lifespan=connected,
        # The page that shows it runs scripts from elsewhere, where a session's cookie is sent to.
        docs_url="/docs" if settings.development else None,
        redoc_url=None,
    )
    app.state.settings, app.state.database = settings, on_terms(engine(settings), settings)
    reference = load(settings.reference)
    app.state.engine = Engine(app.state.database, reference)
    app.state.live = Live(app.state.engine)
    app.state.following = Following(app.state.database)
    app.state.keys, app.state.started = make_keys(settings), False
    app.state.take_no_more = lambda: None
    metrics.ADDRESS.labels(settings.address).set(1)
    app.state.progress = Progress(settings, app.state.database, STAGES)
    install(app)
    app.add_middleware(Correlated)
    app.add_middleware(Secured, https=not settings.development)
    for kind, answer in gateway.ERRORS.items():
        app.add_exception_handler(kind, answer)
    for router in (
        audit,
        audit_events,
        gateway.router,
        capability,
        identity,
        glass,
        record,
        record_stream,
        story,
        caseload,
        operations,
        stream,
        snapshots,
        rejects,
        # Last: any type may stand in its paths.
        fhir_record,
    ):
        app.include_router(router)
    app.include_router(probes(lambda: bool(app.state.started)))
    add_pages(app, names_of(reference))
    _add_progress(app)
    _add_topics(app)
    return app


def _limits(settings: Settings) -> Limits:
    return Limits(settings.max_message_bytes, settings.max_json_depth)


def _add_progress(app: FastAPI) -> None:
    @app.get("/api/progress", tags=["health"])
    async def progress(request: Request) -> dict[str, Any]:
        """By stage and partition: the next offset to be done, and where the topic ends."""
        reached = await request.app.state.progress.reached()
        return {
            name: {str(p): at._asdict() for p, at in by.items()} for name, by in reached.items()
        }


def _add_topics(app: FastAPI) -> None:
    said = asyncapi.document()

    @app.get("/asyncapi.json", tags=["contracts"])
    async def topics() -> dict[str, Any]:
        """The Kafka topics as an AsyncAPI 3.0 document."""
        return said
