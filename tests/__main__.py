"""Run the tests on SQLite, then those that ask a database and no browser on PostgreSQL and Valkey.

Those of services and of the API run on SQLite only where there is no PostgreSQL.

Those of deployment/ bring their servers with them and have a command of their own.

`python -m tests [pytest arguments]`.

Four processes each, since many tests wait, unless `-n` says otherwise. The exit code is 0 only if
no run failed.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import psycopg

from deployment.local.servers import (
    LocalServer,
    ServerUnavailable,
    postgres,
    stops_on_sigterm,
    valkey,
)

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "openrisk_template"
NO_TESTS = 5  # an exit code of pytest
SERVERS = ("TEST_DATABASE_URL", "TEST_DATABASE_TEMPLATE", "TEST_REDIS_URL")


@dataclass(frozen=True)
class Run:
    """The outcome of one run of pytest."""

    database: str
    exit_code: int
    total: int
    failed: int
    skipped: int
    seconds: float

    def __str__(self) -> str:
        passed = self.total - self.failed - self.skipped
        return (
            f"{self.database}: {passed} passed, {self.failed} failed, {self.skipped} skipped "
            f"in {self.seconds:.0f} s" + (f" (exit code {self.exit_code})" * bool(self.exit_code))
        )


def main(arguments: list[str]) -> int:
    with stops_on_sigterm(), tempfile.TemporaryDirectory(prefix="openrisk-tests-") as directory:

        def run(name: str, environment: dict[str, str], which: str) -> Run:
            return _pytest(name, environment, ["-m", which, *arguments], Path(directory))

        runs = [run("SQLite", {}, "not with_servers")]
        try:
            with _servers() as (name, environment):
                # The rest has run on SQLite: it asks neither, looks at what a browser shows,
                # which no database changes, or goes where others go (see conftest.py).
                runs.append(run(name, environment, "database and not browser and not once"))
        except ServerUnavailable as reason:
            print(f"There is no PostgreSQL: {reason}.")
            runs.append(run("SQLite", {}, "with_servers"))
    print("\n" + "\n".join(map(str, runs)))
    # A run in which nothing was chosen did not fail, unless there was nothing at all.
    codes = [one.exit_code for one in runs if one.exit_code != NO_TESTS]
    return next(filter(None, codes), 0) if codes else NO_TESTS


@contextmanager
def _servers() -> Iterator[tuple[str, dict[str, str]]]:
    """PostgreSQL, and Valkey where it can be had: their names and their addresses."""
    with postgres() as database:
        name = f"PostgreSQL {_version(database)}"
        environment = {"TEST_DATABASE_URL": database.url}
        if database.process:  # not one of somebody else, whose data may be in it
            environment["TEST_DATABASE_TEMPLATE"] = _make_template(database)
        try:
            with valkey() as cache:
                yield f"{name} and Valkey", environment | {"TEST_REDIS_URL": cache.url}
        except ServerUnavailable as reason:
            yield f"{name} without Valkey ({reason})", environment


def _make_template(database: LocalServer) -> str:
    """Make the tables once for all processes of the run; the name of the database to copy."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    url = f"{database.url.rpartition('/')[0]}/{TEMPLATE}"
    settings = {"DJANGO_SETTINGS_MODULE": "openrisk.settings", "DATABASE_URL": url}
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    with tempfile.TemporaryDirectory(prefix="openrisk-tests-") as folder:
        environment = os.environ | settings | {"VAR_DIR": folder}
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return TEMPLATE


def _version(database: LocalServer) -> str:
    with psycopg.connect(database.url) as connection:
        return connection.execute("SHOW server_version").fetchone()[0].split()[0]


def _pytest(
    database: str, environment: dict[str, str], arguments: list[str], directory: Path
) -> Run:
    print(f"\n=== {database} ===", flush=True)
    report = directory / "report.xml"
    report.unlink(missing_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in SERVERS}
    started = time.monotonic()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "-n", "4", f"--junitxml={report}"),
            # Neighbours stay in one process, which makes what they share once.
            *("--dist", "worksteal"),
            *("--ignore=tests/deployment", *arguments),
        ],
        cwd=ROOT,
        env=inherited | {"TEST_VAR_DIR": str(directory)} | environment,
    )
    exit_code = _wait(process)
    return Run(database, exit_code, *_counts(report), time.monotonic() - started)


def _wait(process: subprocess.Popen[bytes]) -> int:
    """The exit code; when we are told to stop, pytest is given time to clean up."""
    try:
        return process.wait()
    except (KeyboardInterrupt, SystemExit) as stop:
        if isinstance(stop, SystemExit):  # Ctrl-C reaches pytest from the terminal, SIGTERM not
            process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def _counts(report: Path) -> tuple[int, int, int]:
    """Tests, failures and skips of a JUnit report; zeros if pytest wrote none."""
    if not report.exists():
        return 0, 0, 0
    suite = ElementTree.parse(report).getroot().find("testsuite")  # noqa: S314  our own file
    total, failures, errors, skipped = (
        int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")
    )
    return total, failures + errors, skipped


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
