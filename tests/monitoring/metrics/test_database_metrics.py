"""Metrics that are read from the database."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from monitoring.metrics import database_metrics
from monitoring.metrics.database_metrics import DatabaseCollector
from openrisk.tasks import retrying  # noqa: F401  the queue is there
from risks.tasks import expire_acceptances
from tests.marketplace.conformance import REPORTS, installed, upload
from tests.risks.factories import make_assessed_risk, make_category


@pytest.fixture(autouse=True)
def _stay_connected(monkeypatch, db):
    monkeypatch.setattr(connection, "close", lambda: None)  # tests are within a transaction


def values(name, **labels):
    return [
        sample.value
        for metric in DatabaseCollector().collect()
        for sample in metric.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]


def test_risks_by_level_and_status(organization, other_organization):
    make_assessed_risk(organization)
    make_assessed_risk(other_organization)
    assert values("openrisk_risks", level="critical", status="assessed") == [2]


def test_figures_are_those_of_the_dashboards(organization, viewer, api):
    make_assessed_risk(organization)
    make_assessed_risk(organization, next_review_at=timezone.now() - timedelta(days=1))
    shown = api(viewer).get("/api/v1/dashboards/stats/").json()
    assert values("openrisk_open_risks") == [shown["open"]] == [2]
    assert values("openrisk_exposure_points") == [shown["exposure"]] == [40]
    assert values("openrisk_risks_overdue_reviews") == [shown["overdue_reviews"]] == [1]


def test_organizations_are_named_only_where_the_operator_says_so(organization, settings):
    make_assessed_risk(organization)
    assert values("openrisk_organization_risks") == []
    settings.METRICS_ORGANIZATIONS = ["acme"]
    assert values("openrisk_organization_risks", organization="acme") == [1]


def test_breaches_of_appetite(organization):
    category = make_category(organization)
    type(category).objects.update(appetite=5)
    make_assessed_risk(organization, category=category)
    assert values("openrisk_appetite_breaches") == [1]


def test_the_queue(db):
    assert values("openrisk_task_queue_tasks", status="ready") == [0]
    expire_acceptances.enqueue()
    assert values("openrisk_task_queue_tasks", status="ready") == [1]
    assert values("openrisk_task_queue_oldest_seconds")[0] >= 0


def test_runs_of_connectors(organization, admin):
    app = installed(organization, "trivy", admin)
    upload(app, REPORTS / "trivy.json")
    assert values("openrisk_sync_runs", connector="trivy", status="applied") == [1]
    assert values("openrisk_connector_apps", connector="trivy", outcome="applied") == [1]


def test_failing_connector_counts_while_it_is_in_use(organization, admin):
    app = installed(organization, "trivy", admin)
    upload(app, REPORTS / "nessus.xml")
    assert values("openrisk_connector_apps", connector="trivy", outcome="failed") == [1]
    type(app).objects.update(state="disabled")
    assert values("openrisk_connector_apps", connector="trivy") == []


def test_recently_failed_tasks(db):
    expire_acceptances.enqueue()
    failed = DBTaskResult.objects.filter(task_path__contains="expire_acceptances")
    failed.update(status="FAILED", finished_at=timezone.now())
    assert values("openrisk_tasks_failed_recently") == [1]
    failed.update(finished_at=timezone.now() - timedelta(minutes=16))
    assert values("openrisk_tasks_failed_recently") == []


def test_without_the_database_only_other_metrics_remain(monkeypatch):
    def gone():
        raise OperationalError("password=secret")

    monkeypatch.setattr(database_metrics, "register_metrics", gone)
    assert values("openrisk_risks") == []
    assert values("openrisk_build_info") == [1]


def test_metrics_are_reused_for_a_few_seconds(organization, django_assert_num_queries):
    collector = DatabaseCollector()
    collector.collect()
    with django_assert_num_queries(0):
        collector.collect()
