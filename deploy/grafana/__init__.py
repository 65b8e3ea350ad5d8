"""Grafana: provisioning, and the dashboards, which `python -m deploy.grafana` writes."""
