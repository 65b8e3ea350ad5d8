"""What each HL7 v2 trigger does: one table, read by intake, by the stays and by the timeline.

Source: HL7 v2.8, chapter 3, table 0003; definitions, section 4.
"""

from enum import StrEnum
from typing import Final


class Effect(StrEnum):
    """What a trigger does to a visit, or to a person."""

    ADMIT = "admit"
    TRANSFER = "transfer"
    DISCHARGE = "discharge"
    ARRIVE = "arrive"
    PLAN = "plan"
    TO_INPATIENT = "to-inpatient"
    TO_OUTPATIENT = "to-outpatient"
    UPDATE = "update"
    TRACK = "track"
    EXPECT_ADMIT = "expect-admit"
    EXPECT_TRANSFER = "expect-transfer"
    EXPECT_DISCHARGE = "expect-discharge"
    SWAP = "swap"
    LEAVE = "leave"
    RETURN = "return"
    DELETE_VISIT = "delete-visit"
    MOVE_VISIT = "move-visit"
    RENAME_VISIT = "rename-visit"
    CANCEL_ADMIT = "cancel-admit"
    CANCEL_TRANSFER = "cancel-transfer"
    CANCEL_DISCHARGE = "cancel-discharge"
    CANCEL_PLAN = "cancel-plan"
    CANCEL_TRACK = "cancel-track"
    CANCEL_LEAVE = "cancel-leave"
    CANCEL_RETURN = "cancel-return"
    CANCEL_EXPECT_ADMIT = "cancel-expect-admit"
    CANCEL_EXPECT_TRANSFER = "cancel-expect-transfer"
    CANCEL_EXPECT_DISCHARGE = "cancel-expect-discharge"
    MERGE = "merge"
    MOVE = "move"
    LINK = "link"
    PART = "part"
    PERSON = "person"
    DELETE_PERSON = "delete-person"


EFFECTS: Final[dict[str, Effect]] = {
    "A01": Effect.ADMIT,
    "A02": Effect.TRANSFER,
    "A03": Effect.DISCHARGE,
    "A04": Effect.ARRIVE,
    "A05": Effect.PLAN,
    "A06": Effect.TO_INPATIENT,
    "A07": Effect.TO_OUTPATIENT,
    "A08": Effect.UPDATE,
    "A09": Effect.TRACK,
    "A10": Effect.TRACK,
    "A11": Effect.CANCEL_ADMIT,
    "A12": Effect.CANCEL_TRANSFER,
    "A13": Effect.CANCEL_DISCHARGE,
    "A14": Effect.EXPECT_ADMIT,
    "A15": Effect.EXPECT_TRANSFER,
    "A16": Effect.EXPECT_DISCHARGE,
    "A17": Effect.SWAP,
    "A18": Effect.MERGE,
    "A21": Effect.LEAVE,
    "A22": Effect.RETURN,
    "A23": Effect.DELETE_VISIT,
    "A24": Effect.LINK,
    "A25": Effect.CANCEL_EXPECT_DISCHARGE,
    "A26": Effect.CANCEL_EXPECT_TRANSFER,
    "A27": Effect.CANCEL_EXPECT_ADMIT,
    "A28": Effect.PERSON,
    "A29": Effect.DELETE_PERSON,
    "A30": Effect.MERGE,
    "A31": Effect.PERSON,
    "A32": Effect.CANCEL_TRACK,
    "A33": Effect.CANCEL_TRACK,
    "A34": Effect.MERGE,
    "A36": Effect.MERGE,
    "A37": Effect.PART,
    "A38": Effect.CANCEL_PLAN,
    "A39": Effect.MERGE,
    "A40": Effect.MERGE,
    "A42": Effect.RENAME_VISIT,
    "A43": Effect.MOVE,
    "A44": Effect.MOVE_VISIT,
    "A45": Effect.MOVE_VISIT,
    "A46": Effect.MERGE,
    "A47": Effect.MERGE,
    "A48": Effect.MERGE,
    "A50": Effect.RENAME_VISIT,
    "A51": Effect.RENAME_VISIT,
    "A52": Effect.CANCEL_LEAVE,
    "A53": Effect.CANCEL_RETURN,
}
# Kept on the timeline; they change neither a visit nor who somebody is.
OTHERS: Final = frozenset(
    # A35, A41 and A49 are of accounts: those of one person, who stays who they are.
    {"A19", "A20", "A35", "A41", "A49", "A54", "A55", "A60", "A61", "A62"}
)
# Messages of which no trigger is strange: they are told on the timeline as they come.
KNOWN_CODES: Final = frozenset(
    "SIU REF RRI MDM ORU ORM OMG OML OMP RDE RDS RAS VXU PPR PGL DFT BAR".split()  # noqa: SIM905
)


def effect_of(kind: str) -> Effect | None:
    """What a message of this kind (`ADT^A01`) does; None where it does nothing that is known."""
    code, _, trigger = kind.partition("^")
    return EFFECTS.get(trigger) if code == "ADT" else None


def is_known(kind: str) -> bool:
    """Whether the kind means something here. One that does not is kept all the same."""
    code, _, trigger = kind.partition("^")
    return code in KNOWN_CODES or (code == "ADT" and (trigger in EFFECTS or trigger in OTHERS))
