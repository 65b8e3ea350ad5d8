"""`verify` and `rebuild`: every projection folded again from the facts, the audit by its seals."""

import json
from collections.abc import Iterable, Sequence

import typer
from rich.console import Console
from rich.table import Table

from schemas.errors import Retry
from schemas.settings import Settings
from services.access.seal_check import check
from services.access.seals import Anchor, Fault
from streams.runtime.database import CHECK, engine
from streams.runtime.difference import Difference
from streams.verify import REBUILDS, rebuild, verify

NO_SUCH, DIFFERENT, BUSY = 2, 1, 3


async def run_verify(settings: Settings, anchors: Iterable[Anchor], *, as_json: bool) -> int:
    """Compare, print where they differ; exit code 1 where they do."""
    database = engine(settings, CHECK)
    try:
        with Console(stderr=True).status("folding") as shown:
            found = await verify(database, shown.update)
            shown.update("services.access.seal_check")
            audit = await check(database, settings.audit_keys, anchors)
    finally:
        await database.dispose()
    _print([*found, *map(_told, audit.faults)], as_json=as_json)
    typer.echo(f"{len(found)} rows differ from the facts", err=True)
    signed = "signed" if settings.audit_keys else "no key was given"
    told = f"{len(audit.faults)} looks and seals are not as sealed: {audit.seals} seals, {signed}"
    typer.echo(told, err=True)
    return DIFFERENT if found or audit.faults else 0


def _print(found: Sequence[Difference], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([difference._asdict() for difference in found]))
    elif found:
        table = Table("projection", "row", "stored", "folded")
        for difference in found:
            table.add_row(*difference)
        Console().print(table)


def _told(fault: Fault) -> Difference:
    """A look or a seal by its number: nobody is named."""
    return Difference("audit", f"{fault.of} {fault.number}", fault.wrong, "as sealed")


def anchor(said: str) -> Anchor:
    """A seal that was kept elsewhere: NUMBER:DIGEST. Raises ValueError."""
    number, _, digest = said.partition(":")
    return Anchor(int(number), bytes.fromhex(digest))


async def run_rebuild(settings: Settings, projection: str) -> int:
    """Build a projection anew, compare, swap what differs. Exit codes: 2 no such one, 3 busy."""
    if projection not in REBUILDS:
        typer.echo(f"there is no projection {projection!r}: {', '.join(REBUILDS)}", err=True)
        return NO_SUCH
    database = engine(settings, CHECK)
    try:
        changed = await rebuild(database, projection)
    except Retry:
        typer.echo("the workers changed a row meanwhile; nothing was done: run it again", err=True)
        return BUSY
    finally:
        await database.dispose()
    typer.echo(json.dumps({"projection": projection, "rows_changed": changed}))
    return 0
