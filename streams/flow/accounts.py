"""Accounts that are given to another person with all their visits (A44), in PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.flow.changes import Account
from streams.flow.facts import Change, VisitKey
from streams.flow.work import Work

_ADD_VISITS = text(
    "insert into visit_accounts (source, account, visit)"
    " select * from unnest(cast(:sources as text[]), cast(:accounts as text[]),"
    " cast(:visits as text[])) on conflict do nothing"
)
_ADD_MOVES = text(
    "insert into account_moves (source, account, event_id, change)"
    " select source, account, event_id, cast(change as json) from unnest("
    " cast(:sources as text[]), cast(:accounts as text[]), cast(:events as uuid[]),"
    " cast(:changes as text[])) as m(source, account, event_id, change) on conflict do nothing"
)
_VISITS = text(
    "select source, account, visit from visit_accounts where (source, account) in"
    " (select * from unnest(cast(:sources as text[]), cast(:accounts as text[])))"
)
_MOVES = text(
    "select source, account, cast(change as text) as change from account_moves"
    " where (source, account) in"
    " (select * from unnest(cast(:sources as text[]), cast(:accounts as text[])))"
)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Change).decode


async def settle_accounts(tx: AsyncConnection, work: Work) -> dict[VisitKey, list[Change]]:
    """The moves of accounts for each visit that they are about: of the batch, or from before.

    Called under the lock of `streams.flow.homes`: a move and a visit that it moves must not miss
    each other.
    """
    if not work.accounts and not work.moved:
        return {}
    if work.accounts:
        await tx.execute(_ADD_VISITS, _visit_columns(sorted(work.accounts)))
    if work.moved:
        await tx.execute(_ADD_MOVES, _move_columns(work.moved))
    stored = await _moves(tx, {account for account, _ in work.accounts})
    members = await _members(tx, {account for account, _ in work.moved})
    return moves_by_visit(
        [*work.accounts, *members],
        [*work.moved, *((account, move) for account, moves in stored.items() for move in moves)],
    )


def moves_by_visit(
    members: Iterable[tuple[Account, VisitKey]], moves: Iterable[tuple[Account, Change]]
) -> dict[VisitKey, list[Change]]:
    """Each visit of the accounts that were moved, with the moves. Pure."""
    by_account: dict[Account, dict[str, Change]] = {}
    for account, move in moves:
        by_account.setdefault(account, {})[move.event_id] = move
    found: dict[VisitKey, dict[str, Change]] = {}
    for account, visit in members:
        found.setdefault(visit, {}).update(by_account.get(account, {}))
    return {visit: list(changes.values()) for visit, changes in found.items() if changes}


async def _moves(
    tx: AsyncConnection, accounts: Iterable[Account]
) -> Mapping[Account, Sequence[Change]]:
    found: dict[Account, list[Change]] = {}
    for row in await tx.execute(_MOVES, _account_columns(sorted(accounts))):
        found.setdefault(Account(row.source, row.account), []).append(_decode(row.change))
    return found


async def _members(
    tx: AsyncConnection, accounts: Iterable[Account]
) -> list[tuple[Account, VisitKey]]:
    if not accounts:
        return []
    rows = await tx.execute(_VISITS, _account_columns(sorted(accounts)))
    return [(Account(r.source, r.account), VisitKey(r.source, r.visit)) for r in rows]


def _account_columns(accounts: Iterable[Account]) -> dict[str, list[str]]:
    accounts = list(accounts)
    return {"sources": [a.source for a in accounts], "accounts": [a.account for a in accounts]}


def _visit_columns(members: Iterable[tuple[Account, VisitKey]]) -> dict[str, list[str]]:
    members = list(members)
    columns = _account_columns(account for account, _ in members)
    return columns | {"visits": [visit.visit for _, visit in members]}


def _move_columns(moves: Iterable[tuple[Account, Change]]) -> dict[str, list[str]]:
    moves = list(moves)
    return _account_columns(account for account, _ in moves) | {
        "events": [move.event_id for _, move in moves],
        "changes": [_encode(move).decode() for _, move in moves],
    }
