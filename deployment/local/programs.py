"""The programs of the stack: Debian has them, other systems under their own names."""

import shutil
from dataclasses import dataclass


class ProgramsMissing(Exception):
    """Some programs are not installed; the message says how to get them."""


@dataclass(frozen=True)
class Program:
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
    found = {name: program.path() for name, program in programs.items()}
    missing = [programs[name].package for name, path in found.items() if path is None]
    if missing:
        raise ProgramsMissing(
            f"Not installed: {', '.join(missing)}. On Debian and Ubuntu: "
            f"apt-get install --no-install-recommends {' '.join(missing)}"
        )
    return {name: str(path) for name, path in found.items()}
