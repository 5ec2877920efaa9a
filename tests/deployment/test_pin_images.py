"""`make pin-images`: what docker says of a tag is written into the files, and nothing else."""

import os
import shutil
import subprocess
import sys

import pytest

from deployment.local.files import ROOT

DEPLOYMENT = ROOT / "deployment"
FILES = ("docker-compose.yaml", "docker-compose-monitoring.yaml", "Dockerfile")
DIGEST = f"sha256:{'0a' * 32}"


@pytest.fixture
def pin(tmp_path):
    """Runs a copy of the script beside copies of the files, with a docker that says `answer`."""
    for name in ("pin_images.py", *FILES):
        shutil.copy(DEPLOYMENT / name, tmp_path)

    def run(answer, *arguments, code=0):
        docker = tmp_path / "bin" / "docker"
        docker.parent.mkdir(exist_ok=True)
        docker.write_text(f"#!/bin/sh\necho '{answer}'\nexit {code}\n")
        docker.chmod(0o755)
        return subprocess.run(
            [sys.executable, tmp_path / "pin_images.py", *arguments],
            env=os.environ | {"PATH": str(docker.parent)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def contents(folder):
    return {name: (folder / name).read_text() for name in FILES}


def test_every_image_but_ours_gets_its_digest(pin, tmp_path):
    before = contents(tmp_path)
    assert pin(DIGEST).returncode == 0
    after = contents(tmp_path)
    assert {name: text.replace(f"@{DIGEST}", "") for name, text in after.items()} == before
    assert f"image: postgres:17.6-bookworm@{DIGEST}\n" in after["docker-compose.yaml"]
    assert f"FROM python:3.13.7-slim-bookworm@{DIGEST} AS packages" in after["Dockerfile"]
    assert "image: openrisk:local\n" in after["docker-compose.yaml"]
    assert (pin("", "--check").returncode, contents(tmp_path)) == (0, after)


@pytest.mark.parametrize(
    ("answer", "code"), [("no such host", 1), ("latest", 0), ("sha256:short", 0), ("", 0)]
)
def test_what_is_no_digest_changes_nothing(pin, tmp_path, answer, code):
    before = contents(tmp_path)
    refused = pin(answer, code=code)
    assert (refused.returncode, contents(tmp_path)) == (1, before)
    assert "docker did not say which digest" in refused.stderr


def test_check_names_what_is_not_pinned(pin, tmp_path):
    found = pin("", "--check")
    assert found.returncode == 1
    assert "redis:8.2.1-bookworm" in found.stdout
