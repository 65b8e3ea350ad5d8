"""The two health probes and /metrics: the same paths on every process."""

from collections.abc import Callable

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams.runtime import metrics


def probes(is_ready: Callable[[], bool]) -> APIRouter:
    """Live: the process answers. Ready: it can do its work now."""
    router = APIRouter(tags=["health"])

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready")
    async def ready(response: Response) -> dict[str, str]:
        response.status_code = 200 if is_ready() else 503
        return {"status": "ready" if is_ready() else "held"}

    @router.get("/metrics", response_class=Response)
    async def metrics_page() -> Response:
        metrics.READY.set(is_ready())
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
