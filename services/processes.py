"""The two production processes: the worker, and the services for HTTP and MLLP."""

import asyncio
import gc
import signal

import structlog
import uvicorn
from fastapi import FastAPI

from schemas.settings import Settings
from services.logs import where
from services.probes import probes
from streams.runtime.database import WORKER, engine
from streams.worker import STAGES, Worker

log = structlog.get_logger()

STOP_WITHIN_S = 20


async def run_worker(settings: Settings, stages: tuple[str, ...] = STAGES) -> int:
    """Work until told to stop. Returns the exit code: 1 where a bug stopped it."""
    told = told_to_stop()
    _collect_seldom()
    database = engine(settings, WORKER)
    worker = Worker(settings, database, stages)
    page = FastAPI(title="Throughline worker")
    page.include_router(probes(lambda: worker.is_ready))
    probing = asyncio.create_task(serve_app(page, settings.http_host, settings.metrics_port, told))
    log.info("worker-started", stages=stages)
    worked = asyncio.create_task(_work(worker))
    await asyncio.wait({worked, told}, return_when=asyncio.FIRST_COMPLETED)
    bug = worker.app.crash_reason or (worked.exception() if worked.done() else None)
    if bug is not None:
        log.error("bug", **where(bug))
    tell(told)
    await asyncio.wait([asyncio.create_task(worker.app.stop()), probing], timeout=STOP_WITHIN_S)
    await database.dispose()
    log.info("worker-stopped", bug=bug is not None)
    return 0 if bug is None else 1


async def _work(worker: Worker) -> None:
    await worker.app.start()
    await worker.app.wait_until_stopped()


def _collect_seldom() -> None:
    """Look for cycles once in 100,000 new objects, and never among those of the start.

    A batch holds tens of thousands of objects and hardly a cycle: looking once in 700, which is
    Python's own habit, costs a sixth of intake's time (`benchmarks/results/`).
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


async def run_services(settings: Settings) -> int:
    """Serve HTTP and MLLP until told to stop. Returns the exit code."""
    from services.web import create_app  # the worker has no use for it

    app, told = create_app(settings), told_to_stop()
    told.add_done_callback(lambda _: app.state.take_no_more())
    told.add_done_callback(lambda _: app.state.changes.end())
    told.add_done_callback(lambda _: app.state.live.end())
    told.add_done_callback(lambda _: app.state.following.end())
    await serve_app(app, settings.http_host, settings.http_port, told, settings.trusted_proxies)
    return 0


async def serve_app(
    app: FastAPI, host: str, port: int, told: "asyncio.Future[None]", proxies: str = ""
) -> None:
    """Serve until told to stop; `proxies`: whose word is taken for where a request came from."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
    )
    config.timeout_graceful_shutdown = STOP_WITHIN_S // 2
    server = uvicorn.Server(config)
    told.add_done_callback(lambda _: setattr(server, "should_exit", True))
    await server._serve()  # serve() would take the process's signals over


def told_to_stop() -> "asyncio.Future[None]":
    """Done on SIGTERM or SIGINT: the process ends what it has in hand and goes."""
    loop = asyncio.get_running_loop()
    told: asyncio.Future[None] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, tell, told)
    return told


def tell(told: "asyncio.Future[None]") -> None:
    if not told.done():
        told.set_result(None)
