"""Keeps every referral as its facts describe it, in the batch's transaction."""

from collections.abc import Iterable

from aiokafka import ConsumerRecord
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.times import micros
from streams.referrals.facts import ReferralFact, names_in
from streams.referrals.read import facts_of, may_concern
from streams.referrals.store import known, lock, write
from streams.referrals.strands import plan
from streams.runtime.projection import read_events


class Referrals:
    """The projection of requests, answers, bookings and visits into referrals."""

    name = "referrals"

    def read(self, records: Iterable[ConsumerRecord]) -> list[ReferralFact]:
        """What the events of a batch say of referrals: nothing, for most."""
        near = [record for record in records if may_concern(record.value or b"")]
        return [fact for event in read_events(near).events for fact in facts_of(event, 0)]

    async def apply(self, tx: AsyncConnection, work: list[ReferralFact]) -> None:
        if not work:
            return
        await lock(tx)
        stored = await known(tx, {name for fact in work for name in names_in(fact)})
        now = micros(stored.at)
        await write(tx, plan([replace(fact, known=now) for fact in work], stored.strands))
