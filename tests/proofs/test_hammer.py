"""A few seconds of the hammer: real servers, real processes, three faults, no wrong read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployment.local.calibration import patience

ROOT = Path(__file__).resolve().parents[2]
SECONDS = patience(90)  # until it is stuck; it needs a tenth of that


@pytest.mark.postgres
def test_no_read_is_wrong_while_faults_are_injected(tmp_path: Path) -> None:
    # Servers of its own: those of the tests must not be killed.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.proofs.hammer", "--short"],
        cwd=ROOT,
        env=inherited | {"VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr + failures(tmp_path)
    results = json.loads((tmp_path / "hammer/latest.json").read_text())["faults"]
    assert set(results) == {"redis killed", "worker killed", "backends terminated"}
    for name, one in results.items():
        wrong = {kind: one[kind] for kind in ("stale", "foreign", "phantom", "errors")}
        assert not any(wrong.values()), (name, wrong)
        assert one["hits"] > 0, name
        assert one["writes"] > 0, name


def failures(folder: Path) -> str:
    log = folder / "hammer/failures.log"
    return log.read_text() if log.exists() else ""
