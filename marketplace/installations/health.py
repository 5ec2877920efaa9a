"""The health of an app: four facts, each derived from what happened. None is stored."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from marketplace.installations.configuration import report_address
from marketplace.models import Delivery, DeliveryStatus, Failure, InstalledApp, SyncRun, SyncStatus
from marketplace.registry import connector_of
from openrisk.tasks.declarations import next_occurrence

DONE = (SyncStatus.PREVIEWED, SyncStatus.APPLIED, SyncStatus.QUARANTINED, SyncStatus.UNDONE)
ENDED = (*DONE, SyncStatus.FAILED)


def derive_health(app: InstalledApp) -> dict[str, Any]:
    """`connection`, `credential`, `freshness`, `outcome`: each `{state, since, detail}`.

    A state is ok, failing or unknown; freshness is fresh, stale or unknown; the outcome is that of
    the last run that ended, or of the last message.
    """
    runs = list(app.runs.filter(status__in=ENDED).order_by("-created_at", "-id")[:20])
    attempted = app.deliveries.filter(attempts__gt=0).order_by("-created_at", "-id")
    if (delivery := attempted.first()) is not None:
        return derive_delivery_health(delivery)
    if runs:
        outcome = _build_fact(runs[0].status, runs[0].finished_at, runs[0].error)
    else:
        outcome = _build_fact("unknown", None, "It never ran.")
    return {
        "connection": _derive_access(app, runs, Failure.CONNECTION),
        "credential": _derive_access(app, runs, Failure.CREDENTIAL),
        "freshness": derive_freshness(app, runs),
        "outcome": outcome,
    }


def _build_fact(state: str, since: datetime | None = None, detail: str = "") -> dict[str, Any]:
    return {"state": state, "since": since, "detail": detail}


def _derive_access(app: InstalledApp, runs: list[SyncRun], failure: Failure) -> dict[str, Any]:
    """Whether the last run that could tell met this failure.

    A run that did not reach the source cannot tell whether its credential is accepted.
    """
    if not report_address(connector_of(app), app.settings):
        return _build_fact("unknown", None, "It reads files that people upload.")
    for run in runs:
        if run.failure == failure:
            return _build_fact("failing", run.finished_at, run.error)
        if failure == Failure.CREDENTIAL and run.failure == Failure.CONNECTION:
            continue
        return _build_fact("ok", run.finished_at)
    if app.tested_at:
        return _build_fact("ok", app.tested_at)
    return _build_fact("unknown", None, app.reason)


def derive_freshness(app: InstalledApp, runs: list[SyncRun]) -> dict[str, Any]:
    """Fresh until two occurrences of the schedule have passed without an applied run."""
    last = next((run for run in runs if run.status == SyncStatus.APPLIED), None)
    if last is None or last.finished_at is None:
        return _build_fact("unknown", None, "Nothing has been applied yet.")
    if not app.cron:
        return _build_fact("unknown", last.finished_at, "It has no schedule.")
    expected = next_occurrence(app.cron, next_occurrence(app.cron, last.finished_at))
    is_stale = expected + timedelta(minutes=5) < timezone.now()
    return _build_fact("stale" if is_stale else "fresh", last.finished_at)


def derive_delivery_health(delivery: Delivery) -> dict[str, Any]:
    """The health of an app that sends messages, from the last one that was attempted."""
    arrived, at = delivery.status == DeliveryStatus.DELIVERED, delivery.delivered_at
    return {
        "connection": _build_fact("ok" if arrived else "failing", at, delivery.error),
        "credential": _build_fact("ok" if arrived else "unknown", at),
        "freshness": _build_fact("fresh" if arrived else "stale", at),
        "outcome": _build_fact(delivery.status, at or delivery.created_at, delivery.error),
    }
