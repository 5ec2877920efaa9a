"""Runs of apps: what they take over, refuse, put aside, close and take back."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from marketplace import tasks
from marketplace.installations import lifecycle
from marketplace.installations.health import derive_health
from marketplace.models import AppState, InstalledApp, SyncRun, SyncStatus
from marketplace.sync import runs
from marketplace.sync.probe import SourceFailed
from openrisk.errors import Conflict
from openrisk.limits import LONG_TEXT
from risks.models import Finding, FindingRule, LikelihoodSuggestion, Risk, RiskProposal
from risks.services.proposals import propose_risks
from risks.services.risks import create_risk
from tests.marketplace.conformance import REPORTS, installed, upload

LOG4J = "CVE-2021-44228"


@pytest.fixture
def trivy(organization, admin):
    return installed(organization, "trivy", admin)


@pytest.fixture
def kev(organization, admin, source):
    source.routes["/kev"] = (200, {}, (REPORTS / "cisa-kev.json").read_bytes())
    return installed(organization, "cisa-kev", admin, url=f"{source.url}/kev")


def changed(tmp_path: Path, change) -> Path:
    """The report of trivy with a change, made a day later."""
    report = json.loads((REPORTS / "trivy.json").read_text())
    report["CreatedAt"] = "2026-03-03T08:00:00Z"
    change(report)
    path = tmp_path / "trivy.json"
    path.write_text(json.dumps(report))
    return path


def test_what_a_later_scan_of_the_same_does_not_see_is_resolved(trivy, admin, tmp_path):
    upload(trivy, REPORTS / "trivy.json", admin)
    fixed = changed(tmp_path, lambda report: report["Results"][1]["Vulnerabilities"].clear())
    run = upload(trivy, fixed, admin)
    assert run.counts == {
        "created": 0, "updated": 0, "unchanged": 5, "closed": 1, "rejected": 0,
    }  # fmt: skip
    assert Finding.objects.get(rule=LOG4J).state == "resolved"


def test_a_scan_of_something_else_closes_nothing(trivy, admin, tmp_path):
    upload(trivy, REPORTS / "trivy.json", admin)
    other = changed(tmp_path, lambda report: report.update(ArtifactName="another:1"))
    assert upload(trivy, other, admin).counts["closed"] == 0


def test_a_text_that_is_too_long_is_cut_with_a_mark_and_the_run_says_so(trivy, admin, tmp_path):
    def lengthen(report):
        report["Results"][1]["Vulnerabilities"][0]["Description"] = "word " * 10_000

    run = upload(trivy, changed(tmp_path, lengthen), admin)
    [text] = [f.description for f in Finding.objects.all() if f.description.startswith("word")]
    assert (len(text) <= LONG_TEXT, text[-1]) == (True, "…")
    assert any("1 texts had more than 20,000 characters" in line["text"] for line in run.log)


def test_what_was_closed_is_open_again_after_an_undo(trivy, admin, tmp_path):
    upload(trivy, REPORTS / "trivy.json", admin)
    fixed = changed(tmp_path, lambda report: report["Results"][1]["Vulnerabilities"].clear())
    run = upload(trivy, fixed, admin)
    runs.undo_run(actor=admin, sync_run=run)
    assert Finding.objects.get(rule=LOG4J).state == "open"


def test_an_empty_report_is_put_aside_for_a_person(trivy, admin, tmp_path):
    upload(trivy, REPORTS / "trivy.json", admin)
    empty = changed(tmp_path, lambda report: report["Results"].clear())
    run = upload(trivy, empty, admin)
    assert (run.status, run.counts["closed"]) == (SyncStatus.QUARANTINED, 0)
    assert "the last run had 5" in run.error
    assert Finding.objects.filter(state="open").count() == 5
    run = runs.apply_run(actor=admin, sync_run=run)
    assert (run.status, run.error) == (SyncStatus.APPLIED, "")


def test_a_ninth_of_the_last_report_is_no_reason_to_put_it_aside(organization, admin, tmp_path):
    app = installed(organization, "epss", admin)
    lines = ["cve,epss", *(f"CVE-2024-{n:04},0.5" for n in range(1, 10))]
    for count, status in ((10, "applied"), (2, "applied"), (1, "quarantined")):
        path = tmp_path / "epss.csv"
        path.write_text("\n".join(lines[:count]))
        assert upload(app, path, admin).status == status


def test_an_exploited_finding_is_marked_and_its_risk_gets_a_suggestion(kev, admin, organization):
    risk = create_risk(
        actor=admin, organization=organization, title="Old logger", inherent_likelihood=2,
        inherent_impact=5,
    )  # fmt: skip
    upload(installed(organization, "trivy", admin), REPORTS / "trivy.json", admin)
    Finding.objects.filter(rule=LOG4J).update(risk=risk)
    run = runs.queue_run(actor=admin, app=kev, mode="apply")
    runs.execute_run(run.pk)
    assert list(Finding.objects.filter(known_exploited=True).values_list("rule", flat=True)) == [
        LOG4J
    ]
    suggestion = LikelihoodSuggestion.objects.get()
    assert "also for ransomware" in suggestion.reason
    runs.undo_run(actor=admin, sync_run=SyncRun.objects.get(pk=run.pk))
    assert not LikelihoodSuggestion.objects.exists()


def test_what_a_feed_lists_no_longer_is_not_marked_any_more(kev, admin, organization, source):
    upload(installed(organization, "trivy", admin), REPORTS / "trivy.json", admin)
    for exploited in (True, False):
        run = runs.queue_run(actor=admin, app=kev, mode="apply")
        runs.execute_run(run.pk)
        assert Finding.objects.get(rule=LOG4J).known_exploited is exploited
        feed = json.loads((REPORTS / "cisa-kev.json").read_text())
        feed["vulnerabilities"][0]["cveID"] = "CVE-1999-0001"
        source.routes["/kev"] = (200, {}, json.dumps(feed).encode())


def test_findings_propose_risks_and_an_undo_takes_them_back(trivy, admin, organization):
    FindingRule.objects.create(organization=organization, name="Critical", likelihood=4, impact=5)
    run = upload(trivy, REPORTS / "trivy.json", admin)
    assert RiskProposal.objects.count() == 2
    runs.undo_run(actor=admin, sync_run=run)
    assert propose_risks(actor=admin, organization=organization) == 0
    assert not RiskProposal.objects.exists()


def test_an_upload_is_not_kept(trivy, admin, settings):
    run = upload(trivy, REPORTS / "trivy.json", admin)
    assert not run.report
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


# --- One at a time, again, and by the clock ---------------------------------------------------
def test_one_run_of_an_app_at_a_time(trivy, admin):
    waiting = [
        SyncRun.objects.create(organization=trivy.organization, app=trivy, mode="preview")
        for _ in range(2)
    ]
    SyncRun.objects.filter(pk=waiting[0].pk).update(status="running")
    with pytest.raises(runs.AppBusy):
        runs.execute_run(waiting[1].pk)
    assert SyncRun.objects.get(pk=waiting[1].pk).status == SyncStatus.QUEUED


def test_a_source_that_fails_is_tried_again_and_then_the_app_is_in_error(kev, admin, source):
    good = source.routes["/kev"]
    source.routes["/kev"] = (503, {}, b"")
    run = runs.queue_run(actor=admin, app=kev, mode="apply")
    with pytest.raises(SourceFailed):
        runs.execute_run(run.pk, last_attempt=False)
    assert SyncRun.objects.get(pk=run.pk).status == SyncStatus.QUEUED
    runs.execute_run(run.pk, last_attempt=True)
    kev.refresh_from_db()
    assert (kev.state, SyncRun.objects.get(pk=run.pk).attempts) == (AppState.ERROR, 2)
    assert derive_health(kev)["connection"]["state"] == "failing"

    source.routes["/kev"] = good
    again = runs.queue_run(actor=admin, app=kev, mode="apply")
    runs.execute_run(again.pk)
    kev.refresh_from_db()
    assert (kev.state, kev.reason) == (AppState.TESTED, "")
    assert derive_health(kev)["outcome"]["state"] == "applied"


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_run_whose_task_failed_is_ended(trivy, admin, status):
    with (REPORTS / "trivy.json").open("rb") as file:
        run = runs.queue_run(actor=admin, app=trivy, file=file, file_name="trivy.json")
    tasks.enqueue_run(run)
    SyncRun.objects.filter(pk=run.pk).update(status=status)
    assert tasks.end_abandoned_runs.call() == 0  # its task waits
    DBTaskResult.objects.update(status="FAILED", finished_at=timezone.now())
    assert tasks.end_abandoned_runs.call() == 1
    run.refresh_from_db()
    assert (run.status, run.failure) == (SyncStatus.FAILED, "internal")
    assert "Run the app again." in run.error
    assert upload(trivy, REPORTS / "trivy.json", admin).status == SyncStatus.APPLIED


def test_a_run_whose_task_is_gone_is_ended_after_a_day(trivy):
    run = SyncRun.objects.create(organization=trivy.organization, app=trivy, mode="preview")
    assert tasks.end_abandoned_runs.call() == 0  # a command may be running it
    SyncRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=2))
    assert tasks.end_abandoned_runs.call() == 1


def test_an_upload_that_is_not_on_this_machine_is_said(trivy, admin, settings):
    with (REPORTS / "trivy.json").open("rb") as file:
        run = runs.queue_run(actor=admin, app=trivy, file=file, file_name="trivy.json")
    (settings.MEDIA_ROOT / run.report.name).unlink()
    runs.execute_run(run.pk)
    run.refresh_from_db()
    assert (run.status, "No such file" in run.error) == (SyncStatus.FAILED, True)


def test_refused_credentials_are_not_tried_again(kev, admin, source):
    source.routes["/kev"] = (401, {}, b"")
    run = runs.queue_run(actor=admin, app=kev)
    runs.execute_run(run.pk, last_attempt=False)
    run.refresh_from_db()
    assert (run.status, run.failure) == (SyncStatus.FAILED, "credential")
    assert derive_health(kev)["credential"]["state"] == "failing"


def test_a_second_execution_finds_nothing_to_do(trivy, admin):
    run = upload(trivy, REPORTS / "trivy.json", admin)
    assert runs.execute_run(run.pk).status == SyncStatus.APPLIED
    assert SyncRun.objects.get(pk=run.pk).attempts == 1


def test_a_run_is_queued_when_its_time_has_come(kev, admin):
    app = lifecycle.test_app(actor=admin, app=kev)
    app = lifecycle.configure_app(actor=admin, instance=app, cron="0 5 * * *", mode="apply")
    lifecycle.enable_app(actor=admin, app=app)
    assert tasks.sync_due_apps.call() == 0
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        assert tasks.sync_due_apps.call() == 1
        assert tasks.sync_due_apps.call() == 0
    run = SyncRun.objects.get()
    assert (run.schedule, run.mode, run.actor) == ("0 5 * * *", "apply", None)


def test_a_disabled_app_waits(kev, admin):
    app = lifecycle.test_app(actor=admin, app=kev)
    app = lifecycle.configure_app(actor=admin, instance=app, cron="0 5 * * *")
    lifecycle.enable_app(actor=admin, app=app)
    lifecycle.disable_app(actor=admin, app=app)
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        assert tasks.sync_due_apps.call() == 0


def test_what_does_not_come_by_its_schedule_is_stale(kev, admin):
    app = lifecycle.configure_app(actor=admin, instance=kev, cron="0 5 * * *")
    InstalledApp.objects.filter(pk=app.pk).update(state="tested")
    run = runs.queue_run(actor=admin, app=InstalledApp.objects.get(pk=app.pk), mode="apply")
    runs.execute_run(run.pk)
    assert derive_health(app)["freshness"]["state"] == "fresh"
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        assert derive_health(app)["freshness"]["state"] == "stale"


# --- Refusals ---------------------------------------------------------------------------------
def test_what_is_not_ready_does_not_run(organization, admin):
    app = lifecycle.install_app(actor=admin, organization=organization, connector="trivy")
    with pytest.raises(Conflict, match="Configure it, test it"):
        runs.queue_run(actor=admin, app=app)


def test_without_an_address_a_file_is_needed(trivy, admin):
    with pytest.raises(Conflict, match="Upload one"):
        runs.queue_run(actor=admin, app=trivy)


def test_a_run_is_applied_once(trivy, admin):
    run = upload(trivy, REPORTS / "trivy.json", admin)
    with pytest.raises(Conflict, match="only a previewed one"):
        runs.apply_run(actor=admin, sync_run=run)


def test_a_register_is_taken_over_as_one(organization, admin):
    app = installed(organization, "register", admin)
    run = upload(app, REPORTS / "register.csv", admin)
    assert run.status == SyncStatus.APPLIED
    assert set(Risk.objects.values_list("source", "source_name", "external_id")) == {
        ("connector", app.name, "R1"),
        ("connector", app.name, "R2"),
    }


def test_rows_that_cannot_be_read_are_counted_and_the_rest_is_taken(organization, admin):
    mapping = {"rule": "check.id", "title": "name", "severity": "level", "asset": "host"}
    feed = {"kind": "findings", "tool": "W", "items": "data.alerts", "mapping": mapping}
    run = upload(installed(organization, "json-feed", admin, **feed), REPORTS / "json-feed.json")
    assert (run.status, run.counts["rejected"], Finding.objects.count()) == ("applied", 1, 2)
