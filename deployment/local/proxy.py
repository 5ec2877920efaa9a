"""haproxy, with the shipped configuration."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deployment.local import programs
from deployment.local.files import ROOT
from deployment.local.processes import process, wait_for
from deployment.local.servers import HOST, free_port

CONFIGURATION = ROOT / "deployment/proxy/haproxy.cfg"


@contextmanager
def proxy(folder: Path, servers: Sequence[str]) -> Iterator[str]:
    """The address of haproxy in front of these. Raises ProgramsMissing, NotStarted."""
    program = programs.find(programs.PROXY)["haproxy"]
    port = free_port()
    lines = CONFIGURATION.read_text().replace("bind :8080", f"bind {HOST}:{port}").splitlines()
    lines = [line for line in lines if not line.strip().startswith("server ")]
    lines += [
        f"    server openrisk{number} {server.removeprefix('http://')}"
        for number, server in enumerate(servers)
    ]
    written = folder / "haproxy.cfg"
    written.write_text("\n".join(lines) + "\n")
    url = f"http://{HOST}:{port}"
    with process(folder, "haproxy", [program, "-db", "-f", str(written)], {}) as running:
        wait_for(folder, "haproxy", running, f"{url}/login/")
        yield url
