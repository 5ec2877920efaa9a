"""Metrics of workers."""

from prometheus_client import Counter

tasks = Counter(
    "openrisk_tasks_total",
    "Attempts to run a task, by what became of them",
    ("task", "outcome"),
)
