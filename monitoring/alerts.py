"""Alerts: received from Alertmanager, acknowledged by people, raised as risks or findings."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from monitoring.models import HEARTBEAT, Alert
from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.models import Asset, Finding, Risk, Severity
from risks.services.findings import compute_fingerprint, record_findings
from risks.services.risks import create_risk

SILENT_AFTER = timedelta(minutes=5)  # the heartbeat comes every minute
TOOL = "alertmanager"
SEVERITIES = {"critical": Severity.CRITICAL, "warning": Severity.MEDIUM, "info": Severity.INFO}
# Labels that may name what an alert is about, most telling first.
NAMING_LABELS = ("asset", "instance", "datname", "connector", "job")


@transaction.atomic
def receive_alerts(told: Iterable[dict[str, Any]]) -> int:
    """Keep what a message of Alertmanager says, and return of how many alerts.

    Each item has `fingerprint`, `status`, `labels`, `annotations`, `startsAt` and `endsAt`, as in
    version 4 of its webhook. An alert that is told again is updated; one that fires anew without
    having been seen to end has ended where the new one begins.
    """
    now, count = timezone.now(), 0
    for one in told:
        begun, notes = one["startsAt"], one["annotations"]
        _, created = Alert.objects.update_or_create(
            fingerprint=one["fingerprint"],
            starts_at=begun,
            defaults={
                "name": one["labels"]["alertname"],
                "severity": one["labels"].get("severity", "")[:50],
                "summary": notes.get("summary", "")[:500],
                "description": notes.get("description", ""),
                "runbook_url": notes.get("runbook_url", "")[:1000],
                "dashboard_url": notes.get("dashboard_url", "")[:1000],
                "labels": one["labels"],
                "ends_at": one["endsAt"] if one["status"] == "resolved" else None,
                "seen_at": now,
            },
        )
        if created:
            earlier = Alert.objects.firing().filter(fingerprint=one["fingerprint"])
            earlier.filter(starts_at__lt=begun).update(ends_at=begun)
        count += 1
    return count


def acknowledge_alert(*, actor: User, alert: Alert) -> Alert:
    """Say who looks at it; Alertmanager goes on reminding until it is silenced there."""
    if alert.acknowledged_at:
        raise Conflict(f"{alert.acknowledged_by or 'Somebody'} has acknowledged it already.")
    alert.acknowledged_at, alert.acknowledged_by = timezone.now(), actor
    alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
    return alert


@transaction.atomic
def raise_risk(*, actor: User, organization: Organization, alert: Alert) -> Risk:
    """A draft risk of what the alert says, on the asset that its labels name, if there is one."""
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    if alert.risk:
        raise Conflict(f"{alert.risk.reference} was raised from it already. Change that one.")
    asset = find_named_asset(organization, alert.labels)
    alert.risk = create_risk(
        actor=actor,
        organization=organization,
        comment=f"Raised from the alert {alert.name}",
        status="draft",
        title=(alert.summary or alert.name)[:255],
        description=_told(alert),
        assets=[asset] if asset else [],
    )
    alert.save(update_fields=["risk"])
    return alert.risk


@transaction.atomic
def raise_finding(*, actor: User, organization: Organization, alert: Alert) -> Finding:
    """A finding of the tool `alertmanager`; the same alert at another time is the same finding."""
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    if alert.finding:
        raise Conflict("A finding was raised from it already. Change that one.")
    asset = find_named_asset(organization, alert.labels)
    location = alert.labels.get("instance", "")[:1000]
    record_findings(
        actor=actor,
        organization=organization,
        tool=TOOL,
        findings=[
            {
                "rule": alert.name,
                "severity": SEVERITIES.get(alert.severity, Severity.MEDIUM),
                "title": alert.summary or alert.name,
                "description": _told(alert),
                "asset": asset,
                "location": location,
            }
        ],
        covered_assets=None,
        at=alert.starts_at,
    )
    key = compute_fingerprint(tool=TOOL, rule=alert.name, asset=asset, location=location)
    alert.finding = Finding.objects.for_organization(organization).get(fingerprint=key)
    alert.save(update_fields=["finding"])
    return alert.finding


def _told(alert: Alert) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()))
    lines = [alert.description, f"Alert {alert.name} since {alert.starts_at:%Y-%m-%d %H:%M} UTC."]
    return "\n\n".join([*filter(None, lines), f"Labels: {labels}"])


def find_named_asset(organization: Organization, labels: dict[str, str]) -> Asset | None:
    """The asset that a label names by its external id, name, host name or address.

    None where no label names one, or where the first that names any names several.
    """
    assets = Asset.objects.for_organization(organization)
    known = list(assets.values_list("pk", "external_id", "name", "hostnames", "addresses"))
    for label in NAMING_LABELS:
        wanted = {labels.get(label, ""), _host(labels.get(label, ""))} - {""}
        wanted = {text.lower() for text in wanted}
        named = [
            pk
            for pk, external_id, name, *places in known
            if wanted & {text.lower() for text in (external_id, name, *places[0], *places[1])}
        ]
        if named:
            return assets.get(pk=named[0]) if len(named) == 1 else None
    return None


def _host(instance: str) -> str:
    """Of `host:port`, `[::1]:port` or an address, the host."""
    host = instance.partition("://")[2] or instance
    host = host.partition("/")[0]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def heartbeat_silence() -> timedelta | None:
    """For how long monitoring has not been heard; None if it never was."""
    heard = Alert.objects.filter(name=HEARTBEAT).aggregate(last=Max("seen_at"))["last"]
    return timezone.now() - heard if heard else None
