"""The terms on which records are read, carried by the database that they are read from."""

from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.settings import Settings

_RECENT: Final = "throughline_recent"
# A year is the longest that routine care waits to see somebody again.
RECENT: Final = timedelta(days=365)


def on_terms(database: AsyncEngine, settings: Settings) -> AsyncEngine:
    """The database, over the same connections, read on the terms that are set."""
    return database.execution_options(**{_RECENT: timedelta(days=settings.relationship_days)})


def recent(tx: AsyncConnection) -> timedelta:
    """How long a stay ties its provider to the person after it has ended."""
    options = tx.sync_connection.get_execution_options() if tx.sync_connection else {}
    found: timedelta = options.get(_RECENT, RECENT)
    return found
