"""The rule for measures at a door that gives figures, of nobody in particular."""

from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.door import ensure_noted
from services.access.rules import may_view_measures
from services.access.viewer import Viewer


async def ensure_may_view(database: AsyncEngine, viewer: Viewer) -> None:
    """Go on if the viewer may see measures. Raises Refused, and writes the denial down."""
    await ensure_noted(database, viewer, "measures", may_view_measures(viewer))
