"""The page of the installation: firing alerts, the heartbeat of monitoring, and health."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from monitoring import alerts
from monitoring.health import health_detail
from monitoring.health.probes import DATABASE_TIMEOUT
from monitoring.models import Alert
from monitoring.templatetags.monitoring_formats import format_percent
from openrisk.accounts.members.memberships import membership_in
from openrisk.accounts.models import Organization, User
from openrisk.pages.forms import REFUSALS, refusal_sentence
from openrisk.pages.guards import MemberRequest, superuser_required
from openrisk.pages.submissions import create_once, redirect_to_created

MOST_ENDED = 50  # alerts
LONG_WAIT = 600  # seconds, of the oldest task


@require_safe
@superuser_required
def overview_page(request: MemberRequest) -> HttpResponse:
    listed = Alert.objects.for_people()
    return render(
        request,
        "monitoring/overview.html",
        {
            "firing": listed.firing(),
            "ended": listed.filter(ends_at__isnull=False)[:MOST_ENDED],
            "heartbeat": heartbeat_problem(alerts.heartbeat_silence()),
            "parts": describe_parts(health_detail.collect_health_detail()),
            "organizations": Organization.objects.all(),
        },
    )


def heartbeat_problem(silence: timedelta | None) -> str:
    """Return what is wrong with monitoring itself, or an empty string."""
    if not settings.ALERTS_TOKEN:
        return (
            "Alertmanager is not connected. Set ALERTS_TOKEN here, and give Alertmanager the same "
            "token."
        )
    if silence is None:
        return (
            "Monitoring has never reported. Start it, and let Alertmanager post to this "
            "installation."
        )
    if silence <= alerts.SILENT_AFTER:
        return ""
    minutes = int(silence.total_seconds() // 60)
    return (
        f"Monitoring silent for {minutes} min: no alert would arrive. Check that Prometheus and "
        "Alertmanager run, and that their token is that of ALERTS_TOKEN."
    )


def describe_parts(health: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return name, tone, state and details of each part."""
    cache, queue = health["cache"], health["queue"]
    hits = cache["hit_rate"]
    waits, failures = queue["oldest_seconds"], sum(queue["failed_recently"].values())
    failed = [row for row in health["connectors"] if row["outcome"] in ("failed", "quarantined")]
    return [
        ("Application", *describe_application(health)),
        ("Database connections", *describe_connections(health["pool"])),
        (
            "Cache",
            {"ok": "within", "degraded": "breached"}.get(cache["state"], ""),
            cache["state"],
            "no answers yet" if hits is None else f"{format_percent(hits)} hits",
        ),
        (
            "Tasks",
            "breached" if waits > LONG_WAIT or failures else "within",
            f"{queue['tasks']['ready']} waiting",
            (f"the oldest for {waits:.0f} s; " if waits else "") + f"{failures} failed in 15 min",
        ),
        (
            "Connectors",
            "breached" if failed else "within",
            f"{sum(row['apps'] for row in failed)} need attention" if failed else "ok",
            ", ".join(f"{row['connector']}: {row['outcome']}" for row in failed),
        ),
    ]


def describe_application(health: dict[str, Any]) -> tuple[str, str, str]:
    """Return tone, state and details of the readiness.

    This page has read the database to get here: if it did not answer in time, it is slow, not gone.
    """
    if health["status"] == "ready":
        return "within", "ready", ""
    problems = {
        part: health[part]
        for part in ("database", "migrations", "triggers")
        if health.get(part) not in ("ok", None)
    }
    timed_out = problems.get("database", "").startswith("It did not answer within")
    if timed_out and len(problems) == 1:
        details = (
            f"The database took longer than {DATABASE_TIMEOUT:g} seconds to answer. Look again, "
            "and check whether the machine or the database is busy."
        )
        return "near", "slow", details
    return "breached", health["status"], " ".join(problems.values())


def describe_connections(pool: dict[str, Any]) -> tuple[str, str, str]:
    """Return tone, state and details of the connections to the database."""
    state = "not counted" if pool["size"] is None else f"{pool['size']:.0f} open"
    details = f"{pool['mode']}, at most {pool['demand']} of {pool['budget']} ({pool['profile']})"
    tone = "within"
    if pool["demand"] > pool["budget"]:
        tone = "near"
        details += (
            ". That is more than the budget: lower WORKERS or THREADS, or raise DATABASE_BUDGET"
        )
    return "breached" if pool["waiting"] else tone, state, details


@require_POST
@superuser_required
@create_once
def alert_step(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Acknowledge an alert, or raise it as a draft risk or a finding in a chosen organization."""
    alert = get_object_or_404(Alert, pk=pk)
    person = cast(User, request.user)
    membership = membership_in(person, request.POST.get("organization", ""))
    step = request.POST.get("step")
    try:
        if step == "acknowledge":
            alerts.acknowledge_alert(actor=person, alert=alert)
        elif membership is None:
            messages.error(request, _("Nothing was saved. Choose the organization to raise it in."))
        elif step == "risk":
            risk = alerts.raise_risk(
                actor=membership.user, organization=membership.organization, alert=alert
            )
            messages.success(
                request,
                _("%(reference)s is now a draft in %(organization)s.")
                % {"reference": risk.reference, "organization": risk.organization},
            )
            return redirect_to_created("risk-page", risk.organization.slug, risk.reference)
        elif step == "finding":
            alerts.raise_finding(
                actor=membership.user, organization=membership.organization, alert=alert
            )
            messages.success(
                request,
                _("It is now a finding in %(organization)s.")
                % {"organization": membership.organization},
            )
            return redirect_to_created("monitoring")
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    return redirect("monitoring")
