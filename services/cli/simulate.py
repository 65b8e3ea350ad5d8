"""The simulator from the command line: to stdout at a pace, or into a folder with its truth."""

import asyncio
import sys
from pathlib import Path

from rich.console import Console

from services.simulator import simulate
from services.simulator.files import line, write

console = Console(stderr=True)


async def run_simulation(
    people: int, days: int, seed: int, *, rate: float, disorder: bool, out: Path | None
) -> None:
    """Make the events; `rate` is events a second to stdout, 0 for as fast as it takes them."""
    with console.status("simulating"):
        made = simulate(people, days, seed, disorder=disorder)
    if out is not None:
        write(made, out)
        console.print(f"{len(made.messages)} messages and their truth are in {out}")
        return
    for message in made.messages:
        sys.stdout.buffer.write(line(message))
        if rate:
            sys.stdout.buffer.flush()
            await asyncio.sleep(1 / rate)
