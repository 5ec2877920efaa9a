"""An operator's day, as docs/operations.md tells it: every command, in its order."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deployment.local.files import ROOT
from deployment.local.servers import free_port, postgres

SECTION = "## An operator's day"


def commands() -> str:
    """The indented blocks of the section."""
    text = (ROOT / "docs/operations.md").read_text().partition(f"{SECTION}\n")[2]
    section = re.split(r"^## ", text, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("    ")]
    return "\n".join(line.removeprefix("    ") for line in lines)


@pytest.fixture
def database():
    with postgres() as server:
        yield server


def test_every_command_of_the_day_works(database, tmp_path):
    script = "set -euo pipefail\ntrap 'kill $(cat openrisk.pid) || true; wait' EXIT\n"
    programs = (Path(sys.executable).parent, Path(database.command[0]).parent)
    settings = {
        "PATH": ":".join([*map(str, programs), os.environ["PATH"]]),
        "DJANGO_SETTINGS_MODULE": "openrisk.settings",
        "DATABASE_URL": database.url,
        "VAR_DIR": str(tmp_path / "var"),
        "PORT": str(free_port()),
        "METRICS_PORT": str(free_port()),
        "WORKERS": "1",
    }
    (tmp_path / "manage.py").symlink_to(ROOT / "manage.py")
    done = subprocess.run(
        ["bash", "-c", script + commands()],
        cwd=tmp_path,
        env=os.environ | settings | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    log = (tmp_path / "openrisk.log").read_text()
    assert done.returncode == 0, done.stdout + done.stderr + log
    assert "failure " not in done.stdout
    assert "/openrisk_restored" in done.stdout  # the doctor names the database
