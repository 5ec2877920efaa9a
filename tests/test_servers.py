"""The private servers: they answer, can be killed and started again, and leave nothing behind."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from deployment.local.calibration import patience
from deployment.local.servers import LocalServer, ServerUnavailable, postgres, valkey

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module", autouse=True)
def _own_servers() -> Iterator[None]:
    """Also while the tests themselves run on a server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TEST_DATABASE_URL", raising=False)
        patch.delenv("TEST_REDIS_URL", raising=False)
        yield


@pytest.fixture(scope="module")
def started(request: pytest.FixtureRequest) -> Iterator[LocalServer]:
    """The server that `request.param` starts; a skip where there is none."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(request.param())
        except ServerUnavailable as reason:
            pytest.skip(str(reason))
        yield server


def answers(server: LocalServer) -> bool:
    if server.url.startswith("redis"):
        return redis.from_url(server.url).ping()
    with psycopg.connect(server.url) as connection:
        return connection.execute("SELECT true").fetchone()[0]


only_postgres = pytest.mark.parametrize("started", [postgres], indirect=True, scope="module")
both = pytest.mark.parametrize("started", [postgres, valkey], indirect=True, scope="module")


@both
def test_a_server_answers_and_does_not_run_as_root(started: LocalServer) -> None:
    assert answers(started)
    assert psutil.Process(started.pid).uids().real != 0


@both
def test_a_killed_server_starts_again_at_the_same_address(started: LocalServer) -> None:
    started.kill()
    assert not psutil.pid_exists(started.pid)
    started.start()
    assert answers(started)


@only_postgres
def test_killing_postgres_ends_a_busy_session_too(started: LocalServer) -> None:
    connection = psycopg.connect(started.url)
    connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 10000000000)")
    started.kill()
    assert not psutil.pid_exists(connection.info.backend_pid)
    connection.close()
    started.start()


@only_postgres
def test_the_role_of_the_tests_is_no_superuser(started: LocalServer) -> None:
    with psycopg.connect(started.url) as connection:
        assert connection.execute("SHOW is_superuser").fetchone() == ("off",)
        assert connection.execute("SELECT count(*) > 0 FROM pg_stat_statements").fetchone()[0]


def test_an_exception_leaves_no_process_and_no_folder() -> None:
    server = None
    try:
        with valkey() as server:
            raise KeyboardInterrupt
    except ServerUnavailable as reason:
        pytest.skip(str(reason))
    except KeyboardInterrupt:
        assert not psutil.pid_exists(server.pid)
        assert not server.log.parent.exists()


def test_sigterm_leaves_no_process_and_no_folder() -> None:
    starter = subprocess.Popen(
        [sys.executable, "-u", "-m", "deployment.local.servers"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if not starter.stdout.readline():
        pytest.skip(starter.stderr.read())
    assert starter.stdout.readline().startswith("TEST_REDIS_URL=redis://")
    servers = psutil.Process(starter.pid).children(recursive=True)
    folders = [Path(server.cwd()) for server in servers]
    assert len(servers) >= 2
    assert all(folder.exists() for folder in folders)
    starter.send_signal(signal.SIGTERM)
    starter.communicate(timeout=patience(20))
    assert not any(server.is_running() for server in servers)
    assert not any(folder.exists() for folder in folders)


def test_a_server_of_somebody_else_is_used_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_REDIS_URL", "redis://cache.example.org/0")
    with valkey() as server, pytest.raises(ServerUnavailable, match="not ours"):
        server.kill()
    assert server.url == "redis://cache.example.org/0"
