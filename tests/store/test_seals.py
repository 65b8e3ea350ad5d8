"""The audit under seal: what is done to it in the database is found, and nobody waits for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from structlog.testing import capture_logs

from schemas.settings import Settings
from services.access.audit import note
from services.access.seal_check import check
from services.access.sealing import Sealing, seal, seal_all, state
from services.access.seals import Anchor, Of, Wrong
from services.access.viewer import Role, Viewer
from services.cli.verify import run_verify
from streams.runtime import metrics
from streams.runtime.database import engine

KEYS = (b"a key of the audit",)
PRIYA = Viewer(user="u1", name="Priya Demo", role=Role.CLINICIAN, org="RX1")
READERS = 8


async def look(database: AsyncEngine, times: int = 1) -> None:
    for _ in range(times):
        async with database.begin() as tx:
            await note(tx, PRIYA, "person", None, True)


async def run(database: AsyncEngine, *statements: str) -> None:
    async with database.begin() as tx:
        for statement in statements:
            await tx.execute(text(statement))


async def faults(database: AsyncEngine, *anchors: Anchor) -> set[tuple[Of, int, Wrong]]:
    return set((await check(database, KEYS, anchors)).faults)


@pytest_asyncio.fixture
async def audit(database: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Seven looks under three seals, and one that waits."""
    for times in (3, 3, 1):
        await look(database, times)
        assert await seal(database, KEYS) is not None
    await look(database)
    yield database


async def test_what_nobody_touched_is_as_sealed(audit: AsyncEngine) -> None:
    assert await faults(audit) == set()
    await seal_all(audit, KEYS)
    found = await check(audit, KEYS)
    assert found == (4, [])
    async with audit.connect() as tx:
        told = await state(tx)
    assert (told.number, told.waiting, told.faults) == (4, 0, 0)
    assert told.checked_at is not None


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("update access_log set viewer = 'u2' where id = 2", {(Of.LOOK, 2, Wrong.CHANGED)}),
        ("update access_log set known_at = now() where id = 5", {(Of.LOOK, 5, Wrong.CHANGED)}),
        ("delete from access_log where id = 4", {(Of.LOOK, 4, Wrong.GONE)}),
        (
            "update access_log a set known_at = b.known_at from access_log b"
            " where (a.id, b.id) in ((2, 6), (6, 2))",
            {(Of.LOOK, 2, Wrong.CHANGED), (Of.LOOK, 6, Wrong.CHANGED)},
        ),
        (
            "insert into access_log (viewer, role, org, view, allowed, xid)"
            " select 'u9', 'clinician', 'RX1', 'person', true, xid from access_log where id = 2",
            {(Of.LOOK, 9, Wrong.ADDED)},
        ),
        (
            "update access_log a set xid = b.xid from access_log b where a.id = 1 and b.id = 5",
            {(Of.LOOK, 1, Wrong.GONE), (Of.LOOK, 1, Wrong.ADDED)},
        ),
        (
            "insert into access_log (viewer, role, org, view, allowed, xid)"
            " values ('u9', 'clinician', 'RX1', 'person', true, 9000000000000)",
            {(Of.LOOK, 9, Wrong.ADDED)},
        ),
        ("delete from audit_seals where number = 2", {(Of.SEAL, 3, Wrong.UNCHAINED)}),
        ("update audit_seals set mac = null where number = 3", {(Of.SEAL, 3, Wrong.UNSIGNED)}),
        (
            "update audit_seals set digest = sha256('x') where number = 3",
            {(Of.SEAL, 3, Wrong.CHANGED), (Of.SEAL, 3, Wrong.FORGED)},
        ),
        (
            "update audit_seals set form = 7 where number = 3",
            {(Of.SEAL, 3, Wrong.CHANGED)},
        ),
    ],
)
async def test_what_is_done_behind_a_seal_is_found(
    audit: AsyncEngine, tampering: str, found: set[tuple[Of, int, Wrong]]
) -> None:
    await run(audit, tampering)
    assert await faults(audit) >= found


async def test_a_tail_that_is_cut_off_is_told_by_the_log(audit: AsyncEngine) -> None:
    with capture_logs() as logged:
        await seal_all(audit, KEYS)
    (told,) = [entry for entry in logged if entry["event"] == "audit-sealed"]
    kept = Anchor(told["number"], bytes.fromhex(told["digest"]))
    assert await faults(audit, kept) == set()
    await run(
        audit,
        "delete from audit_seals where number > 2",
        "delete from access_log where id > 6",
    )
    assert await faults(audit) == set()
    assert await faults(audit, kept) == {(Of.SEAL, 4, Wrong.GONE)}


async def test_a_tail_that_is_cut_off_is_seen_by_the_process_that_seals(
    audit: AsyncEngine,
) -> None:
    sealing = Sealing(audit, KEYS)
    await sealing.once()
    assert metrics.AUDIT_SEALS._value.get() == 4
    await run(audit, "delete from audit_seals where number > 1", "delete from access_log")
    with capture_logs() as logged:
        await sealing.once()
    assert [entry["number"] for entry in logged if entry["event"] == "audit-cut"] == [1]
    assert metrics.AUDIT_SEALS._value.get() == 1


async def test_a_key_that_is_set_later_signs_what_was_sealed_before(
    database: AsyncEngine,
) -> None:
    await look(database, 2)
    await seal_all(database, ())
    assert await faults(database) == {(Of.SEAL, 1, Wrong.UNSIGNED)}
    made = await seal_all(database, KEYS)
    assert [(one.number, len(one.leaves)) for one in made] == [(2, 0)]
    assert await faults(database) == set()
    assert await seal_all(database, KEYS) == []


async def test_blocks_go_on_where_the_last_one_ended(database: AsyncEngine) -> None:
    async with database.begin() as tx:
        for _ in range(5):
            await note(tx, PRIYA, "person", None, True)
    sizes = []
    while made := await seal(database, KEYS, most=2):
        sizes.append(len(made.leaves))
    assert sizes == [2, 2, 1]
    assert await faults(database) == set()


async def test_a_line_of_a_transaction_that_still_goes_on_waits_and_is_sealed_after_it(
    database: AsyncEngine,
) -> None:
    async with database.connect() as slow, slow.begin():
        await note(slow, PRIYA, "person", None, True)
        await look(database, 2)
        assert await seal(database, KEYS) is None
    made = await seal(database, KEYS)
    assert made is not None
    assert len(made.leaves) == 3
    assert await faults(database) == set()


async def _open_looks(database: AsyncEngine, many: AsyncExitStack) -> list[AsyncConnection]:
    """Each in a transaction that has written its line and has not ended."""
    found = []
    for _ in range(READERS):
        connection = await many.enter_async_context(database.connect())
        await connection.begin()
        await note(connection, PRIYA, "person", None, True)
        found.append(connection)
    return found


_WAITING = text("select count(*) from pg_locks where not granted")
_HELD = text("""
select distinct (c.relname, l.mode) from pg_locks l join pg_class c on c.oid = l.relation
where c.relname in ('access_log', 'audit_seals') and l.pid = any(:pids)
""")
_PID = text("select pg_backend_pid()")


class Held:
    """As the engine is to who seals, with the end of its transaction in our hands.

    `locks`: what it holds of the audit's tables at the end.
    """

    def __init__(self, database: AsyncEngine) -> None:
        self.database, self.locks = database, set[str]()
        self.is_sealed, self.may_end = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        async with self.database.begin() as tx:
            yield tx
            pids = [(await tx.execute(_PID)).scalar()]
            self.locks = set((await tx.execute(_HELD, {"pids": pids})).scalars())
            self.is_sealed.set()
            await self.may_end.wait()


async def test_looks_wait_neither_for_each_other_nor_for_the_seal(
    settings: Settings, database: AsyncEngine
) -> None:
    """All are open at once, the seal among them: who waited for another would never be."""
    await look(database, 3)
    roomy = engine(settings.model_copy(update={"database_pool": READERS + 2}))
    async with AsyncExitStack() as many:
        held = Held(roomy)
        sealing = asyncio.create_task(seal(held, KEYS))  # type: ignore[arg-type]
        await held.is_sealed.wait()
        looks = await _open_looks(roomy, many)
        async with database.connect() as aside:
            assert (await aside.execute(_WAITING)).scalar() == 0
            pids = [(await one.execute(_PID)).scalar() for one in looks]
            of_looks = set((await aside.execute(_HELD, {"pids": pids})).scalars())
        for one in looks:
            await one.commit()
        assert not sealing.done()
        held.may_end.set()
        assert await sealing is not None
    await roomy.dispose()
    assert of_looks == {("access_log", "RowExclusiveLock")}
    assert held.locks == {
        ("access_log", "AccessShareLock"),
        ("audit_seals", "AccessShareLock"),
        ("audit_seals", "RowExclusiveLock"),
    }
    await seal_all(database, KEYS)
    assert await faults(database) == set()


async def test_one_process_seals_at_a_time_and_another_leaves_at_once(
    database: AsyncEngine,
) -> None:
    await look(database)
    held = Held(database)
    first = asyncio.create_task(seal(held, KEYS))  # type: ignore[arg-type]
    await held.is_sealed.wait()
    assert await seal(database, KEYS) is None
    held.may_end.set()
    assert await first is not None
    assert await faults(database) == set()


async def test_verify_ends_with_1_and_names_the_look_and_nobody(
    audit: AsyncEngine, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    keyed = settings.model_copy(update={"audit_key": SecretStr(KEYS[0].decode())})
    assert await run_verify(keyed, (), as_json=True) == 0
    capsys.readouterr()
    await run(audit, "update access_log set viewer = 'u2' where id = 2")
    assert await run_verify(keyed, (), as_json=True) == 1
    said = capsys.readouterr()
    row = {"projection": "audit", "row": "look 2", "stored": "changed", "folded": "as sealed"}
    assert json.loads(said.out) == [row]
    assert "1 looks and seals are not as sealed" in said.err
    assert "Priya" not in said.out + said.err
