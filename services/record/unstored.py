"""Which facts of a stay or a referral the record does not hold yet: part of the query for them.

Stays and referrals follow the same events as the record does, each at its own pace. How a fact is
restricted is stored with the fact alone: until then nobody can say who may see what it makes.
"""

# Where no position is known, nobody can say: then every fact is looked for.
_IS_AHEAD = """
not coalesce((
  select bool_and(coalesce(held.next_offset >= p.next_offset, false))
  from positions p left join positions held on held.projection = 'timeline'
    and (held.log, held.topic, held.partition) = (p.log, p.topic, p.partition)
  where p.projection = '{projection}'
), false)
"""
_UNSTORED = """
case when {is_ahead} then array(
  select fact ->> {place} from json_array_elements({facts}) as fact
  where not exists (select from facts f where f.event_id = cast(fact ->> {place} as uuid))
) else '{{}}' end
"""


def _unstored(projection: str, facts: str, place: int) -> str:
    """The ids of the facts (JSON, the id at that place of each) that are not stored yet, as SQL.

    All are, where the timeline has come as far as the projection: then none is looked for.
    """
    return _UNSTORED.format(
        is_ahead=_IS_AHEAD.format(projection=projection), facts=facts, place=place
    )


# Of a stay `s`: streams.flow.facts.VisitFact. Of a strand `s`: streams.referrals.facts.
OF_STAY = _unstored("flow", "s.facts", 2)
OF_STRAND = _unstored("referrals", "s.facts", 1)
