"""`verify` and `rebuild`: every projection folded again from the facts."""

import json

import typer
from rich.console import Console
from rich.table import Table

from schemas.errors import Retry
from schemas.settings import Settings
from streams.runtime.database import CHECK, engine
from streams.verify import REBUILDS, rebuild, verify

NO_SUCH, DIFFERENT, BUSY = 2, 1, 3


async def run_verify(settings: Settings, *, as_json: bool) -> int:
    """Compare, print where they differ; exit code 1 where they do."""
    database = engine(settings, CHECK)
    try:
        with Console(stderr=True).status("folding") as shown:
            found = await verify(database, shown.update)
    finally:
        await database.dispose()
    if as_json:
        typer.echo(json.dumps([difference._asdict() for difference in found]))
    elif found:
        table = Table("projection", "row", "stored", "folded")
        for difference in found:
            table.add_row(*difference)
        Console().print(table)
    typer.echo(f"{len(found)} rows differ from the facts", err=True)
    return DIFFERENT if found else 0


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
