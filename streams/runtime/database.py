"""How a process reaches PostgreSQL: one engine, bounded waits, no session state kept."""

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from schemas.settings import Settings

LOCK_TIMEOUT_MS = 5_000
# A worker frozen inside a transaction holds row locks: PostgreSQL ends it, the worker tries again.
IDLE_IN_TRANSACTION_MS = 10_000


# Under these names PostgreSQL knows who may be storing something (`streams.runtime.horizon`).
WORKER, SERVICE = "throughline-worker", "throughline"
# A check reads for hours, and what it stores is no news.
CHECK = "throughline-check"


def engine(settings: Settings, name: str = SERVICE) -> AsyncEngine:
    """An engine whose every transaction gives up its locks in bounded time.

    `name` tells PostgreSQL who is asking; workers are known by theirs (`streams.runtime.frozen`).
    """
    return create_async_engine(
        settings.database,
        pool_size=settings.database_pool,
        hide_parameters=True,  # an error text must not hold what a row says of a person
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={
            "server_settings": {
                "application_name": name,
                "lock_timeout": str(LOCK_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
                "jit": "off",
            },
        },
    )
