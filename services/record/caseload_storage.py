"""From an organisation, a team or a member of staff to people: what a caseload is read from."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.identity import indexable
from services.access.viewer import Viewer
from services.record.storage import OF_ITS_STRAND, REFERRAL_COLUMNS, STAY_COLUMNS
from services.record.unstored import OF_STAY

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
# The facts of a stay tell whether it is restricted: read where anything is, or is not known yet.
# What that costs must not lead the way to the stays: they are found first. `offset 0`: once a row.
_VISITS = text(f"""
with s as materialized (
  select s.*, i.person_id
  from unnest(cast(:people as uuid[])) as p(person_id) join identities i using (person_id)
  join stays s on s.subject = i.key
  where s.status = 'open' or s.status = 'finished'
    and coalesce(s.discharged_at, greatest(s.known_at, s.admitted_at)) >= :since
)
select {STAY_COLUMNS}, s.person_id, u.unstored,
  case when u.unstored <> '{{}}' or s.person_id = any(:guarded) then cast(s.facts as text)
    else '[]' end as facts
from s cross join lateral (select {OF_STAY} as unstored offset 0) u
order by s.source, s.visit
""")  # noqa: S608 (constants of ours)
_REFERRALS = text(f"""
with r as materialized (
  select r.*, i.person_id
  from unnest(cast(:people as uuid[])) as p(person_id) join identities i using (person_id)
  join referrals r on r.subject = i.key
  where r.status not in ('completed', 'entered-in-error')
)
select r.person_id, {REFERRAL_COLUMNS} from r {OF_ITS_STRAND}
order by r.name
""")  # noqa: S608 (constants of ours)


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
    """The referrals of these people with which something may be left to do."""
    return (await tx.execute(_REFERRALS, {"people": list(people)})).all()
