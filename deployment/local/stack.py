"""PostgreSQL, Redis, exporters, Prometheus, Alertmanager and OpenRisk, from the shipped files."""

import json
import os
import secrets
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import psycopg
import redis
import yaml

from deployment.local import files, programs
from deployment.local.calibration import patience, slowness
from deployment.local.installation import Installation
from deployment.local.processes import START_SECONDS, NotStarted, process, wait_for
from deployment.local.servers import (
    HOST,
    LocalServer,
    free_port,
    postgres,
    stops_on_sigterm,
    valkey,
)

QUIET_SECONDS = 1.5
# A name in the shipped files, and the port on which it is found when people look for it.
SERVICES = {
    "openrisk:8000": 8000,
    "openrisk:9464": 9464,
    "postgres-exporter:9187": 9187,
    "redis-exporter:9121": 9121,
    "blackbox-exporter:9115": 9115,
    "alertmanager:9093": 9093,
    "localhost:9090": 9090,
}


@dataclass
class Stack:
    """A running stack. Numbers of Prometheus, requests to OpenRisk, and the servers behind it."""

    ports: dict[str, int]
    database: str  # address of the role that owns OpenRisk's database
    cache: LocalServer
    redis: redis.Redis
    openrisk: Installation

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The instant vector of a PromQL expression, as Prometheus' API gives it."""
        return self._ask(f"/api/v1/query?query={quote(expression)}")["result"]

    def value(self, expression: str) -> float | None:
        result = self.query(expression)
        return float(result[0]["value"][1]) if result else None

    def firing(self) -> set[str]:
        alerts = self._ask("/api/v1/alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def inbox(self) -> set[str]:
        """The names of all alerts that OpenRisk was told of."""
        with psycopg.connect(self.database) as connection:
            rows = connection.execute("SELECT DISTINCT name FROM monitoring_alert")
            return {name for (name,) in rows}

    def names(self) -> list[str]:
        """Of all metrics that Prometheus has seen."""
        return self._ask("/api/v1/label/__name__/values")

    def stop_redis(self) -> None:
        self.cache.stop()

    def client(self) -> httpx.Client:
        return self.openrisk.client()

    def _ask(self, path: str) -> Any:
        url = f"http://{HOST}:{self.ports['localhost:9090']}{path}"
        with urllib.request.urlopen(url, timeout=patience(10)) as answer:
            return json.load(answer)["data"]


@contextmanager
def running(
    folder: Path, *, faster: int, channel_url: str, fixed_ports: bool = False
) -> Iterator[Stack]:
    """The stack until the end of the block; nothing of it stays behind.

    Durations in rules and routes are divided by `faster`. With `fixed_ports` everything is where
    the compose file has it, else on free ports. Raises ProgramsMissing, NotStarted.
    """
    paths = programs.find(programs.PROGRAMS)
    ports = SERVICES if fixed_ports else {name: free_port() for name in SERVICES}
    with stops_on_sigterm(), ExitStack() as stack:
        database = stack.enter_context(postgres())
        cache = stack.enter_context(valkey())
        client = redis.from_url(cache.url)
        _limit_memory(client)
        monitoring = _monitoring_role(database.url)
        files.write(folder, files.Addresses(ports), faster=faster, channel_url=channel_url)
        openrisk = _openrisk(folder, ports, database.url, cache.url)
        stack.enter_context(openrisk.serving("--demo"))
        if faster > 1:  # a drill begins in health: the demonstration is above some appetites
            with psycopg.connect(database.url) as connection:
                connection.execute("UPDATE risks_category SET appetite = NULL")
        daemons = {}
        for name, command, extra in _daemons(folder, faster, paths, ports, monitoring, cache.url):
            daemon = process(folder, name, command, os.environ | extra)
            daemons[name] = stack.enter_context(daemon)
        for name, key, path in (
            ("alertmanager", "alertmanager:9093", "/-/ready"),
            ("prometheus", "localhost:9090", "/-/ready"),
        ):
            wait_for(folder, name, daemons[name], f"http://{HOST}:{ports[key]}{path}")
        stack_now = Stack(ports, database.url, cache, client, openrisk)
        _settle(stack_now)
        yield stack_now


def _settle(stack: Stack) -> None:
    """Until all is quiet for a while.

    Prometheus scrapes nothing in its first five seconds, which is long where time is short: what is
    absent until then fires, some moments after `up` has come.
    """
    deadline, quiet_since = time.monotonic() + START_SECONDS, None
    while time.monotonic() < deadline:
        states = {row["value"][1] for row in stack.query("up")}
        quiet = states == {"1"} and stack.firing() == {"Watchdog"}
        if not quiet or not stack.query("openrisk_build_info"):
            quiet_since = None
        elif quiet_since is None:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > QUIET_SECONDS * slowness():
            return
        time.sleep(0.1)
    raise NotStarted(
        f"Waited {START_SECONDS:.0f} s for all to be quiet. "
        f"Targets answer {states or 'nothing'}; {stack.firing()} fire."
    )


def _limit_memory(client: redis.Redis) -> None:
    """As the compose file has it, at a size that a fault can fill."""
    compose = yaml.safe_load((files.ROOT / "deployment/docker-compose.yaml").read_text())
    command = compose["services"]["redis"]["command"]
    client.config_set("maxmemory-policy", command[command.index("--maxmemory-policy") + 1])
    client.config_set("maxmemory", "32mb")


def _monitoring_role(url: str) -> dict[str, str]:
    """The role that deployment/postgres/roles.sh makes; returns the environment of its exporter."""
    parts = urlsplit(url)
    password = secrets.token_hex(16)
    admin = url.replace("://openrisk:", "://postgres:")
    with psycopg.connect(admin, autocommit=True) as connection:
        role = psycopg.sql.SQL("CREATE ROLE monitoring LOGIN PASSWORD {}")
        connection.execute(role.format(password))
        connection.execute("GRANT pg_monitor TO monitoring")
    return {
        "DATA_SOURCE_URI": f"{parts.hostname}:{parts.port}{parts.path}?sslmode=disable",
        "DATA_SOURCE_USER": "monitoring",
        "DATA_SOURCE_PASS": password,
    }


def _openrisk(folder: Path, ports: dict[str, int], database: str, cache: str) -> Installation:
    alerts_token = secrets.token_hex(24)
    (folder / "alerts_token").write_text(alerts_token)
    return Installation.make(
        folder,
        DATABASE_URL=database,
        REDIS_URL=cache,
        PORT=str(ports["openrisk:8000"]),
        METRICS_PORT=str(ports["openrisk:9464"]),
        ALERTS_TOKEN=alerts_token,
    )


def _daemons(
    folder: Path,
    faster: int,
    paths: dict[str, str],
    ports: dict[str, int],
    monitoring: dict[str, str],
    cache: str,
) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Name, command and environment of each."""

    def listen(name: str) -> str:
        return f"--web.listen-address={HOST}:{ports[name]}"

    address = f"redis://{urlsplit(cache).hostname}:{urlsplit(cache).port}"
    (folder / "redis_exporter.json").write_text(json.dumps({address: urlsplit(cache).password}))
    yield (
        "postgres-exporter",
        [
            paths["postgres-exporter"],
            listen("postgres-exporter:9187"),
            f"--extend.query-path={folder / 'postgres_queries.yml'}",
            "--no-collector.bgwriter",  # asks for columns that newer servers have elsewhere
        ],
        monitoring,
    )
    yield (
        "redis-exporter",
        [
            paths["redis-exporter"],
            f"--web.listen-address={HOST}:{ports['redis-exporter:9121']}",
            f"--redis.addr={address}",
            f"--redis.password-file={folder / 'redis_exporter.json'}",
        ],
        {},
    )
    yield (
        "blackbox-exporter",
        [
            paths["blackbox-exporter"],
            listen("blackbox-exporter:9115"),
            f"--config.file={folder / 'blackbox.yml'}",
            "--timeout-offset=0.1",  # leaves something of a short interval
        ],
        {},
    )
    yield from _prometheus_and_alertmanager(folder, faster, paths, ports)


def _prometheus_and_alertmanager(
    folder: Path, faster: int, paths: dict[str, str], ports: dict[str, int]
) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Alertmanager, then Prometheus."""

    def listen(name: str) -> str:
        return f"--web.listen-address={HOST}:{ports[name]}"

    yield (
        "alertmanager",
        [
            paths["alertmanager"],
            listen("alertmanager:9093"),
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alertmanager'}",
            "--cluster.listen-address=",
        ],
        {},
    )
    yield (
        "prometheus",
        [
            paths["prometheus"],
            listen("localhost:9090"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--rules.alert.resend-delay={60_000 // faster}ms",
        ],
        {},
    )
