"""A scenario in small, on real servers: nothing is wrong, stale or foreign, and all is written."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from deployment.local.calibration import patience
from deployment.local.files import ROOT
from deployment.local.servers import free_port
from deployment.local.waiting import wait_until

SECONDS = patience(120)  # until it is stuck
RIGHT = {"errors", "stale answers", "answers with rows of others"}

pytestmark = pytest.mark.skipif(
    shutil.which("wrk") is None, reason="Not installed: wrk. On Debian and Ubuntu: apt-get install"
)


def begin(folder: Path, scenario: str) -> subprocess.Popen[str]:
    # Servers of its own, whatever servers the tests are given.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TEST_")}
    given = {"VAR_DIR": str(folder), "LOCUST_METRICS_PORT": str(free_port())}
    return subprocess.Popen(
        # What a shell starts in the background ignores Ctrl-C, and so would this.
        [
            "env",
            "--default-signal=INT",
            sys.executable,
            "-m",
            "locustfiles.harness",
            scenario,
            "--draft",
        ],
        cwd=ROOT,
        env=inherited | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kept(folder: Path) -> tuple[Path, dict[str, Any]]:
    (run,) = (folder / "load").iterdir()
    return run, json.loads((run / "results.json").read_text())


def test_a_run_is_right_and_writes_everything(tmp_path: Path) -> None:
    running = begin(tmp_path, "warm_cache")
    _, errors = running.communicate(timeout=SECONDS)
    assert running.returncode in (0, 3), errors  # it says nothing about speed
    run, results = kept(tmp_path)
    verdicts = {one["meaning"]: one["verdict"] for one in results["verdict"]}
    assert {verdicts[name] for name in RIGHT} == {"met"}, results["cached"]["locust"]["examples"]
    assert results["figures"]["hit_rate"] > 0
    files = {path.name for path in run.iterdir()}
    assert files >= {
        "verdict.md", "cached.html", "cached.json", "cached_stats.csv",
        "cached-metrics-before.txt", "cached-metrics-after.txt",
    }  # fmt: skip


def test_ctrl_c_leaves_a_report_and_nothing_that_runs(tmp_path: Path) -> None:
    running = begin(tmp_path, "soak")
    family = psutil.Process(running.pid)
    wait_until(
        lambda: list(tmp_path.glob("load/*/baseline-metrics-after.txt")) or running.poll(),
        "the baseline was measured",
        120,
    )
    assert running.poll() is None, running.communicate()[1]
    children = family.children(recursive=True)
    assert children
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=SECONDS)
    assert running.returncode == 130, errors
    assert "| errors | 0 |" in output
    _, left = psutil.wait_procs(children, timeout=patience(10))
    assert not left
