"""A disk without room for metrics costs metrics, and nobody a request."""

import errno
import subprocess
import sys

import pytest
from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from deployment.local.calibration import patience
from openrisk.telemetry import metric_slots

# Counts in two hundred series, more than the first 64 kB hold, and says what is added up.
COUNT = """
import resource
from openrisk.telemetry import metric_slots
{before}
metric_slots.install_slots()
from prometheus_client import Counter
counter = Counter("things_total", "T" * 400, ["number"])
def count():
    for number in range(200):
        counter.labels(number).inc()
count()
{after}
"""
FULL = "resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY))"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(metric_slots.FOLDER, str(tmp_path / "metrics"))
    return tmp_path / "metrics"


def process(before="", after=""):
    return subprocess.run(
        [sys.executable, "-c", COUNT.format(before=before, after=after)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience(20),
    )


def added_up(folder):
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))
    lines = generate_latest(registry).decode().splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith("things_total{"))


def test_files_have_no_holes(folder):
    assert process().returncode == 0
    (file,) = folder.glob("counter_*.db")
    assert file.stat().st_blocks * 512 >= file.stat().st_size > 64 * 1024
    assert added_up(folder) == 200


@pytest.mark.parametrize(("limit", "least"), [(1000, 0), (70_000, 1)])
def test_a_full_disk_ends_no_process_and_is_said_once(folder, limit, least):
    ended = process(FULL.format(limit=limit))
    said = (ended.stdout + ended.stderr).count("metrics_not_written")
    assert (ended.returncode, said) == (0, 1)
    assert least <= added_up(folder) < 200


def test_counts_are_exact_again_once_there_is_room(folder):
    assert (
        process(FULL.format(limit=70_000), FULL.format(limit=10**8) + "\ncount()").returncode == 0
    )
    assert added_up(folder) == 400


def test_a_folder_that_is_gone_ends_no_process(folder):
    gone = "import os, shutil; shutil.rmtree(os.environ[metric_slots.FOLDER])"
    more = 'Counter("more_total", "More").inc(); count()'
    assert process(after=f"{gone}\n{more}").returncode == 0
    assert process().returncode == 0
    assert added_up(folder) == 200


def test_a_place_that_cannot_be_a_folder_ends_no_process(folder):
    folder.write_text("in the way")
    ended = process()
    assert ended.returncode == 0
    assert "metrics_slot_not_taken" in ended.stdout + ended.stderr


def test_files_of_which_none_can_be_locked_are_still_added_up(folder, monkeypatch):
    process()

    def read_only(path):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(metric_slots, "_lock", read_only)
    metric_slots.forget_dead_gauges(folder)
    assert added_up(folder) == 200
