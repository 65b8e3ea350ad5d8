"""The reject desk from the command line, over the API."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from services.cli.tokens import development_token

UUID_CHARACTERS = 36
AT_ONCE = 100  # the desk sends no more in one request


def list_all(url: str, token: str | None, reason: str | None, *, as_json: bool) -> None:
    """Print every reject: a table, or a JSON list."""
    with _client(url, token) as client:
        rows = list(_rows(client, reason))
    if as_json:
        typer.echo(json.dumps(rows))
        return
    whole = Column("id", no_wrap=True, min_width=UUID_CHARACTERS)
    table = Table(whole, "reason", "source", "message", "first problem", "redriven")
    for row in rows:
        first = row["problems"][0] if row["problems"] else ["", "", ""]
        redriven = str(row["redriven_at"] or "")
        said = f"{first[0]} {first[2]}".strip()
        shown = (row["reason"], row["source"], row["message_id"], said, redriven)
        table.add_row(row["reject_id"], *(escape(text or "") for text in shown))
    Console().print(table)


def show(url: str, token: str | None, reject: str, *, as_json: bool) -> None:
    """Print one reject: its problems and its original, or all of it as JSON."""
    with _client(url, token) as client:
        found = _got(client.get(f"/api/rejects/{reject}"))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("path", "code", "problem", title=f"{found['reason']}, from {found['source']}")
    for problem in found["problems"]:
        table.add_row(*map(escape, problem))
    Console().print(table)
    typer.echo("\n".join(_lines(found["original"])))


def _lines(original: str) -> list[str]:
    """The lines of an original: HL7 v2 ends them as a terminal would go back to their start."""
    return original.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def redrive(
    url: str, token: str | None, chosen: Sequence[str], reason: str | None, *, as_json: bool
) -> None:
    """Send the chosen rejects, or all of a reason, to intake again; says how many were sent."""
    if not chosen and not reason:
        raise typer.BadParameter("name rejects, or a --reason")
    with _client(url, token) as client:
        ids = list(chosen) or [row["reject_id"] for row in _rows(client, reason)]
        sent = sum(_redriven(client, ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE))
    typer.echo(json.dumps({"redriven": sent}) if as_json else f"{sent} sent to intake again")


def _redriven(client: httpx.Client, ids: Sequence[str]) -> int:
    sent: int = _got(client.post("/api/rejects/redrive", json={"rejects": ids}))["redriven"]
    return sent


def _rows(client: httpx.Client, reason: str | None) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        asked = {"reason": reason, "after": after}
        params = {name: value for name, value in asked.items() if value}
        page = _got(client.get("/api/rejects", params=params))
        yield from page["rejects"]
        after = page["next"]
        if not after:
            return


def _client(url: str, token: str | None) -> httpx.Client:
    token = token or development_token("administrator", "local")
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def _got(response: httpx.Response) -> Any:
    if response.is_error:
        typer.echo(response.text, err=True)
        raise typer.Exit(1)
    return response.json()
