"""OpenRisk as it is deployed: `manage.py serve` in a folder of its own, with demo data."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx

from deployment.local.calibration import patience
from deployment.local.files import ROOT
from deployment.local.processes import process, wait_for
from deployment.local.servers import HOST, free_port


class CommandFailed(Exception):
    """The command failed; the message is its output."""


@dataclass
class Installation:
    """`environment` is that of its commands; `folder` holds its log and what it keeps."""

    folder: Path
    environment: dict[str, str]

    @classmethod
    def make(cls, folder: Path, **settings: str) -> "Installation":
        """With the profile prod, on free ports, unless `settings` say otherwise."""
        defaults = {
            "DJANGO_SETTINGS_MODULE": "openrisk.settings",
            "VAR_DIR": str(folder / "var"),
            "PORT": str(free_port()),
            "METRICS_PORT": str(free_port()),
            "POOL_PROFILE": "prod",
        }
        return cls(folder, os.environ | defaults | settings)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.environment['PORT']}"

    @property
    def metrics_url(self) -> str:
        return f"http://{HOST}:{self.environment['METRICS_PORT']}/metrics"

    @cached_property
    def token(self) -> str:
        """Of the administrator of the demo data."""
        credentials = Path(self.environment["VAR_DIR"]) / "demo.json"
        return json.loads(credentials.read_text())["token"]

    def client(self, base_url: str = "") -> httpx.Client:
        """Asks as the token's owner; at `base_url` where a proxy stands in between."""
        headers = {"Authorization": f"Token {self.token}"}
        return httpx.Client(base_url=base_url or self.url, headers=headers, timeout=patience(20))

    def manage(self, *arguments: str) -> str:
        """Run a management command and return its output. Raises CommandFailed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=patience(100),
        )
        if done.returncode:
            raise CommandFailed(done.stdout + done.stderr)
        return done.stdout

    @contextmanager
    def serving(self, *options: str, name: str = "openrisk") -> Iterator[subprocess.Popen[bytes]]:
        """`manage.py serve`, once it is ready, until the block ends. Raises NotStarted."""
        command = [sys.executable, "manage.py", "serve", *options]
        with process(self.folder, name, command, self.environment) as running:
            wait_for(self.folder, name, running, f"{self.url}/health/ready")
            wait_for(self.folder, name, running, self.metrics_url)
            yield running
