"""Writes every dashboard to its file."""

from deploy.grafana.boards import DASHBOARDS, FOLDER
from deploy.grafana.dashboard import written

for name, dashboard in DASHBOARDS.items():
    (FOLDER / f"{name}.json").write_text(written(dashboard), encoding="utf-8")
