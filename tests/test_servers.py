"""The private servers themselves: they answer, can be killed and started again, and leave nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tests.servers import Server, ServerUnavailable, postgres, valkey

ROOT = Path(__file__).resolve().parent.parent
Start = Callable[[], AbstractContextManager[Server]]


@pytest.fixture(autouse=True)
def _own_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while the tests themselves run on a server."""
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Server:
    """The server that `request.param` starts; a skip where there is none."""
    try:
        context = request.param()
        server = context.__enter__()
    except ServerUnavailable as reason:
        pytest.skip(str(reason))
    request.addfinalizer(lambda: context.__exit__(None, None, None))
    return server


def answers(server: Server) -> bool:
    if server.url.startswith("redis"):
        return redis.from_url(server.url).ping()
    with psycopg.connect(server.url) as connection:
        return connection.execute("SELECT true").fetchone()[0]


both = pytest.mark.parametrize("started", [postgres, valkey], indirect=True)


@both
def test_a_server_answers_and_does_not_run_as_root(started: Server) -> None:
    assert answers(started)
    assert psutil.Process(started.pid).uids().real != 0


@both
def test_a_killed_server_starts_again_at_the_same_address(started: Server) -> None:
    started.kill()
    assert not psutil.pid_exists(started.pid)
    started.start()
    assert answers(started)


@pytest.mark.parametrize("started", [postgres], indirect=True)
def test_killing_postgres_ends_a_busy_session_too(started: Server) -> None:
    with psycopg.connect(started.url) as connection:
        backend = connection.info.backend_pid
        connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 10000000000)")
        started.kill()
    assert not psutil.pid_exists(backend)


@pytest.mark.parametrize("started", [postgres], indirect=True)
def test_the_role_of_the_tests_is_no_superuser(started: Server) -> None:
    with psycopg.connect(started.url) as connection:
        assert connection.execute("SHOW is_superuser").fetchone() == ("off",)
        assert connection.execute("SELECT count(*) > 0 FROM pg_stat_statements").fetchone()[0]


@pytest.mark.parametrize("start", [postgres, valkey])
def test_an_exception_leaves_no_process_and_no_folder(start: Start) -> None:
    server = None
    try:
        with start() as server:
            raise KeyboardInterrupt
    except ServerUnavailable as reason:
        pytest.skip(str(reason))
    except KeyboardInterrupt:
        pass
    assert not psutil.pid_exists(server.pid)
    assert not server.log.parent.exists()


def test_sigterm_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-u", "-m", "tests.servers"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(_public(tmp_path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if not starter.stdout.readline():
        pytest.skip(starter.stderr.read())
    assert starter.stdout.readline().startswith("TEST_REDIS_URL=redis://")
    servers = psutil.Process(starter.pid).children(recursive=True)
    starter.send_signal(signal.SIGTERM)
    starter.communicate(timeout=20)
    assert len(servers) >= 2
    assert not any(server.is_running() for server in servers)
    assert list(tmp_path.iterdir()) == []


def _public(folder: Path) -> Path:
    """Let an unprivileged user pass through, as through any temporary folder."""
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o711)
    return folder


def test_a_server_of_somebody_else_is_used_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_REDIS_URL", "redis://cache.example.org/0")
    with valkey() as server, pytest.raises(ServerUnavailable, match="not ours"):
        server.kill()
    assert server.url == "redis://cache.example.org/0"
