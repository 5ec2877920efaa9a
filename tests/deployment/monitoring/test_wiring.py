"""The files name each other: compose, targets, mounts, data sources, metrics."""

import json
import re

import pytest
import yaml

from deployment.local.files import MONITORING, ROOT
from deployment.local.stack import SERVICES
from tests.deployment.monitoring import metrics

DEPLOYMENT = ROOT / "deployment"
COMPOSE = yaml.safe_load((DEPLOYMENT / "docker-compose-monitoring.yaml").read_text())
PROMETHEUS = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
GRAFANA = MONITORING / "grafana"


def test_every_address_names_a_service_of_the_compose_file():
    named = set()
    for name in ("prometheus.yml", "alertmanager.yml"):
        text = (MONITORING / name).read_text()
        named |= set(re.findall(r"\b([a-z][a-z-]*):\d{4,5}\b", text))
    assert named - {"localhost"} <= set(COMPOSE["services"])
    assert {"openrisk", "alertmanager", "redis-exporter"} <= named


def test_the_local_stack_puts_every_address_elsewhere():
    addresses = set()
    for name in ("prometheus.yml", "alertmanager.yml"):
        text = (MONITORING / name).read_text()
        addresses |= set(re.findall(r"\b[a-z][a-z-]*:\d{4,5}\b", text))
    assert addresses == set(SERVICES)


def test_every_file_that_is_mounted_is_there():
    for path in sorted(DEPLOYMENT.glob("docker-compose*.yaml")):
        services = yaml.safe_load(path.read_text())["services"]
        mounts = [mount for one in services.values() for mount in one.get("volumes", ())]
        files = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
        missing = [file for file in files if not (DEPLOYMENT / file).exists()]
        assert [file for file in missing if not file.startswith("./secrets/")] == []


@pytest.mark.parametrize("name", ["docker-compose.yaml", "docker-compose-monitoring.yaml"])
def test_every_secret_and_volume_that_a_service_uses_is_declared(name):
    content = yaml.safe_load((DEPLOYMENT / name).read_text())
    for service in content["services"].values():
        assert set(service.get("secrets", ())) <= set(content["secrets"])
        volumes = {mount.split(":")[0] for mount in service.get("volumes", ())}
        assert {one for one in volumes if one[0] not in "./"} <= set(content["volumes"])
        assert set(service.get("depends_on", ())) <= set(content["services"])


def test_rules_that_are_mounted_are_those_that_prometheus_reads():
    mounts = COMPOSE["services"]["prometheus"]["volumes"]
    inside = {mount.split(":")[1].rpartition("/")[2] for mount in mounts}
    assert set(PROMETHEUS["rule_files"]) <= inside


def test_alertmanager_is_told_where_its_secrets_are():
    mounts = COMPOSE["services"]["alertmanager"]["volumes"]
    inside = {mount.split(":")[1] for mount in mounts if mount.startswith("./")}
    text = (MONITORING / "alertmanager.yml").read_text()
    assert set(re.findall(r"/etc/alertmanager/secrets/\w+", text)) <= inside


def test_panels_name_the_data_source_that_is_provisioned():
    sources = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())
    (source,) = sources["datasources"]
    uids = set()
    for path in sorted((GRAFANA / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            asked = [panel, *panel.get("targets", ())] if panel["type"] != "row" else []
            uids |= {one["datasource"]["uid"] for one in asked}
    assert uids == {source["uid"]}
    assert source["url"] == "http://prometheus:9090"


def test_dashboards_are_where_the_provider_looks():
    provider = yaml.safe_load(
        (GRAFANA / "provisioning/dashboards/dashboard_provider.yml").read_text()
    )
    (path,) = [one["options"]["path"] for one in provider["providers"]]
    mounts = COMPOSE["services"]["grafana"]["volumes"]
    assert f"./monitoring/grafana/dashboards:{path}:ro" in mounts


def test_the_list_of_metrics_is_that_of_rules_and_panels():
    assert metrics.listed() == metrics.used()
