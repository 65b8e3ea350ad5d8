"""Alerts fire on their trouble, and monitoring reads only what the pipeline publishes."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from deploy.grafana.boards import DASHBOARDS
from deploy.grafana.dashboard import WIDTH, written
from schemas.measures import MEASURES
from streams.runtime import metrics

Json = dict[str, Any]

ROOT = Path(__file__).parents[3]
PROMETHEUS = ROOT / "deploy/prometheus"
RULES = [
    rule
    for group in yaml.safe_load((PROMETHEUS / "rules.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD_FILES = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))


def test_every_alert_has_its_entry_in_the_runbook() -> None:
    page = (ROOT / "docs/production.md").read_text(encoding="utf-8")
    entries = {heading.lower() for heading in re.findall(r"^### (\w+)$", page, re.MULTILINE)}
    assert {rule["alert"].lower() for rule in RULES} == entries
    for rule in RULES:
        assert rule["annotations"]["runbook"] == f"docs/production.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_every_alert_is_tried_by_the_rule_tests() -> None:
    cases = (PROMETHEUS / "rules.test.yml").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in RULES if cases.count(rule["alert"]) < 2] == []


def measured() -> set[str]:
    """The series that the pipeline publishes."""
    suffixes = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}
    return {
        family.name + suffix
        for metric in vars(metrics).values()
        if isinstance(metric, MetricWrapperBase)
        for family in metric.describe()
        for suffix in suffixes[family.type]
    }


@pytest.mark.parametrize(
    "file",
    [PROMETHEUS / "rules.yml", PROMETHEUS / "rules.test.yml", *DASHBOARD_FILES],
    ids=lambda file: file.name,
)
def test_alerts_and_dashboards_read_only_what_is_measured(file: Path) -> None:
    read = set(re.findall(r"\bthroughline_[a-z_]+", file.read_text(encoding="utf-8")))
    assert read
    assert read <= measured()


def test_the_files_are_what_is_written() -> None:
    assert {file.stem for file in DASHBOARD_FILES} == set(DASHBOARDS)
    for file in DASHBOARD_FILES:
        assert file.read_text(encoding="utf-8") == written(DASHBOARDS[file.stem]), (
            "python -m deploy.grafana"
        )


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
def test_a_dashboard_reads_the_provisioned_source_and_overlaps_nowhere(dashboard: Json) -> None:
    sources = yaml.safe_load(
        (ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text()
    )
    uids = {target["datasource"]["uid"] for p in dashboard["panels"] for target in p["targets"]}
    cells: list[tuple[int, int]] = []
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= WIDTH
        cells += [
            (place["x"] + i, place["y"] + j) for i in range(place["w"]) for j in range(place["h"])
        ]
    assert uids == {source["uid"] for source in sources["datasources"]}
    assert len(cells) == len(set(cells))


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
def test_a_dashboard_asks_for_nothing_but_its_own_variables(dashboard: Json) -> None:
    known = {variable["name"] for variable in dashboard["templating"]["list"]}
    asked = [t["expr"] for p in dashboard["panels"] for t in p["targets"]]
    asked += [v["query"]["query"] for v in dashboard["templating"]["list"]]
    assert set(re.findall(r"\$(\w+)", " ".join(asked))) - {"__rate_interval"} <= known


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "rules.yml"),
        ("test", "rules", "rules.test.yml"),
    ],
    ids=" ".join,
)
def test_prometheus_accepts_its_configuration_and_the_alerts_fire(
    arguments: tuple[str, ...],
) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian package: prometheus)")
    done = subprocess.run(
        [promtool, *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
def test_each_link_leads_to_the_stays_of_a_measure_cut_as_it_can_be(dashboard: Json) -> None:
    for panel in dashboard["panels"]:
        for link in panel["fieldConfig"]["defaults"].get("links", ()):
            url = urlsplit(link["url"].removeprefix("${address}"))
            found = re.fullmatch(r"(?:/api)?/measures/(\w+)/stays", url.path)
            assert found
            query = parse_qs(url.query)
            figure = query.pop("figure", [None])[0]
            assert cannot_be_asked(found[1], query) == set()
            assert figure in {None, *(one.name for one in MEASURES[found[1]].figures)}
            # What fills in a parameter is a label that the panel's own series have.
            labels = re.findall(r"\$\{__\w+\.\w+\.(\w+)\}", link["url"])
            assert labels == list(query)
            assert all(label in panel["targets"][0]["expr"] for label in labels)


def cannot_be_asked(measure: str, query: Json) -> set[str]:
    if measure not in MEASURES:
        return {measure}
    cuts = {str(dimension) for dimension in MEASURES[measure].dimensions}
    return {f"{measure} by {name}" for name in query if name not in cuts}


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
def test_prometheus_reads_each_expression_of_a_dashboard(dashboard: Json, tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian package: prometheus)")
    asked = [t["expr"] for p in dashboard["panels"] for t in p["targets"]]
    rules = [
        {"record": f"tried:{at}", "expr": expression.replace("$__rate_interval", "1m")}
        for at, expression in enumerate(asked)
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "tried", "rules": rules}]}))
    done = subprocess.run(
        [promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
