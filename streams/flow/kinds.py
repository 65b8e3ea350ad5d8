"""The changes of a visit by what they are worth: who begins it, who is there, what is evidence."""

from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from schemas.hl7v2.triggers import Effect
from streams.flow.facts import State

INPATIENT: Final = "IMP"

BEGINNINGS: Final = frozenset({Effect.ADMIT, Effect.ARRIVE, Effect.TO_INPATIENT})
EXPECTATIONS: Final = frozenset({Effect.PLAN, Effect.EXPECT_ADMIT})
# These happen to somebody who is there: where no admission is known, they tell that there was one.
PRESENCE: Final = frozenset(
    {
        Effect.TRANSFER,
        Effect.SWAP,
        Effect.DISCHARGE,
        Effect.UPDATE,
        Effect.TRACK,
        Effect.LEAVE,
        Effect.RETURN,
        Effect.TO_OUTPATIENT,
        Effect.EXPECT_TRANSFER,
        Effect.EXPECT_DISCHARGE,
        Effect.CANCEL_EXPECT_TRANSFER,
        Effect.CANCEL_EXPECT_DISCHARGE,
        Effect.CANCEL_TRANSFER,
        Effect.CANCEL_DISCHARGE,
        Effect.CANCEL_LEAVE,
        Effect.CANCEL_RETURN,
    }
)
# A plan or a cancel says what is not so yet, or no longer: its PV1-44 or PV1-45 may be just that.
NO_ADMISSION: Final = frozenset({Effect.CANCEL_ADMIT, *EXPECTATIONS})
NO_DISCHARGE: Final = NO_ADMISSION | {
    Effect.EXPECT_DISCHARGE,
    Effect.CANCEL_EXPECT_DISCHARGE,
    Effect.CANCEL_DISCHARGE,
}


class CourseFlag(StrEnum):
    """What had to be worked out, because a message is missing or says something else."""

    INFERRED_ADMISSION = "inferred-admission"
    INFERRED_DISCHARGE = "inferred-discharge"
    MISSING_TRANSFER = "missing-transfer"
    MISSING_LEAVE = "missing-leave"


def flagged(state: State, *flags: str) -> State:
    """The state with these flags too."""
    return replace(state, flags=tuple(sorted({*state.flags, *flags})))
