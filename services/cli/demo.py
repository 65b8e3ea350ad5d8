"""`throughline demo`: the stack, fed by a simulated care system, and what changes in it."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import structlog
from aiokafka import AIOKafkaProducer
from rich.console import Console

from deploy.embedded.stack import DataDirectoryInUse, NotADataDirectory
from deploy.processes import StartFailed
from schemas.topics import Topic
from services.cli.tokens import development_token
from services.cli.up import Running, running
from services.processes import told_to_stop
from services.simulator import Simulation, live, simulate
from services.simulator.messages import Message

log = structlog.get_logger()
console = Console(soft_wrap=True)

ROLES = ("clinician", "care-coordinator", "operations", "administrator")
DEMO_ORG = "ZP0001"
LOOK_EVERY_S = 5.0
# The last days are lived again at this many simulated seconds a second, ten minutes each.
PACE = 600.0
LIVED_AGAIN = timedelta(days=4)


async def run_demo(
    data_dir: Path, port: int, mllp_port: int | None, *, people: int, days: int, seed: int
) -> int:
    """Run until Ctrl-C. Returns the exit code: 2 where the directory is in use."""
    told = told_to_stop()
    try:
        async with running(data_dir, port, mllp_port, fresh=True) as stack:
            _introduce(stack)
            feeding = asyncio.create_task(_feed(stack, people, days, seed))
            looking = asyncio.create_task(_watch(stack))
            await _until(told, feeding, looking)
    except (DataDirectoryInUse, NotADataDirectory, StartFailed) as refusal:
        console.print(str(refusal))
        return 2
    return 0


async def _until(told: "asyncio.Future[None]", *tasks: "asyncio.Task[None]") -> None:
    """Wait to be told to stop; a task that fails ends the demo with its error."""
    waiting = {told, *tasks}
    while not told.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    for task in tasks:
        task.cancel()


def _introduce(stack: Running) -> None:
    """The addresses, and a token for each kind of user."""
    console.print(f"\n[bold]Throughline is running[/bold]  {stack.url}   docs {stack.url}/docs")
    console.print(f"Pages {stack.url}/operations and {stack.url}/caseload   (sign in as you like)")
    console.print(f"HL7 v2 over MLLP {stack.mllp}")
    console.print(f"Kafka {stack.kafka}   metrics {stack.url}/metrics")
    console.print("\nDemo users (bearer tokens, 12 hours):")
    for role in ROLES:
        token = development_token(role, DEMO_ORG, user=f"demo-{role}")
        console.print(f"  [bold]{role}[/bold]", end="  ")
        print(token)
    console.print("\nCtrl-C stops everything.\n")


async def _feed(stack: Running, people: int, days: int, seed: int) -> None:
    """Publish the past at once and then life as it goes, straight to Kafka."""
    now = datetime.now(UTC)
    start = (now - timedelta(days=days)).date()
    with console.status("simulating a care system"):
        made: Simulation = await asyncio.to_thread(simulate, people, days + 2, seed, start)
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka)
    await producer.start()
    try:
        clock = partial(datetime.now, UTC)
        async for message in live(made, PACE, now - LIVED_AGAIN, clock, asyncio.sleep):
            await _publish(producer, message)
    finally:
        await producer.stop()


async def _publish(producer: AIOKafkaProducer, message: Message) -> None:
    key, headers = message.message_id.encode(), message.inbound().headers()
    await producer.send(Topic.INBOUND, message.body, key=key, headers=headers)


async def _watch(stack: Running) -> None:
    """Say every few seconds what is so now, and show one person's timeline once there is one."""
    headers = {"Authorization": f"Bearer {development_token('clinician', DEMO_ORG)}"}
    shown = False
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=30) as client:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                console.print(await _beds(client))
                shown = shown or await _show_someone(client, stack)
            except httpx.HTTPError as error:
                log.warning("demo-look-failed", error=type(error).__name__)


async def _beds(client: httpx.AsyncClient) -> str:
    answer = await _json(client, "/api/measures/beds_occupied", {"by": "ward"})
    wards = "  ".join(f"{row['ward']} {row['value']:.0f}" for row in answer["rows"][:8])
    at = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
    return f"{at}  beds occupied {answer['value'] or 0:.0f}   {wards}"


async def _show_someone(client: httpx.AsyncClient, stack: Running) -> bool:
    """Print the newest entries of one of our people who is in a bed now; False while nobody is."""
    page = await _json(client, "/api/measures/beds_occupied/stays", {"limit": "500"})
    people = (one["stay"]["person_id"] for one in page["stays"])
    person = next(filter(None, people), None)
    if person is None:
        return False
    timeline = await _json(client, f"/api/people/{person}/timeline", {"limit": "8"})
    console.print(f"\nOne person's timeline: {stack.url}/api/people/{person}/timeline")
    for entry in timeline["entries"]:
        console.print(f"  {entry['at'][:16]}  {entry['title']}  ({entry['source']})")
    console.print()
    return True


async def _json(client: httpx.AsyncClient, path: str, params: dict[str, str]) -> Any:
    answer = await client.get(path, params=params)
    answer.raise_for_status()
    return answer.json()
