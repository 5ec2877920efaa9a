"""Metrics that are read from the database when Prometheus comes, at most every few seconds.

Each has one definition, that of the page or list that shows the same. Without the database they are
absent, which an alert can see; a figure of a minute ago would look like a current one.
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

# Figures of the dashboards that are metrics too: name, metric, help.
FIGURE_METRICS = (
    ("open", "openrisk_open_risks", "Open risks"),
    ("exposure", "openrisk_exposure_points", "Sum of the current scores of open risks"),
    (
        "overdue_reviews",
        "openrisk_risks_overdue_reviews",
        "Open risks with a planned review that has passed",
    ),
)
VALID_FOR = 5.0  # seconds
STATEMENT_TIMEOUT = "2s"
log = structlog.get_logger(__name__)


class DatabaseCollector:
    """Collects the metrics, the same ones for all requests within a few seconds."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.metrics: list[Metric] = []
        self.valid_until = 0.0

    def collect(self) -> Iterable[Metric]:
        with self.lock:
            if time.monotonic() >= self.valid_until:
                self.metrics = [*configuration_metrics(), *read_database()]
                self.valid_until = time.monotonic() + VALID_FOR
            return self.metrics


def read_database() -> list[Metric]:
    """Return the metrics from the database; none while it does not answer in time."""
    try:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'")
        return [*register_metrics(), *work_metrics(), *run_metrics()]
    except Error as error:
        log.warning("metrics_without_database", error=type(error).__name__)
        return []
    finally:
        connection.close()


def configuration_metrics() -> Iterator[Metric]:
    """Metrics that need no database."""
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


# --- The register ---------------------------------------------------------------------------------
def register_metrics() -> Iterator[Metric]:
    """All organizations together; by organization only for those that the operator names."""
    totals = compute_current_totals(ScoreChange.objects.all(), timezone.now())
    risks = GaugeMetricFamily(
        "openrisk_risks", "Risks, by level and status", labels=["level", "status"]
    )
    add_groups(risks, [], totals)
    yield risks
    for name, metric, text in FIGURE_METRICS:
        yield GaugeMetricFamily(metric, text, value=FIGURES[name].value(totals) or 0)
    yield GaugeMetricFamily(
        "openrisk_appetite_breaches",
        "Categories with a risk above their appetite",
        value=count_breaches(),
    )
    own = GaugeMetricFamily(
        "openrisk_organization_risks",
        "Risks of the organizations in METRICS_ORGANIZATIONS",
        labels=["organization", "level", "status"],
    )
    named = Organization.objects.filter(slug__in=settings.METRICS_ORGANIZATIONS)
    for organization in named.order_by("slug"):
        rows = ScoreChange.objects.for_organization(organization)
        add_groups(own, [organization.slug], compute_current_totals(rows, timezone.now()))
    yield own


def add_groups(family: GaugeMetricFamily, labels: list[str], totals: RegisterTotals) -> None:
    for group in totals.groups:
        family.add_metric([*labels, group.level or "not_assessed", group.status], group.count)


def count_breaches() -> int:
    with_appetite = Category.objects.filter(appetite__isnull=False).values("organization")
    return sum(
        row["state"] == "breached"
        for organization in Organization.objects.filter(pk__in=with_appetite)
        for row in compute_appetite(FigureScope(organization))["results"]
    )


# --- Background work ------------------------------------------------------------------------------
def work_metrics() -> Iterator[Metric]:
    queue = queue_status.read_queue_status()
    tasks = GaugeMetricFamily(
        "openrisk_task_queue_tasks", "Tasks in the queue, by status", labels=["status"]
    )
    for status, count in queue.tasks.items():
        tasks.add_metric([status], count)
    yield tasks
    yield GaugeMetricFamily(
        "openrisk_task_queue_oldest_seconds",
        "Seconds for which the oldest task that could run has waited",
        value=queue.oldest_seconds,
    )
    late = GaugeMetricFamily(
        "openrisk_schedule_late_seconds",
        "Seconds for which each schedule is overdue, or too far ahead after a clock was wrong",
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
        "Apps in use, by connector and last outcome",
        labels=["connector", "outcome"],
    )
    for labels, count in sorted(queue_status.count_connector_outcomes().items()):
        apps.add_metric(labels, count)
    yield apps


def run_metrics() -> Iterator[Metric]:
    """Counted from the rows, so that no restart loses a run; gauges, because rows change status."""
    syncs = GaugeMetricFamily(
        "openrisk_sync_runs", "Runs of connectors, by status", labels=["connector", "status"]
    )
    runs = SyncRun.objects.order_by().values_list("app__connector", "status")
    for connector, status, count in runs.annotate(count=Count("pk")):
        syncs.add_metric([connector, status], count)
    yield syncs
    imports = GaugeMetricFamily(
        "openrisk_imports", "Imports of registers, by status", labels=["status"]
    )
    files = ImportRun.objects.filter(source="import").order_by().values_list("status")
    for status, count in files.annotate(count=Count("pk")):
        imports.add_metric([status], count)
    yield imports
