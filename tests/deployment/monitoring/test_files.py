"""What can be seen in the files without running them."""

import json
import re
import shutil
import stat
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deployment.local.files import MONITORING, ROOT
from tests.deployment.monitoring import rules

DEPLOYMENT = ROOT / "deployment"
COMPOSE = sorted(DEPLOYMENT.glob("docker-compose*.yaml"))
DASHBOARDS = sorted((MONITORING / "grafana/dashboards").glob("*.json"))
RUNBOOKS = ROOT / "docs/runbooks"
ALERTS, RECORDED = rules.load()
NAMES = sorted({rule["alert"] for rule in ALERTS})
REQUIRED_PANELS = [
    "Redis operations",
    "Cache hit ratio",
    "Redis memory",
    "Database connections",
    "Query performance",
    "Query throughput",
]


def run(*command: str | Path) -> str:
    """What it prints, if it succeeds; skips where the program is not installed."""
    if not shutil.which(command[0]):
        pytest.skip(f"needs {command[0]}")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout or done.stderr


# --- Prometheus and Alertmanager ------------------------------------------------------------------
def test_prometheus_takes_its_configuration_and_all_rules():
    told = run("promtool", "check", "config", MONITORING / "prometheus.yml")
    assert f"{len(ALERTS)} rules found" in told
    assert f"{len(RECORDED)} rules found" in told


def test_alertmanager_takes_its_configuration(tmp_path):
    assert "SUCCESS" in run("amtool", "check-config", MONITORING / "alertmanager.yml")
    broken = (
        (MONITORING / "alertmanager.yml").read_text().replace("receiver: inbox", "receiver: in")
    )
    (tmp_path / "alertmanager.yml").write_text(broken)
    shutil.copy(MONITORING / "slack.tmpl", tmp_path)
    command = ["amtool", "check-config", tmp_path / "alertmanager.yml"]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ("alertname=HighRedisMemory severity=critical", "inbox,critical-alerts"),
        ("alertname=LowCacheHitRate severity=warning", "inbox,performance-alerts"),
        ("alertname=RequestRateAnomaly severity=info", "inbox,monitoring-info"),
        ("alertname=RiskAppetiteBreached severity=info topic=risk", "inbox,openrisk-alerts"),
        ("alertname=SomethingElse", "inbox,openrisk-alerts"),
        ("alertname=Watchdog severity=none", "inbox"),
    ],
)
def test_alerts_go_where_they_should(labels, receivers):
    configuration = f"--config.file={MONITORING / 'alertmanager.yml'}"
    told = run("amtool", "config", "routes", "test", configuration, *labels.split())
    assert told.strip() == receivers


def test_each_channel_is_told_what_is_over():
    receivers = yaml.safe_load((MONITORING / "alertmanager.yml").read_text())["receivers"]
    slack = [config for receiver in receivers for config in receiver.get("slack_configs", [])]
    assert [config["send_resolved"] for config in slack] == [True] * 4
    channels = {"#openrisk-alerts", "#critical-alerts", "#performance-alerts", "#monitoring-info"}
    assert {config["channel"] for config in slack} == channels


@pytest.mark.parametrize("rule", ALERTS, ids=[rule["alert"] for rule in ALERTS])
def test_every_alert_says_what_where_and_what_to_do(rule):
    notes = rule["annotations"]
    assert rule["labels"]["severity"] in {"critical", "warning", "info", "none"}
    assert notes["summary"]
    assert notes["description"]
    assert notes["runbook_url"].endswith(f"/monitoring/runbooks/{rule['alert']}/")
    uid = notes["dashboard_url"].rpartition("/")[2]
    assert uid in {path.stem for path in DASHBOARDS}


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    assert sorted(path.stem for path in RUNBOOKS.glob("*.md")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_runbook_has_its_four_parts_and_queries_that_parse(name):
    text = (RUNBOOKS / f"{name}.md").read_text()
    assert re.findall(r"^#+ (.*)$", text, re.MULTILINE) == [
        name,
        "Meaning",
        "Impact",
        "Diagnosis",
        "Mitigation",
    ]
    for query in re.findall(r"```promql\n(.*?)```", text, re.DOTALL):
        promql_parser.parse(query)


# --- Compose --------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_compose_files_keep_to_the_specification(path):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    run(*command, "vendor.compose-spec", path)


def services() -> list[object]:
    return list(_services())


def _services():
    for path in COMPOSE:
        for name, service in yaml.safe_load(path.read_text())["services"].items():
            if "extends" not in service:
                yield pytest.param(service, id=f"{path.stem} {name}")


@pytest.mark.parametrize("service", services())
def test_every_service_is_pinned_checked_and_on_loopback(service):
    image = service["image"]
    assert image == "openrisk:local" or re.search(r":v?\d+\.\d+", image)
    assert "healthcheck" in service or image == "openrisk:local"  # the Dockerfile has its own
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert service["restart"] == (
        "no" if "migrate" in str(service.get("command")) else "unless-stopped"
    )
    told = json.dumps(service.get("environment", {}))
    assert not re.search(r"(PASSWORD|SECRET|TOKEN|PASS)\"", told), "secrets come as files"


@pytest.mark.parametrize("service", services())
def test_every_service_is_limited_and_can_change_nothing_of_its_image(service):
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()
    # PostgreSQL starts as root, to become another user.
    needed = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}
    assert set(service.get("cap_add", ())) in (set(), needed)
    assert not service.get("cap_add") or service["image"].startswith("postgres:")


def test_only_what_ends_reaches_the_database_as_its_owner():
    for path in COMPOSE:
        for name, service in yaml.safe_load(path.read_text())["services"].items():
            if "owner_database_url" in service.get("secrets", ()):
                assert (name, service["restart"]) == ("migrate", "no")
            assert "--migrate" not in service.get("command", ())


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_compose_1_and_2_both_know_every_top_level_key(path):
    # Debian 12 has docker-compose 1.29, which knows no `name:` and no `include:`.
    known = {"services", "networks", "volumes", "secrets", "configs"}
    content = yaml.safe_load(path.read_text())
    assert {key for key in content if not key.startswith("x-")} <= known


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_no_volume_is_named_after_its_project(path):
    content = yaml.safe_load(path.read_text())
    names = [volume["name"] for volume in content["volumes"].values()]
    others = [yaml.safe_load(other.read_text())["volumes"] for other in COMPOSE if other != path]
    assert not set(names) & {volume["name"] for volumes in others for volume in volumes.values()}


def test_only_the_address_of_the_proxy_is_trusted():
    content = yaml.safe_load((DEPLOYMENT / "docker-compose.yaml").read_text())
    address = content["services"]["proxy"]["networks"]["openrisk"]["ipv4_address"]
    trusted = content["services"]["openrisk"]["environment"]["TRUSTED_PROXIES"]
    (pool,) = content["networks"]["openrisk"]["ipam"]["config"]
    assert trusted == address
    assert ip_address(address) in ip_network(pool["subnet"])
    assert ip_address(address) not in ip_network(pool["ip_range"])  # where others get theirs


def test_nine_services_are_monitored_together():
    content = yaml.safe_load((DEPLOYMENT / "docker-compose-monitoring.yaml").read_text())
    assert set(content["services"]) - {"migrate"} == {
        "openrisk",
        "postgres",
        "redis",
        "prometheus",
        "alertmanager",
        "redis-exporter",
        "postgres-exporter",
        "blackbox-exporter",
        "grafana",
    }


def test_the_proxy_takes_its_configuration(tmp_path):
    # It resolves names when it starts.
    text = (DEPLOYMENT / "proxy/haproxy.cfg").read_text().replace("openrisk:8000", "127.0.0.1:8000")
    (tmp_path / "haproxy.cfg").write_text(text)
    run("haproxy", "-c", "-f", tmp_path / "haproxy.cfg")


# --- Secrets --------------------------------------------------------------------------------------
@pytest.fixture
def make_secrets(tmp_path):
    """Runs a copy of the script, which writes beside itself."""
    shutil.copy(DEPLOYMENT / "make_secrets.py", tmp_path)

    def make(*arguments):
        command = [sys.executable, tmp_path / "make_secrets.py", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return make


def test_all_secrets_that_compose_mounts_are_written(make_secrets, tmp_path):
    assert make_secrets().returncode == 0
    wanted = set()
    for path in COMPOSE:
        text = path.read_text()
        wanted |= set(re.findall(r"\./secrets/([\w.]+)", text))
    written = {path.name for path in (tmp_path / "secrets").iterdir()}
    assert written - wanted == {"redis_password"}  # kept, because others are made of it
    assert wanted <= written
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


@pytest.mark.parametrize("how", ["rotated", "deleted"])
def test_a_password_that_is_replaced_is_so_everywhere(make_secrets, tmp_path, how):
    make_secrets()
    folder = tmp_path / "secrets"
    before = {path.name: path.read_text() for path in folder.iterdir()}
    if how == "deleted":
        (folder / "redis_password").unlink()
    assert make_secrets(*["--rotate", "redis_password"][: 2 * (how == "rotated")]).returncode == 0
    after = {path.name: path.read_text() for path in folder.iterdir()}
    changed = {name for name in after if after[name] != before[name]}
    of_redis = {"redis_password", "redis_url", "redis_auth.conf", "redis_exporter.json"}
    assert changed == of_redis
    assert all(after["redis_password"] in after[name] for name in of_redis)


def test_what_is_there_stays_but_the_address_of_slack(make_secrets, tmp_path):
    make_secrets()
    before = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    make_secrets("--slack-webhook-url", "https://hooks.example.com/services/x")
    after = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"slack_webhook_url"}
    refused = make_secrets("--slack-webhook-url", "hooks")
    assert (refused.returncode, "is not an address" in refused.stderr) == (2, True)


# --- Grafana --------------------------------------------------------------------------------------
def lost(before, after, path=""):
    """What Grafana's own types do not know, by its place."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(value, after[key], f"{path}/{key}")
            else:
                yield f"{path}/{key}"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from lost(one, other, f"{path}/{number}")
    elif before != after:
        yield path


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_grafana_knows_every_key_of_a_dashboard(path):
    register_default_plugins()
    content = json.loads(path.read_text())

    def told(content):
        return json.loads(JSONEncoder().encode(Dashboard.from_json(content)))

    assert list(lost(content, told(content))) == []
    content["panels"][1]["titel"] = "a typing mistake"
    assert list(lost(content, told(content))) == ["/panels/1/titel"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_have_words_and_places_of_their_own(path):
    content = json.loads(path.read_text())
    assert (content["uid"], content["schemaVersion"]) == (path.stem, 41)
    taken = set()
    for panel in content["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not taken & cells, f"{panel['title']} overlaps"
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in content["panels"]}) == len(content["panels"])


def test_the_six_required_panels_come_first():
    content = json.loads((MONITORING / "grafana/dashboards/openrisk-performance.json").read_text())
    panels = [panel["title"] for panel in content["panels"] if panel["type"] != "row"]
    assert panels[:6] == REQUIRED_PANELS
