"""Every dashboard by the name of its file."""

from pathlib import Path
from typing import Final

from deploy.grafana.care import capacity, discharge_delays, flow, long_stays
from deploy.grafana.dashboard import dashboard
from deploy.grafana.expressions import PLACE, SITE
from deploy.grafana.panels import Json
from deploy.grafana.running import data_confidence, pipeline

FOLDER: Final = Path(__file__).parent / "dashboards"
DASHBOARDS: Final[dict[str, Json]] = {
    "capacity": dashboard("capacity", "Capacity", capacity(), places=PLACE),
    "flow": dashboard("flow", "Flow", flow(), places=SITE),
    "long-stays": dashboard("long-stays", "Long stays", long_stays(), places=SITE),
    "discharge-delays": dashboard(
        "discharge-delays", "Discharge delays", discharge_delays(), places=SITE
    ),
    "data-confidence": dashboard("data-confidence", "Data confidence", data_confidence()),
    "pipeline": dashboard("pipeline", "Pipeline", pipeline()),
}
