"""The audit over HTTP: a search for the privacy officer."""

from fastapi import APIRouter

from services.access.door import CurrentViewer, Database
from services.access.problems import documented
from services.record import audit
from services.record.audit_models import AuditPage, AuditSearch

router = APIRouter(tags=["audit"])


@router.post("/api/audit/search", responses=documented())
async def search_audit(asked: AuditSearch, viewer: CurrentViewer, database: Database) -> AuditPage:
    """Who looked at what, and who was refused: for the privacy officer. Itself a look."""
    return await audit.searched_for(database, viewer, asked)
