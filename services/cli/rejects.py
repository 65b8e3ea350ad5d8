"""The reject desk from the command line, over the API."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from services.cli.tokens import development_token


def list_all(url: str, token: str | None, reason: str | None, *, as_json: bool) -> None:
    """Print every reject: a table, or JSON lines."""
    with _client(url, token) as client:
        rows = list(_rows(client, reason))
    if as_json:
        typer.echo(json.dumps(rows))
        return
    table = Table("id", "reason", "source", "message", "first problem", "redriven")
    for row in rows:
        first = row["problems"][0] if row["problems"] else ["", "", ""]
        redriven = str(row["redriven_at"] or "")
        said = f"{first[0]} {first[2]}".strip()
        table.add_row(
            row["reject_id"], row["reason"], row["source"], row["message_id"], said, redriven
        )
    Console().print(table)


def show(url: str, token: str | None, reject: str) -> None:
    """Print one reject as JSON."""
    with _client(url, token) as client:
        typer.echo(json.dumps(_got(client.get(f"/api/rejects/{reject}")), indent=2))


def redrive(url: str, token: str | None, chosen: Sequence[str], reason: str | None) -> None:
    """Send the chosen rejects, or all of a reason, to intake again."""
    if not chosen and not reason:
        raise typer.BadParameter("name rejects, or a --reason")
    with _client(url, token) as client:
        ids = list(chosen) or [row["reject_id"] for row in _rows(client, reason)]
        answer = _got(client.post("/api/rejects/redrive", json={"rejects": ids}))
    typer.echo(json.dumps(answer))


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
