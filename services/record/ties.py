"""What ties organisations, teams and people to a person, and what is restricted: one statement."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import CareEvent, decode
from schemas.restriction import Restriction
from schemas.times import EPOCH
from services.access.relationships import (
    STRANGER,
    Relationship,
    Standing,
    Tie,
    names,
    standing_of,
)
from services.access.terms import recent
from services.access.viewer import Viewer
from services.access.withheld import NOTHING, Marked, Withheld, withheld_from
from streams.identity.read import Membership
from streams.story.involved import involved_in

# Of each identity of a person its key and whose it is, and the id that the viewer is, if any.
# A request and its answer name parties, which `streams.referrals.facts` keeps at 14 and 15.
# Of what is restricted now, what was said of it before is: a stay may be made of that still.
# How many are asked about is kept from the planner: its plan is the same for any, so it is made
# once, and not again each time.
# Of practices what was said last counts; a thread's later state may name none. A visit that nobody
# ends or that is only planned ties until it was last told of: an open bed until it is left.
_TIES = text("""
with k as (
  select a.number, a.org, a.viewer, m.key, m.own_id, m.person_id
  from unnest((select cast(:ids as uuid[])), (select cast(:orgs as text[])),
    (select cast(:viewers as text[]))) with ordinality as a(id, org, viewer, number)
  join identities i on i.own_id = a.id join identities m on m.person_id = i.person_id
), marked as (
  select k.number, f.event_id, f.thread, f.source, f.restriction, f.version, array(
    select g.event_id from facts g where g.thread = f.thread and g.version > f.version) as later,
    case when f.kind in ('ServiceRequest', 'Task') then array(
      select party ->> 'code' from referral_strands s, json_array_elements(s.facts) as fact,
        unnest(array[fact -> 14, fact -> 15]) as party
      where s.subjects @> array[k.key] and cast(fact ->> 1 as uuid) = f.event_id
    ) else '{}' end as parties
  from k join facts f on f.subject = k.key where f.restriction is not null
)
select distinct 'id' as what, k.number, null as code, now() as since, null::timestamptz as until,
  null::bytea as event, case when cast(k.own_id as text) = k.viewer then k.own_id end as event_id,
  k.key as thread, null as source, array[k.person_id] as later, null::text[] as parties
from k
union all
(select distinct on (k.number) 'registered-practice', k.number, t.said->>'practice', null, null,
  null, null, null, null, null, null
from k join traits t on t.subject = k.key
where t.kind = 'person' and t.withdrawn_at is null and t.said ? 'practice' and not exists (
  select from traits g where g.thread = t.thread and g.version > t.version
    and g.withdrawn_at is null)
order by k.number, t.recorded desc, t.thread)
union all
select distinct 'current-or-recent-stay', k.number, k.org,
  case when s.status <> 'planned' then s.admitted_at end,
  case when s.status = 'open' and s.setting in ('bed', 'virtual') then null
    when s.discharged_at is not null then s.discharged_at
    else greatest(s.known_at, s.admitted_at) end,
  null::bytea, null::uuid, null, null, null::uuid[], null::text[]
from k join stays s on s.subject = k.key
where s.status in ('planned', 'open', 'finished') and k.org in (s.provider, s.source)
union all
select distinct 'open-referral', k.number, r.receiver, null::timestamptz, null::timestamptz,
  null::bytea, null::uuid, null, null, null::uuid[], null::text[]
from k join referrals r on r.subject = k.key
where r.status not in ('draft', 'completed', 'rejected', 'cancelled', 'entered-in-error')
  and r.receiver is not null
union all
select 'care-team', k.number, null, null, null, f.event, null, null, null, null, null
from k join timeline t on t.subject = k.key join facts f using (event_id)
where (t.thread like '%|CareTeam/%' or t.thread like '%|EpisodeOfCare/%')
  and t.withdrawn_at is null and f.kind in ('CareTeam', 'EpisodeOfCare') and not exists (
    select from facts g where g.thread = t.thread and g.version > t.version)
union all
select 'break-glass', k.number, b.viewer, b.known_at, b.until, null, null, null, null, null, null
from k join break_glass b on b.person_id = k.own_id
where b.viewer = k.viewer and b.org = k.org and b.until > now()
union all
select 'marked', m.number, m.restriction, null, null, null, m.event_id, m.thread, m.source, m.later,
  m.parties
from marked m
union all
select 'marked', m.number, m.restriction, null, null, null, g.event_id, m.thread, m.source, '{}',
  m.parties
from marked m join facts g on g.thread = m.thread and g.version < m.version
where m.later = '{}' and m.restriction <> 'S'
""")


class Stance(NamedTuple):
    """How a viewer stands to a person now, and what of the record is kept from them.

    `is_known`: whether there is such a person. `at`: when, by the database's clock. `teams`: what
    the teams are called that tie the viewer to them, of those that the viewer may see. `who`: whom
    the id names now.
    """

    standing: Standing = STRANGER
    withheld: Withheld = NOTHING
    is_known: bool = False
    at: datetime = EPOCH
    teams: frozenset[str] = frozenset()
    who: Membership | None = None


async def stances_of(tx: AsyncConnection, asked: Sequence[tuple[Viewer, UUID]]) -> list[Stance]:
    """How each viewer stands now to the person whom the id beside them names, in that order.

    By any id that the person has; whoever is not known is a stranger.
    """
    values = {
        "ids": [person for _, person in asked],
        "orgs": [viewer.org for viewer, _ in asked],
        "viewers": [viewer.user for viewer, _ in asked],
    }
    told: list[list[Row[Any]]] = [[] for _ in asked]
    for row in (await tx.execute(_TIES, values)).all() if asked else ():
        told[row.number - 1].append(row)
    return [
        _stance(viewer, rows, recent(tx)) if rows else Stance()
        for (viewer, _), rows in zip(asked, told, strict=True)
    ]


async def stances(
    tx: AsyncConnection, viewer: Viewer, ids: Collection[UUID]
) -> Mapping[UUID, Stance]:
    """How one viewer stands now to each of the people whom these ids name."""
    people = list(set(ids))
    found = await stances_of(tx, [(viewer, person) for person in people])
    return dict(zip(people, found, strict=True))


async def stance(tx: AsyncConnection, viewer: Viewer, person: UUID | None) -> Stance:
    """How the viewer stands now to the person whom an id names; to nobody as a stranger."""
    return (await stances_of(tx, [(viewer, person)]))[0] if person else Stance()


class _TeamTie(NamedTuple):
    """A tie of a care team, with the fact that says so."""

    tie: Tie
    event: CareEvent
    name: str


def _stance(viewer: Viewer, rows: Sequence[Row[Any]], lasts: timedelta) -> Stance:
    """Of the rows of somebody who is known; the database's clock says what holds now."""
    now: datetime = next(row.since for row in rows if row.what == "id")
    own_ids, ties = set[UUID](), list[Tie]()
    keys = list[str]()
    teams, marked = list[_TeamTie](), list[Marked]()
    for row in rows:
        if row.what == "id":
            own_ids |= {row.event_id} - {None}
            keys.append(row.thread)
        elif row.what == "marked":
            marked.append(_marked(row))
        elif row.what == Relationship.CARE_TEAM:
            teams.extend(_team_ties(decode(row.event), now))
        else:
            ties.append(_tie(row))
    ties.extend(one.tie for one in teams)
    standing = standing_of(viewer, own_ids, ties, now, lasts)
    withheld = withheld_from(viewer, standing, marked)
    teams_shown = frozenset(_shown(teams, viewer, withheld))
    person = next(row.later[0] for row in rows if row.what == "id")
    who = Membership(person, sorted(keys))
    return Stance(standing, withheld, is_known=True, at=now, teams=teams_shown, who=who)


def _marked(row: Row[Any]) -> Marked:
    return Marked(
        row.event_id,
        row.thread,
        row.source,
        Restriction(row.code),
        frozenset(row.later),
        frozenset(filter(None, row.parties)),
    )


def _tie(row: Row[Any]) -> Tie:
    relationship, codes = Relationship(row.what), frozenset({row.code})
    if relationship is Relationship.BREAK_GLASS:
        return Tie(relationship, users=codes, since=row.since, until=row.until)
    return Tie(relationship, organisations=codes, since=row.since, until=row.until)


def _team_ties(event: CareEvent, now: datetime) -> Iterator[_TeamTie]:
    for one in involved_in(event, now):
        tie = Tie(Relationship.CARE_TEAM, one.organisations, one.teams, one.users)
        yield _TeamTie(tie, event, one.name)


def _shown(teams: Iterable[_TeamTie], viewer: Viewer, withheld: Withheld) -> Iterator[str]:
    """The names of the teams that tie the viewer, of those whose fact they may see."""
    for one in teams:
        event = one.event
        hidden = withheld.hides(UUID(event.id), event.thread, event.source)
        if names(one.tie, viewer) and not hidden:
            yield one.name
