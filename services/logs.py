"""Logging as JSON lines with stable codes: opaque ids only, no person's data."""

import logging
import sys
import traceback
from typing import Any

import structlog

# Faust and mode report every start and stop, a stop as a crash; their texts repeat exceptions'.
DEEPEST_CHAIN = 10

QUIET = ("faust", "mode", "aiokafka", "uvicorn", "httpx", "services", "streams")


def set_up(level: int = logging.INFO) -> None:
    """Send every log line to stderr as one JSON object."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(QUIET):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def where(error: BaseException) -> dict[str, Any]:
    """What may be logged of an exception: its types and its places in the code, not its text."""
    chain: list[dict[str, Any]] = []
    at: BaseException | None = error
    while at is not None and len(chain) < DEEPEST_CHAIN:
        frames = traceback.extract_tb(at.__traceback__)
        chain.append(
            {
                "error": type(at).__qualname__,
                "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
            }
        )
        at = at.__cause__ or at.__context__
    return {"chain": chain}
