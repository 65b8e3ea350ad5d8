"""Stays of one person that cannot both be: in two hospital beds at the same time."""

from collections.abc import Sequence
from datetime import datetime
from itertools import combinations
from typing import Final, NamedTuple

from streams.flow.stay import HAPPENED, Setting

CONFLICTING: Final = "conflicting-stay"


class Occupied(NamedTuple):
    """A stay by what it takes up, from when until when (None: still)."""

    status: str
    setting: str
    admitted_at: datetime | None
    discharged_at: datetime | None

    @property
    def in_a_bed(self) -> bool:
        return (
            self.setting == Setting.BED and self.status in HAPPENED and self.admitted_at is not None
        )


def conflicting(stays: Sequence[Occupied]) -> set[int]:
    """Which of one person's stays, by their place in the sequence, overlap in time.

    Each says that the person is in a bed of its own: one of them has missed a discharge, or is
    somebody else's. Both are told. Source: definitions, section 4.
    """
    return {
        number
        for (one, first), (other, second) in combinations(enumerate(stays), 2)
        if first.in_a_bed and second.in_a_bed and _overlap(first, second)
        for number in (one, other)
    }


def _overlap(one: Occupied, other: Occupied) -> bool:
    earlier, later = sorted((one, other), key=lambda stay: stay.admitted_at)  # type: ignore[arg-type, return-value]
    if earlier.discharged_at is None:
        return True
    return later.admitted_at is not None and later.admitted_at < earlier.discharged_at
