"""How an app is: four facts, each derived from what happened, none of them stored."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from marketplace.installations.configuration import report_address
from marketplace.models import DeliveryStatus, Failure, InstalledApp, SyncRun, SyncStatus
from marketplace.registry import available_connectors
from openrisk.tasks.declarations import next_occurrence

DONE = (SyncStatus.PREVIEWED, SyncStatus.APPLIED, SyncStatus.QUARANTINED, SyncStatus.UNDONE)
ENDED = (*DONE, SyncStatus.FAILED)


def derive_health(app: InstalledApp) -> dict[str, Any]:
    """`connection`, `credential`, `freshness`, `outcome`: each `{state, since, detail}`.

    A state is ok, failing or unknown; freshness is fresh, stale or unknown; the outcome is that of
    the last run that ended, or of the last message.
    """
    runs = list(app.runs.filter(status__in=ENDED).order_by("-created_at", "-id")[:20])
    sent = _last_delivery(app)
    if sent is not None:
        return _of_messages(app, sent)
    return {
        "connection": _reached(app, runs, Failure.CONNECTION),
        "credential": _reached(app, runs, Failure.CREDENTIAL),
        "freshness": _freshness(app, runs),
        "outcome": _outcome(runs),
    }


def _fact(state: str, since: datetime | None = None, detail: str = "") -> dict[str, Any]:
    return {"state": state, "since": since, "detail": detail}


def _reached(app: InstalledApp, runs: list[SyncRun], failure: Failure) -> dict[str, Any]:
    """What the last run that came so far says: to a source that was not reached no credential was
    shown."""
    if not report_address(available_connectors()[app.connector], app.settings):
        return _fact("unknown", None, "It reads files that people upload.")
    for run in runs:
        if run.failure == failure:
            return _fact("failing", run.finished_at, run.error)
        if failure == Failure.CREDENTIAL and run.failure == Failure.CONNECTION:
            continue
        return _fact("ok", run.finished_at)
    return _fact("ok", app.tested_at) if app.tested_at else _fact("unknown", None, app.reason)


def _freshness(app: InstalledApp, runs: list[SyncRun]) -> dict[str, Any]:
    """Fresh until two occurrences of the schedule have passed without anything being taken over."""
    last = next((run for run in runs if run.status == SyncStatus.APPLIED), None)
    if last is None or last.finished_at is None:
        return _fact("unknown", None, "Nothing was applied yet.")
    if not app.cron:
        return _fact("unknown", last.finished_at, "It has no schedule to keep.")
    expected = next_occurrence(app.cron, next_occurrence(app.cron, last.finished_at))
    stale = expected + timedelta(minutes=5) < timezone.now()
    return _fact("stale" if stale else "fresh", last.finished_at)


def _outcome(runs: list[SyncRun]) -> dict[str, Any]:
    if not runs:
        return _fact("unknown", None, "It never ran.")
    return _fact(runs[0].status, runs[0].finished_at, runs[0].error)


def _last_delivery(app: InstalledApp) -> Any:
    tried = app.deliveries.filter(attempts__gt=0)
    return tried.order_by("-created_at", "-id").first()


def _of_messages(app: InstalledApp, sent: Any) -> dict[str, Any]:
    arrived = sent.status == DeliveryStatus.DELIVERED
    return {
        "connection": _fact("ok" if arrived else "failing", sent.delivered_at, sent.error),
        "credential": _fact("ok" if arrived else "unknown", sent.delivered_at),
        "freshness": _fact("fresh" if arrived else "stale", sent.delivered_at),
        "outcome": _fact(sent.status, sent.delivered_at or sent.created_at, sent.error),
    }
