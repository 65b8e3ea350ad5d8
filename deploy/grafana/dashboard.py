"""A dashboard as Grafana's JSON: its variables, and its panels in rows from left to right. Pure."""

import json
from collections.abc import Iterator, Sequence

from deploy.grafana.panels import SOURCE, Json, Panel

WIDTH = 24
TAG = "throughline"
PLACES = {
    "provider": "label_values(throughline_beds_occupied, provider)",
    "site": 'label_values(throughline_beds_occupied{provider=~"$provider"}, site)',
    "ward": 'label_values(throughline_beds_occupied{provider=~"$provider",site=~"$site"}, ward)',
}
# Where people reach the pages: what the services say of themselves, so that links need no setting.
ADDRESS = "label_values(throughline_address_info, address)"


def dashboard(
    name: str, title: str, panels: Sequence[Panel], *, places: Sequence[str] = ()
) -> Json:
    """The dashboard; `places`: by which of a bed's places all of it can be narrowed."""
    return {
        "uid": f"throughline-{name}",
        "title": title,
        "tags": [TAG],
        "timezone": "Europe/London",
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [_address(), *map(_place, places)]},
        "annotations": {"list": []},
        "links": [
            {
                "type": "dashboards",
                "title": "Throughline",
                "tags": [TAG],
                "asDropdown": False,
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "panels": list(_placed(panels)),
    }


def written(made: Json) -> str:
    """The text of its file."""
    return json.dumps(made, indent=1) + "\n"


def _placed(panels: Sequence[Panel]) -> Iterator[Json]:
    x = y = height = 0
    for number, panel in enumerate(panels, start=1):
        wide, tall = panel.size
        if x + wide > WIDTH:
            x, y, height = 0, y + height, 0
        yield {"id": number, **panel.json, "gridPos": {"x": x, "y": y, "w": wide, "h": tall}}
        x, height = x + wide, max(height, tall)


def _place(name: str) -> Json:
    return _variable(name, PLACES[name]) | {
        "label": name.capitalize(),
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def _address() -> Json:
    return _variable("address", ADDRESS) | {"hide": 2, "includeAll": False, "multi": False}


def _variable(name: str, query: str) -> Json:
    return {
        "name": name,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
    }
