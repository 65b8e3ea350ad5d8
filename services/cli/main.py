"""`throughline`: every command, each a few words about what runs elsewhere."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console

from services import logs

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Care events in, one timeline per person and live bed-day measures out.",
)
rejects = typer.Typer(no_args_is_help=True, help="What was refused: look, and send again.")
app.add_typer(rejects, name="rejects")

progress = Console(stderr=True)

DataDir = Annotated[Path, typer.Option(help="where the embedded database keeps its files")]
Url = Annotated[str, typer.Option(help="address of `throughline serve`")]
MllpPort = Annotated[
    int | None,
    typer.Option(help="port for HL7 v2 over MLLP; 0 takes a free one; 2575 where that is free"),
]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON instead of a table")]


def run(work: Any) -> Any:
    """Run an async piece of work to its end on the fast loop."""
    return uvloop.run(work)


@app.command()
def up(
    data_dir: DataDir,
    port: Annotated[int, typer.Option(help="HTTP port; 0 takes a free one")] = 8080,
    mllp_port: MllpPort = None,
    fresh: Annotated[bool, typer.Option(help="begin with nothing")] = False,
) -> None:
    """Run the embedded stack and all services until Ctrl-C; says when it is ready, as JSON."""
    from services.cli.up import run_stack

    logs.set_up()
    raise typer.Exit(run(run_stack(data_dir, port, mllp_port, fresh=fresh)))


@app.command()
def demo(
    data_dir: DataDir = Path(".cache/demo"),
    port: Annotated[int, typer.Option(help="HTTP port; 0 takes a free one")] = 8080,
    mllp_port: MllpPort = None,
    people: Annotated[int, typer.Option(min=10, help="how many people live there")] = 3_000,
    days: Annotated[int, typer.Option(min=2, help="how many days of history come first")] = 30,
    seed: int = 1,
) -> None:
    """Run `up` with a simulated care system that feeds it, and show what changes."""
    from services.cli.demo import run_demo

    logs.set_up()
    raise typer.Exit(run(run_demo(data_dir, port, mllp_port, people=people, days=days, seed=seed)))


@app.command()
def worker(
    stage: Annotated[
        list[str] | None, typer.Option(help="only these stages; all of them by default")
    ] = None,
) -> None:
    """Run the stream processors (production; settings from THROUGHLINE_*)."""
    from schemas.settings import Settings
    from services.processes import run_worker
    from streams.worker import STAGES

    logs.set_up()
    raise typer.Exit(run(run_worker(Settings(), tuple(stage or STAGES))))


@app.command()
def serve() -> None:
    """Run the services for HTTP and MLLP (production; settings from THROUGHLINE_*)."""
    from schemas.settings import Settings
    from services.processes import run_services

    logs.set_up()
    raise typer.Exit(run(run_services(Settings())))


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="head, base or a revision")] = "head",
    replicas: Annotated[int, typer.Option(help="copies of each partition")] = 1,
) -> None:
    """Make or change the tables, and make the topics that are not there."""
    from deploy.migrations.run import migrate as migrate_tables
    from deploy.topics import create_topics
    from schemas.settings import Settings
    from schemas.topics import TOPICS

    settings = Settings()
    asyncio.run(migrate_tables(settings.database, to))
    if to == "head":
        made = asyncio.run(create_topics(settings.kafka, TOPICS, replicas))
        progress.print(f"topics made: {', '.join(sorted(made)) or 'none'}")


@app.command()
def publish(
    paths: list[Path],
    url: Url,
    source: Annotated[str, typer.Option(help="ODS code of the publisher")],
    sector: Annotated[str, typer.Option(help="kind of service")] = "unknown",
    wait: Annotated[bool, typer.Option(help="return when every projection has it")] = False,
    token: Annotated[
        str | None, typer.Option(envvar="THROUGHLINE_TOKEN", help="a bearer token")
    ] = None,
) -> None:
    """Send files (FHIR JSON, NDJSON, HL7 v2; folders of them). Prints a JSON summary."""
    from services.cli.publish import publish_files
    from services.cli.tokens import development_token

    token = token or development_token("publisher", source)
    typer.echo(json.dumps(run(publish_files(paths, url, source, sector, token, wait=wait))))


@app.command()
def simulate(
    people: Annotated[int, typer.Option(min=1)],
    days: Annotated[int, typer.Option(min=1)],
    seed: Annotated[int, typer.Option(help="the same seed gives the same events")],
    rate: Annotated[float, typer.Option(help="events a second; 0: as fast as they are made")] = 0.0,
    disorder: Annotated[bool, typer.Option(help="late, duplicate, corrected, cancelled")] = False,
    out: Annotated[Path | None, typer.Option(help="folder for messages and truth")] = None,
) -> None:
    """Make a care system's events, the same for the same seed; to stdout as NDJSON or a folder."""
    from services.cli.simulate import run_simulation

    run(run_simulation(people, days, seed, rate=rate, disorder=disorder, out=out))


@app.command()
def token(
    role: Annotated[str, typer.Option(help="publisher, clinician, operations, ...")],
    org: Annotated[str, typer.Option(help="ODS code")],
    team: Annotated[str | None, typer.Option(help="a team")] = None,
    user: Annotated[str, typer.Option(help="who")] = "developer",
) -> None:
    """Print a development token. Refused outside development mode."""
    from services.cli.tokens import development_token

    typer.echo(development_token(role, org, team=team, user=user))


@app.command()
def verify(
    sealed: Annotated[
        list[str] | None,
        typer.Option(help="NUMBER:DIGEST of a seal that a log kept (`audit-sealed`)"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fold every projection again from the facts, and hold the audit against its seals.

    Exit 1 and a list where they differ.
    """
    from schemas.settings import Settings
    from services.cli.verify import anchor, run_verify

    try:
        anchors = [anchor(said) for said in sealed or ()]
    except ValueError:
        raise typer.BadParameter("--sealed takes NUMBER:DIGEST") from None
    # The facts and the projections are in the database: Kafka need not be named.
    raise typer.Exit(run(run_verify(Settings(kafka=""), anchors, as_json=as_json)))


@app.command()
def rebuild(
    projection: Annotated[str, typer.Argument(help="record, flow or referrals")],
) -> None:
    """Build a projection anew from the facts beside the live one, compare, swap."""
    from schemas.settings import Settings
    from services.cli.verify import run_rebuild

    raise typer.Exit(run(run_rebuild(Settings(kafka=""), projection)))


@rejects.command("list")
def list_rejects(
    url: Url,
    reason: Annotated[str | None, typer.Option(help="only this reason")] = None,
    token: Annotated[str | None, typer.Option(envvar="THROUGHLINE_TOKEN")] = None,
    as_json: AsJson = False,
) -> None:
    """What was refused, with its reason."""
    from services.cli.rejects import list_all

    list_all(url, token, reason, as_json=as_json)


@rejects.command("show")
def show_reject(
    reject: str,
    url: Url,
    token: Annotated[str | None, typer.Option(envvar="THROUGHLINE_TOKEN")] = None,
    as_json: AsJson = False,
) -> None:
    """One reject: every problem with its path, and the original."""
    from services.cli.rejects import show

    show(url, token, reject, as_json=as_json)


@rejects.command("redrive")
def redrive_rejects(
    url: Url,
    reject: Annotated[list[str] | None, typer.Argument(help="ids; none: all of the reason")] = None,
    reason: Annotated[str | None, typer.Option(help="all of this reason")] = None,
    token: Annotated[str | None, typer.Option(envvar="THROUGHLINE_TOKEN")] = None,
    as_json: AsJson = False,
) -> None:
    """Send rejects to intake again; who did is noted."""
    from services.cli.rejects import redrive

    redrive(url, token, reject or [], reason, as_json=as_json)
