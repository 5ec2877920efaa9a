"""A primary with a streaming standby: what a node answers from each, and after a failover."""

import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from deployment.local.processes import process, wait_for
from deployment.local.servers import postgres, promote, standby
from deployment.local.waiting import wait_until


@pytest.fixture
def primary(template):
    with postgres(copy_of=template[0]) as server:
        yield server


@pytest.fixture
def installation(install, primary, tmp_path):
    return install(tmp_path, DATABASE_URL=primary.url)


@pytest.fixture
def replica(installation, primary):
    with standby(primary) as server:
        yield server


def both_hosts(primary, replica):
    parts = urlsplit(primary.url)
    hosts = f"{parts.hostname}:{parts.port},{parts.hostname}:{urlsplit(replica.url).port}"
    return primary.url.replace(f"{parts.hostname}:{parts.port}", hosts)


def create_risk(client):
    return client.post("/api/v1/risks/", json={"title": "Fire", "description": "In the archive"})


@contextmanager
def alive(installation):
    """A node that is alive, whether it is ready or not."""
    command = [sys.executable, "manage.py", "serve", "--no-worker"]
    with process(installation.folder, "node", command, installation.environment) as running:
        wait_for(installation.folder, "node", running, f"{installation.url}/health/live")
        yield


def test_a_node_on_a_standby_is_not_ready_and_refuses_writes(installation, replica):
    installation.environment["DATABASE_URL"] = replica.url
    with alive(installation), installation.client() as client:
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert "standby" in answer.text
        assert create_risk(client).status_code == 503


def test_after_a_failover_the_same_node_writes_to_the_new_primary(installation, primary, replica):
    installation.environment["DATABASE_URL"] = (
        both_hosts(primary, replica) + "?target_session_attrs=read-write"
    )
    with installation.serving("--no-worker"), installation.client() as client:
        assert create_risk(client).status_code == 201
        primary.kill()
        assert create_risk(client).status_code == 503
        promote(replica)
        wait_until(lambda: client.get("/health/ready").status_code == 200, "the node is ready")
        assert create_risk(client).status_code == 201
