"""Which failures are the world's and not the event's, and how long to wait for it."""

import random

from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from schemas.errors import Retry

FIRST_WAIT_S = 0.05

# Lost or refused connections, shutdowns, lock and idle time-outs, deadlocks, serialisation
# failures, full disks: PostgreSQL, appendix A.
_WORLD_CLASSES = ("08", "40", "53", "55", "57", "58")
_IDLE_IN_TRANSACTION = "25P03"
_UNDEFINED_TABLE = "42P01"


def is_the_world(error: BaseException) -> bool:
    """True where trying the same thing again later can succeed."""
    if isinstance(error, Retry | OSError | TimeoutError | PoolTimeout | InterfaceError):
        return True
    if isinstance(error, KafkaError):
        return True
    if isinstance(error, OperationalError):
        return True
    return isinstance(error, DBAPIError) and _is_world_state(error)


def _is_world_state(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or ""
    return (
        error.connection_invalidated
        or state.startswith(_WORLD_CLASSES)
        or state in {_IDLE_IN_TRANSACTION, _UNDEFINED_TABLE}
    )


def wait_s(tries: int, longest_s: float) -> float:
    """Seconds before the next try: doubled each time up to a limit, with jitter."""
    limit: float = min(longest_s, FIRST_WAIT_S * 2.0 ** min(tries, 20))
    return limit * (0.5 + random.random() / 2)  # noqa: S311 - spreads load, guards nothing
