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
# Labels that may name the asset that an alert is about, the most specific first.
ASSET_LABELS = ("asset", "instance", "datname", "connector", "job")


@transaction.atomic
def receive_alerts(alerts: Iterable[dict[str, Any]]) -> int:
    """Store the alerts of a message of Alertmanager, and return their number.

    Each has `fingerprint`, `status`, `labels`, `annotations`, `startsAt` and `endsAt`, as in
    version 4 of its webhook. An alert that is sent again is updated. If one fires again and its end
    was never sent, the earlier one ends when the new one starts.
    """
    now, count = timezone.now(), 0
    for alert in alerts:
        fingerprint, starts_at = alert["fingerprint"], alert["startsAt"]
        labels, annotations = alert["labels"], alert["annotations"]
        _, created = Alert.objects.update_or_create(
            fingerprint=fingerprint,
            starts_at=starts_at,
            defaults={
                "name": labels["alertname"],
                "severity": labels.get("severity", "")[:50],
                "summary": annotations.get("summary", "")[:500],
                "description": annotations.get("description", ""),
                "runbook_url": annotations.get("runbook_url", "")[:1000],
                "dashboard_url": annotations.get("dashboard_url", "")[:1000],
                "labels": labels,
                "ends_at": alert["endsAt"] if alert["status"] == "resolved" else None,
                "seen_at": now,
            },
        )
        if created:
            earlier = Alert.objects.firing().filter(fingerprint=fingerprint)
            earlier.filter(starts_at__lt=starts_at).update(ends_at=starts_at)
        count += 1
    return count


def acknowledge_alert(*, actor: User, alert: Alert) -> Alert:
    """Save who takes care of it. Alertmanager keeps reminding until it is silenced there."""
    if alert.acknowledged_at:
        person = alert.acknowledged_by or "Someone else"
        raise Conflict(f"{person} has already acknowledged this alert.")
    alert.acknowledged_at, alert.acknowledged_by = timezone.now(), actor
    alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
    return alert


@transaction.atomic
def raise_risk(*, actor: User, organization: Organization, alert: Alert) -> Risk:
    """Create a draft risk from the alert, on the asset that its labels name, if there is one."""
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    if alert.risk:
        reference = alert.risk.reference
        raise Conflict(f"The risk {reference} was already raised from this alert. Change that one.")
    asset = find_named_asset(organization, alert.labels)
    alert.risk = create_risk(
        actor=actor,
        organization=organization,
        comment=f"Raised from the alert {alert.name}",
        status="draft",
        title=(alert.summary or alert.name)[:255],
        description=describe_alert(alert),
        assets=[asset] if asset else [],
    )
    alert.save(update_fields=["risk"])
    return alert.risk


@transaction.atomic
def raise_finding(*, actor: User, organization: Organization, alert: Alert) -> Finding:
    """Create a finding of the tool `alertmanager`. The same alert later is the same finding."""
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    if alert.finding:
        raise Conflict("A finding was already raised from this alert. Change that one.")
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
                "description": describe_alert(alert),
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


def describe_alert(alert: Alert) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()))
    start = f"Alert {alert.name} since {alert.starts_at:%Y-%m-%d %H:%M} UTC."
    return "\n\n".join([*filter(None, [alert.description, start]), f"Labels: {labels}"])


def find_named_asset(organization: Organization, labels: dict[str, str]) -> Asset | None:
    """Return the asset that a label names by its external id, name, host name or address.

    None if no label names one, or if the first label that does names several.
    """
    assets = Asset.objects.for_organization(organization)
    columns = ("pk", "external_id", "name", "hostnames", "addresses")
    names = {
        pk: {text.lower() for text in (external_id, name, *hostnames, *addresses)}
        for pk, external_id, name, hostnames, addresses in assets.values_list(*columns)
    }
    for label in ASSET_LABELS:
        value = labels.get(label, "").lower()
        possible = {value, host_of_instance(value)} - {""}
        matches = [pk for pk, texts in names.items() if possible & texts]
        if matches:
            return assets.get(pk=matches[0]) if len(matches) == 1 else None
    return None


def host_of_instance(instance: str) -> str:
    """Return the host of `host:port`, `[::1]:port` or a URL."""
    host = instance.partition("://")[2] or instance
    host = host.partition("/")[0]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def heartbeat_silence() -> timedelta | None:
    """Return the time since the last heartbeat of monitoring, or None if there never was one."""
    last = Alert.objects.filter(name=HEARTBEAT).aggregate(last=Max("seen_at"))["last"]
    return timezone.now() - last if last else None
