"""PostgreSQL, Redis, exporters, Prometheus, Alertmanager and OpenRisk, from the shipped files."""

import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import redis
import yaml

from openrisk.serving import die_with_parent
from tests.servers import HOST, free_port, postgres, stops_on_sigterm, valkey
from tests.stack import files, programs

START_SECONDS = 120
STOP_SECONDS = 12
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


class NotStarted(Exception):
    """A part of the stack did not answer in time; the message holds the end of its log."""


@dataclass
class Stack:
    """A running stack. Numbers of Prometheus, requests to OpenRisk, and the servers behind it."""

    ports: dict[str, int]
    database: str  # address of the role that owns OpenRisk's database
    redis: redis.Redis
    token: str
    folder: Path

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The instant vector of a PromQL expression, as Prometheus' API gives it."""
        return self._ask(f"/api/v1/query?query={quote(expression)}")["result"]

    def value(self, expression: str) -> float | None:
        result = self.query(expression)
        return float(result[0]["value"][1]) if result else None

    def firing(self) -> set[str]:
        alerts = self._ask("/api/v1/alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def execute(self, sql: str) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(sql)

    def get(self, path: str) -> tuple[int, bytes]:
        """What OpenRisk answers to the token's owner."""
        connection = http.client.HTTPConnection(HOST, self.ports["openrisk:8000"], timeout=10)
        try:
            connection.request("GET", path, headers={"Authorization": f"Token {self.token}"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _ask(self, path: str) -> Any:
        url = f"http://{HOST}:{self.ports['localhost:9090']}{path}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]


@contextmanager
def running(
    folder: Path, *, faster: int, channel_url: str, fixed_ports: bool = False
) -> Iterator[Stack]:
    """The stack until the end of the block; nothing of it stays behind.

    Durations in rules and routes are divided by `faster`. With `fixed_ports` everything is where
    the compose file has it, else on free ports. Raises ProgramsMissing, NotStarted.
    """
    paths = programs.find()
    ports = SERVICES if fixed_ports else {name: free_port() for name in SERVICES}
    with stops_on_sigterm(), ExitStack() as stack:
        database = stack.enter_context(postgres())
        cache = stack.enter_context(valkey())
        client = redis.from_url(cache.url)
        _limit_memory(client)
        monitoring = _monitoring_role(database.url)
        files.write(folder, files.Addresses(ports), faster=faster, channel_url=channel_url)
        environment = _environment(folder, ports, database.url, cache.url)
        stack.enter_context(_application(folder, environment))
        _await(folder, "openrisk", f"http://{HOST}:{ports['openrisk:8000']}/health/ready")
        token = json.loads((folder / "var/demo.json").read_text())["token"]
        _await(folder, "openrisk", f"http://{HOST}:{ports['openrisk:9464']}/metrics")
        for name, command, extra in _daemons(folder, paths, ports, monitoring, cache.url):
            stack.enter_context(_process(folder, name, command, os.environ | extra))
        for name, key, path in (
            ("alertmanager", "alertmanager:9093", "/-/ready"),
            ("prometheus", "localhost:9090", "/-/ready"),
        ):
            _await(folder, name, f"http://{HOST}:{ports[key]}{path}")
        yield Stack(ports, database.url, client, token, folder)


def _limit_memory(client: redis.Redis) -> None:
    """As the compose file has it, at a size that a fault can fill."""
    compose = yaml.safe_load((files.ROOT / "deployment/docker-compose.yaml").read_text())
    command = compose["services"]["redis"]["command"]
    client.config_set("maxmemory-policy", command[command.index("--maxmemory-policy") + 1])
    client.config_set("maxmemory", "32mb")


def _monitoring_role(url: str) -> dict[str, str]:
    """The role that deployment/postgres/roles.sh makes; what its exporter is told."""
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


def _environment(folder: Path, ports: dict[str, int], database: str, cache: str) -> dict[str, str]:
    alerts_token = secrets.token_hex(24)
    (folder / "alerts_token").write_text(alerts_token)
    return os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": cache,
        "VAR_DIR": str(folder / "var"),
        "PORT": str(ports["openrisk:8000"]),
        "METRICS_PORT": str(ports["openrisk:9464"]),
        "POOL_PROFILE": "prod",
        "ALERTS_TOKEN": alerts_token,
        "DJANGO_SETTINGS_MODULE": "openrisk.settings",
    }


@contextmanager
def _application(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "manage.py", "serve", "--demo"]
    with _process(folder, "openrisk", command, environment):
        yield


def _daemons(
    folder: Path,
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
        ],
        {},
    )


@contextmanager
def _process(
    folder: Path, name: str, command: list[str], environment: dict[str, str]
) -> Iterator[None]:
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=files.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
            preexec_fn=partial(die_with_parent, signal.SIGTERM),  # noqa: PLW1509  main thread
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(folder: Path, name: str, url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
            if answer.status == 200:
                return
        time.sleep(0.1)
    end = (folder / f"{name}.log").read_text(errors="replace")[-2000:]
    raise NotStarted(f"{name} did not answer at {url}:\n{end}")
