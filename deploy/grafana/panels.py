"""Panels as Grafana's JSON. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

Json = dict[str, Any]

SOURCE: Final = {"type": "prometheus", "uid": "prometheus"}
UNSEEN: Final = ("Time", "__name__", "alertstate")


class Stays(NamedTuple):
    """The stays behind a panel's figure: its measure, the labels that filter, and what else."""

    measure: str
    labels: tuple[str, ...] = ()
    more: Mapping[str, str] = {}


class Panel(NamedTuple):
    """A panel but for its place; `size`: width of 24 and height."""

    title: str
    size: tuple[int, int]
    json: Json


def stat(
    title: str, expression: str, *, says: str, size: tuple[int, int] = (4, 4), **more: Any
) -> Panel:
    """One number."""
    return _panel("stat", title, size, says, [_target(expression, now=True)], **more)


def lines(
    title: str,
    *targets: tuple[str, str],
    says: str,
    size: tuple[int, int] = (12, 8),
    minimum: int | None = 0,
    **more: Any,
) -> Panel:
    """Lines over time; each target is an expression and its legend."""
    drawn = [
        _target(expression, legend, letter=chr(ord("A") + at))
        for at, (expression, legend) in enumerate(targets)
    ]
    return _panel("timeseries", title, size, says, drawn, minimum=minimum, **more)


def bars(
    title: str, expression: str, legend: str, *, says: str, size: tuple[int, int], **more: Any
) -> Panel:
    """One bar for each series, now."""
    return _panel("bargauge", title, size, says, [_target(expression, legend, now=True)], **more)


def table(
    title: str,
    *targets: tuple[str, str],
    says: str,
    size: tuple[int, int] = (12, 8),
    **more: Any,
) -> Panel:
    """A row for each series, now, with a column for each target: its expression and name."""
    drawn = [
        _target(expression, letter=chr(ord("A") + at), now=True) | {"format": "table"}
        for at, (expression, _) in enumerate(targets)
    ]
    named = {
        f"Value #{target['refId']}": name for target, (_, name) in zip(drawn, targets, strict=True)
    }
    named |= {"Value": targets[0][1]} if len(targets) == 1 else {}
    panel = _panel("table", title, size, says, drawn, of_rows=True, **more)
    panel.json["transformations"] = [
        *([{"id": "merge", "options": {}}] if len(targets) > 1 else []),
        {
            "id": "organize",
            "options": {"excludeByName": dict.fromkeys(UNSEEN, True), "renameByName": named},
        },
    ]
    return panel


def heat(title: str, expression: str, *, says: str, size: tuple[int, int] = (12, 8)) -> Panel:
    """A histogram over time."""
    target = _target(expression, "{{le}}") | {"format": "heatmap"}
    panel = _panel("heatmap", title, size, says, [target])
    panel.json["options"] = {"calculate": False, "yAxis": {"unit": "d"}}
    return panel


def _panel(
    kind: str,
    title: str,
    size: tuple[int, int],
    says: str,
    targets: Sequence[Json],
    *,
    unit: str = "short",
    minimum: int | None = None,
    stays: Stays | None = None,
    of_rows: bool = False,
) -> Panel:
    defaults: Json = {"unit": unit} | ({"min": minimum} if minimum is not None else {})
    if stays is not None:
        defaults["links"] = _links(stays, of_rows=of_rows)
    return Panel(
        title,
        size,
        {
            "type": kind,
            "title": title,
            "description": says,
            "datasource": SOURCE,
            "targets": list(targets),
            "fieldConfig": {"defaults": defaults, "overrides": []},
        },
    )


def _target(expression: str, legend: str = "", *, letter: str = "A", now: bool = False) -> Json:
    return {
        "datasource": SOURCE,
        "expr": expression,
        "legendFormat": legend,
        "refId": letter,
        "instant": now,
        "range": not now,
    }


def _links(stays: Stays, *, of_rows: bool) -> list[Json]:
    """To the stays that a figure counts: the page, and the API's answer."""
    label = "${{__data.fields.{}}}" if of_rows else "${{__field.labels.{}}}"
    fixed = urlencode(stays.more)
    cut = "&".join(f"{name}={label.format(name)}" for name in stays.labels)
    query = "&".join(filter(None, (cut, fixed)))
    path = f"/measures/{stays.measure}/stays" + (f"?{query}" if query else "")
    return [
        {"title": "The stays behind it", "url": f"${{address}}{path}", "targetBlank": True},
        {"title": "The same as JSON", "url": f"${{address}}/api{path}", "targetBlank": True},
    ]
