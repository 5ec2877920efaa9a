"""Metrics that are asked of the database when Prometheus comes, at most every few seconds.

Each has one definition, that of the page or list that shows the same. Without the database they are
absent, which an alert can see; a figure of a minute ago would look like one of now.
"""

import threading
import time
from collections.abc import Iterable, Iterator

import structlog
from django.conf import settings
from django.db import Error, connection
from django.db.models import Count
from django.utils import timezone
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from dashboards.figures.appetite import compute_appetite
from dashboards.figures.scope import FigureScope
from dashboards.figures.totals import FIGURES, RegisterTotals, compute_current_totals
from marketplace.models import SyncRun
from monitoring.health import queue_status
from openrisk import __version__
from openrisk.accounts.models import Organization
from openrisk.database.checks import connection_demand
from openrisk.tasks import schedules
from risks.models import Category, ImportRun, ScoreChange

# Figures of the dashboards that are metrics too: name, metric, words.
_FIGURES = (
    ("open", "openrisk_open_risks", "Open risks"),
    ("exposure", "openrisk_exposure_points", "Sum of the current scores of open risks"),
    (
        "overdue_reviews",
        "openrisk_risks_overdue_reviews",
        "Open risks whose planned review has passed",
    ),
)
KEPT = 5.0  # seconds
PATIENCE = "2s"  # of the database for one question
log = structlog.get_logger(__name__)


class DatabaseCollector:
    """All of them; the same for all who ask within a few seconds."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: list[Metric] = []
        self.until = 0.0

    def collect(self) -> Iterable[Metric]:
        with self.lock:
            if time.monotonic() >= self.until:
                self.found = list(_known())
                self.found += _from_database()
                self.until = time.monotonic() + KEPT
            return self.found


def _known() -> Iterator[Metric]:
    """What needs no database."""
    build = GaugeMetricFamily("openrisk_build_info", "The version that runs", labels=["version"])
    build.add_metric([__version__], 1)
    yield build
    yield GaugeMetricFamily(
        "openrisk_database_connections_budget",
        "Connections that all processes together may open",
        value=settings.DATABASE_BUDGET,
    )
    yield GaugeMetricFamily(
        "openrisk_database_connections_demand",
        "Connections that all processes together open at most, as they are configured",
        value=connection_demand().total,
    )


def _from_database() -> list[Metric]:
    try:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET statement_timeout = '{PATIENCE}'")
        return [*_risks(), *_work(), *_runs()]
    except Error as error:
        log.warning("metrics_without_database", error=type(error).__name__)
        return []
    finally:
        connection.close()


# --- The register ---------------------------------------------------------------------------------
def _risks() -> Iterator[Metric]:
    """Of all organizations together; by organization only where the operator names them."""
    everywhere = compute_current_totals(ScoreChange.objects.all(), timezone.now())
    risks = GaugeMetricFamily(
        "openrisk_risks", "Risks, by level and status", labels=["level", "status"]
    )
    _add(risks, [], everywhere)
    yield risks
    for name, metric, words in _FIGURES:
        yield GaugeMetricFamily(metric, words, value=FIGURES[name].value(everywhere) or 0)
    yield GaugeMetricFamily(
        "openrisk_appetite_breaches",
        "Categories with a risk above their appetite",
        value=sum(_breaches()),
    )
    own = GaugeMetricFamily(
        "openrisk_organization_risks",
        "Risks of the organizations in METRICS_ORGANIZATIONS",
        labels=["organization", "level", "status"],
    )
    named = Organization.objects.filter(slug__in=settings.METRICS_ORGANIZATIONS)
    for organization in named.order_by("slug"):
        rows = ScoreChange.objects.for_organization(organization)
        _add(own, [organization.slug], compute_current_totals(rows, timezone.now()))
    yield own


def _add(family: GaugeMetricFamily, labels: list[str], tally: RegisterTotals) -> None:
    for group in tally.groups:
        family.add_metric([*labels, group.level or "not_assessed", group.status], group.count)


def _breaches() -> Iterator[int]:
    limited = Category.objects.filter(appetite__isnull=False).values("organization")
    for organization in Organization.objects.filter(pk__in=limited):
        results = compute_appetite(FigureScope(organization))["results"]
        yield sum(row["state"] == "breached" for row in results)


# --- Work -----------------------------------------------------------------------------------------
def _work() -> Iterator[Metric]:
    queue = queue_status.read_queue_status()
    tasks = GaugeMetricFamily(
        "openrisk_task_queue_tasks", "Tasks in the queue, by how they stand", labels=["status"]
    )
    for status, count in queue.tasks.items():
        tasks.add_metric([status], count)
    yield tasks
    yield GaugeMetricFamily(
        "openrisk_task_queue_oldest_seconds",
        "Since when the task that has waited longest could have run",
        value=queue.oldest_seconds,
    )
    late = GaugeMetricFamily(
        "openrisk_schedule_late_seconds",
        "For how long each schedule has been due, or how far off it is where a clock was ahead",
        labels=["schedule"],
    )
    for name, seconds in sorted(schedules.schedule_lateness().items()):
        late.add_metric([name], seconds)
    yield late
    failed = GaugeMetricFamily(
        "openrisk_tasks_failed_recently",
        "Tasks that failed for good within the last 15 minutes",
        labels=["task"],
    )
    for path, count in queue_status.count_recent_failures().items():
        failed.add_metric([path], count)
    yield failed
    apps = GaugeMetricFamily(
        "openrisk_connector_apps",
        "Apps in use, by connector and the outcome of what they did last",
        labels=["connector", "outcome"],
    )
    for labels, count in sorted(queue_status.count_connector_outcomes().items()):
        apps.add_metric(labels, count)
    yield apps


def _runs() -> Iterator[Metric]:
    """From the rows themselves, so that no restart loses one; gauges, because rows move on."""
    syncs = GaugeMetricFamily(
        "openrisk_sync_runs",
        "Runs of connectors, by how they stand",
        labels=["connector", "status"],
    )
    groups = SyncRun.objects.order_by().values_list("app__connector", "status")
    for connector, status, count in groups.annotate(count=Count("pk")):
        syncs.add_metric([connector, status], count)
    yield syncs
    imports = GaugeMetricFamily(
        "openrisk_imports", "Imports of registers, by how they stand", labels=["status"]
    )
    files = ImportRun.objects.filter(source="import").order_by().values_list("status")
    for status, count in files.annotate(count=Count("pk")):
        imports.add_metric([status], count)
    yield imports
