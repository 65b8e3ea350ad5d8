"""A caseload over HTTP: the viewer's own people, and what there is to know of them now."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.access.door import CurrentViewer, Database
from services.access.problems import documented
from services.record.api import After, Limit
from services.record.caseload_models import CaseloadPage, What, Why
from services.record.caseload_reading import caseload_for
from services.record.models import Code, Moment

router = APIRouter(tags=["record"], responses=documented())


# A plain function would be run in a thread, at each request.
async def _filters(
    what: Annotated[What | None, Query(description="only those of whom there is this")] = None,
    why: Annotated[Why | None, Query(description="only those who are ours for this")] = None,
    team: Annotated[Code | None, Query(description="only those of the team of this name")] = None,
    place: Annotated[
        Code | None,
        Query(
            description="only those who are there now: `bed`, `virtual`, `emergency`, `home`,"
            " `contact`, `none`, or a provider with or without its site and ward: `ZT1/ZT101/W2`"
        ),
    ] = None,
) -> Mapping[str, str]:
    said = {"what": what, "why": why, "team": team, "place": place}
    return {name: str(value) for name, value in said.items() if value is not None}


@router.get("/api/caseload")
async def get_caseload(
    viewer: CurrentViewer,
    database: Database,
    to: Annotated[Mapping[str, str], Depends(_filters)],
    since: Annotated[
        Moment | None, Query(description="tell what happened from then on; else from yesterday on")
    ] = None,
    after: After = None,
    limit: Limit = 50,
) -> CaseloadPage:
    """Those whom a practice, a care team, an open referral or a stay ties to the viewer now."""
    return await caseload_for(database, viewer, to, since=since, after=after, limit=limit)
