"""Logging as JSON lines with stable codes: opaque ids only, no person's data."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import structlog

DEEPEST_CHAIN = 10

# Faust and mode report every start and stop, a stop as a crash; their texts repeat exceptions'.
QUIET = ("faust", "mode", "aiokafka", "uvicorn", "httpx", "services", "streams")


def set_up(level: int = logging.INFO) -> None:
    """Send every log line to stderr as one JSON object."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    for handler in logging.root.handlers:
        handler.setFormatter(LibraryLine())
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


class LibraryLine(logging.Formatter):
    """What a library says as a line like ours: the first line of it, and where an error arose.

    asyncio puts what an exception says into the lines after the first.
    """

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        error = record.exc_info[1] if record.exc_info else None
        said: dict[str, Any] = {
            "logger": record.name,
            "said": record.getMessage().partition("\n")[0],
            **(where(error) if error else {}),
            "event": "library",
            "level": record.levelname.lower(),
            "timestamp": at.replace("+00:00", "Z"),
        }
        return json.dumps(said)


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
