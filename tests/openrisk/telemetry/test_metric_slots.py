"""The files that processes count in: exact over restarts and kills, and only so many."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from deployment.local.calibration import patience
from openrisk.telemetry import metric_slots

COUNT = """
from openrisk.telemetry import metric_slots
metric_slots.install_slots()
from prometheus_client import Counter, Gauge
counter = Counter("things_total", "Things")
held = Gauge("held", "Held", multiprocess_mode="livesum")
counter.inc({number})
held.set(1)
print("counted", flush=True)
{then}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(metric_slots.FOLDER, str(tmp_path))
    return tmp_path


def process(number=1, then=""):
    return subprocess.Popen(
        [sys.executable, "-c", COUNT.format(number=number, then=then)],
        cwd=settings.BASE_DIR,
        env=os.environ,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(folder, name):
    metric_slots.forget_dead_gauges(folder)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))
    lines = generate_latest(registry).decode().splitlines()
    return [float(line.split()[1]) for line in lines if line.startswith(f"{name} ")]


def test_counts_go_on_over_restarts_in_one_file(folder):
    for number in (1, 2, 3):
        process(number).wait(patience(20))
    assert told(folder, "things_total") == [6.0]
    assert len(list(folder.glob("counter_*.db"))) == 1


def test_a_kill_loses_no_count_and_leaves_no_gauge(folder):
    one, other = (process(1, "import time; time.sleep(60)") for _ in range(2))
    for started in (one, other):
        started.stdout.readline()
    assert told(folder, "held") == [2.0]
    one.send_signal(signal.SIGKILL)
    one.wait(patience(20))
    assert (told(folder, "held"), told(folder, "things_total")) == ([1.0], [2.0])
    process(5).wait(patience(20))  # takes the slot that became free
    other.kill()
    other.wait(patience(20))
    assert told(folder, "things_total") == [7.0]
    assert len(list(folder.glob("counter_*.db"))) == 2
