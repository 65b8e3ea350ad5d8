"""A batch as the flow reads it: facts of visits, what is said of their numbers, message keys."""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.events import CareEvent
from streams.flow.changes import (
    Account,
    account_of,
    changes_of,
    moved_account_of,
    renames_of,
)
from streams.flow.encounter import encounter_of, visit_of
from streams.flow.facts import Change, VisitFact, VisitKey
from streams.flow.numbers import Statement
from streams.runtime.message_keys import Claim, claim_of


class Work(NamedTuple):
    """The facts by the visit that they name, and what else the batch says of visits.

    `accounts`: which visits an account has; `moved`: the accounts that are another person's now.
    """

    facts: dict[VisitKey, list[VisitFact]]
    statements: frozenset[Statement]
    claims: tuple[Claim, ...]
    accounts: frozenset[tuple[Account, VisitKey]] = frozenset()
    moved: tuple[tuple[Account, Change], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.facts or self.statements or self.claims)


def work_of(events: Iterable[CareEvent]) -> Work:
    """What the events say of visits. Facts are not known yet: their `known` is 0."""
    facts: dict[VisitKey, list[VisitFact]] = {}
    statements: set[Statement] = set()
    claims: list[Claim] = []
    accounts: set[tuple[Account, VisitKey]] = set()
    moved: list[tuple[Account, Change]] = []
    for event in events:
        if event.kind == "Encounter":
            key = visit_of(event)
            said = encounter_of(event)
            facts.setdefault(key, []).append(said.state)
            for number in said.numbers:
                statements.add(Statement(event.source, number, key.visit))
        elif event.is_hl7v2:
            changed = list(changes_of(event, 0))
            for key, change in changed:
                facts.setdefault(key, []).append(change)
            statements |= {Statement(*renamed) for renamed in renames_of(event)}
            claims.append(claim_of(event, [key.visit for key, _ in changed]))
            account = account_of(event) if changed else None
            accounts |= {(account, key) for key, _ in changed} if account else set()
            move = moved_account_of(event)
            moved += [move] if move else []
    return Work(facts, frozenset(statements), tuple(claims), frozenset(accounts), tuple(moved))
