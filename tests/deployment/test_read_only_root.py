"""On a read-only root without /tmp, a writable VAR_DIR is all that OpenRisk needs."""

import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

from deployment.local.installation import Installation
from deployment.local.processes import process, wait_for

# Root may do this in a container too, unless it was started without CAP_SYS_ADMIN.
READ_ONLY = (
    'mount --make-rprivate / && mount --bind "$VAR_DIR" "$VAR_DIR" && mount -o remount,bind,ro / &&'
    ' exec "$@"'
)
IN_NAMESPACE = ("unshare", "--mount", "sh", "-c", READ_ONLY, "sh")


@pytest.fixture
def installation(tmp_path):
    folder = tmp_path / "var"
    folder.mkdir()
    made = Installation.make(
        tmp_path, VAR_DIR=str(folder), POOL_PROFILE="dev", PYTHONDONTWRITEBYTECODE="1"
    )
    if not shutil.which("unshare") or run(made, "true").returncode:
        pytest.skip("this user may not mount: run as root, with CAP_SYS_ADMIN")
    return made


def run(installation, *command):
    return subprocess.run(
        [*IN_NAMESPACE, *command],
        env=installation.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def manage(installation, *arguments):
    done = run(installation, sys.executable, "manage.py", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def serving(installation):
    command = [*IN_NAMESPACE, sys.executable, "manage.py", "serve"]
    with process(installation.folder, "node", command, installation.environment) as running:
        wait_for(installation.folder, "node", running, f"{installation.url}/health/ready")
        yield


def test_it_migrates_serves_exports_and_takes_uploads(installation):
    refused = run(installation, "touch", "/tmp/written")  # noqa: S108
    assert "Read-only file system" in refused.stderr
    manage(installation, "migrate", "--verbosity", "0")
    manage(installation, "demo_create")
    assert "failure" not in manage(installation, "doctor")
    with serving(installation), installation.client() as client:
        exported = client.get("/api/v1/risks/export/?file_format=xlsx")
        assert exported.status_code == 200
        register = {"file": ("register.xlsx", exported.content)}
        assert client.post("/api/v1/imports/", files=register).status_code == 201
