"""Beds occupied now, counted from the open stays."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_BEDS = text(
    "select provider, site, ward, count(*) as people from stays"
    " where status = 'open' and setting = 'bed' and ward is not null"
    " group by provider, site, ward order by provider, site, ward"
)


class Beds(NamedTuple):
    """How many people are in the hospital beds of one ward."""

    provider: str
    site: str
    ward: str
    people: int


async def beds_occupied(tx: AsyncConnection) -> list[Beds]:
    """Every ward with somebody in it; virtual wards and emergency attendances hold no bed."""
    return [Beds(*row) for row in await tx.execute(_BEDS)]
