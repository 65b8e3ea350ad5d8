"""From an organisation, a team or a member of staff to people: what a caseload is read from."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.identity import indexable
from services.access.viewer import Viewer

# Everybody whom `ties.stances` may tie to the viewer by what goes on; that decides. A team's fact
# that a worker of an earlier version stored says nothing of whom it names: it is read.
_TIED = text("""
with tied as (
  select t.subject from traits t
  where t.kind = 'person' and t.said ->> 'practice' = :org and t.withdrawn_at is null
  union all
  select s.subject from stays s where s.provider = :org and s.status in ('open', 'finished')
    and (s.discharged_at >= :since or s.discharged_at is null)
  union all
  select s.subject from stays s where s.source = :org and s.source <> s.provider
    and s.status in ('open', 'finished') and (s.discharged_at >= :since or s.discharged_at is null)
  union all
  select r.subject from referrals r where r.receiver = :org and r.closed_at is null
  union all
  select f.subject from facts f
  where f.involved is not null and f.involved && cast(:codes as text[])
  union all
  select f.subject from facts f
  where f.kind in ('CareTeam', 'EpisodeOfCare') and f.involved is null
)
select distinct i.person_id from tied join identities i on i.key = tied.subject
""")
# The facts of a stay tell whether it is restricted: read where anything is.
_VISITS = text("""
select i.person_id, s.source, s.visit, s.status, s.setting, s.provider, s.admitted_at,
  s.discharged_at, s.known_at, cast(s.segments as text) as segments,
  case when i.person_id = any(:guarded) then cast(s.facts as text) end as facts
from unnest(cast(:people as uuid[])) as p(person_id) join identities i using (person_id)
join stays s on s.subject = i.key
where s.status = 'open' or s.status = 'finished'
  and coalesce(s.discharged_at, greatest(s.known_at, s.admitted_at)) >= :since
order by s.source, s.visit
""")
_REFERRALS = text("""
select i.person_id, cast(r.referral as text) as referral
from unnest(cast(:people as uuid[])) as p(person_id) join identities i using (person_id)
join referrals r on r.subject = i.key
where r.status not in ('completed', 'entered-in-error')
order by r.name
""")


async def tied(tx: AsyncConnection, viewer: Viewer, since: datetime) -> Sequence[UUID]:
    """Everybody whom a practice, a team, a referral or a stay may tie to the viewer, and more."""
    codes = [indexable(code) for code in {viewer.org, viewer.user, *viewer.teams}]
    values = {"org": viewer.org, "codes": codes, "since": since}
    return (await tx.execute(_TIED, values)).scalars().all()


async def visits_of(
    tx: AsyncConnection, people: Collection[UUID], guarded: Collection[UUID], since: datetime
) -> Sequence[Row[Any]]:
    """The stays of these people that are open, or that ended since; with the facts of `guarded`."""
    values = {"people": list(people), "guarded": list(guarded), "since": since}
    return (await tx.execute(_VISITS, values)).all()


async def referrals_of(tx: AsyncConnection, people: Collection[UUID]) -> Sequence[Row[Any]]:
    """The referrals (JSON) of these people with which something may be left to do."""
    return (await tx.execute(_REFERRALS, {"people": list(people)})).all()
