"""The page of the installation: what fires, whether monitoring is heard, and how the parts do."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from monitoring import alerts as inbox
from monitoring.health import health_detail
from monitoring.health.probes import PATIENCE
from monitoring.models import Alert
from monitoring.templatetags.monitoring_formats import format_percent
from openrisk.accounts.members.memberships import membership_in
from openrisk.accounts.models import Organization, User
from openrisk.pages.forms import REFUSALS, refusal_sentence
from openrisk.pages.guards import MemberRequest, superuser_required
from openrisk.pages.submissions import create_once, redirect_to_created

ENDED = 50  # that are shown


@require_safe
@superuser_required
def overview_page(request: MemberRequest) -> HttpResponse:
    alerts = Alert.objects.worth_reading()
    return render(
        request,
        "monitoring/overview.html",
        {
            "firing": alerts.firing(),
            "ended": alerts.filter(ends_at__isnull=False)[:ENDED],
            "heartbeat": _heartbeat(inbox.heartbeat_silence()),
            "parts": _parts(health_detail.collect_health_detail()),
            "organizations": Organization.objects.all(),
        },
    )


def _heartbeat(silence: timedelta | None) -> str:
    """What is wrong with monitoring itself; "" while it is heard."""
    if not settings.ALERTS_TOKEN:
        return (
            "Alertmanager is not connected. Set ALERTS_TOKEN here, and give Alertmanager the same "
            "token."
        )
    if silence is None:
        return "Monitoring has never been heard. Start it, and let Alertmanager post to this place."
    if silence <= inbox.SILENT_AFTER:
        return ""
    minutes = int(silence.total_seconds() // 60)
    return (
        f"Monitoring silent for {minutes} min: no alert would arrive. See whether Prometheus and "
        "Alertmanager run, and whether their token is the one of ALERTS_TOKEN."
    )


def _parts(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Name, tone, state and words of each part."""
    pool, cache, queue = found["pool"], found["cache"], found["queue"]
    failed = [row for row in found["connectors"] if row["outcome"] in ("failed", "quarantined")]
    waits, recent = queue["oldest_seconds"], sum(queue["failed_recently"].values())
    return [
        ("Application", *_application(found)),
        ("Database connections", *_connections(pool)),
        (
            "Cache",
            {"ok": "within", "degraded": "breached"}.get(cache["state"], ""),
            cache["state"],
            "no answers yet"
            if cache["hit_rate"] is None
            else f"{format_percent(cache['hit_rate'])} hits",
        ),
        (
            "Tasks",
            "breached" if waits > 600 or recent else "within",
            f"{queue['tasks']['ready']} waiting",
            (f"the oldest for {waits:.0f} s; " if waits else "") + f"{recent} failed in 15 min",
        ),
        (
            "Connectors",
            "breached" if failed else "within",
            f"{sum(row['apps'] for row in failed)} need a look" if failed else "ok",
            ", ".join(f"{row['connector']}: {row['outcome']}" for row in failed),
        ),
    ]


def _application(found: dict[str, Any]) -> tuple[str, str, str]:
    """Tone, state and words of the readiness. This page has read the database to get here, so a
    database that does not answer in time is slow, not away."""
    faults = {
        part: found[part]
        for part in ("database", "migrations", "triggers")
        if found.get(part) not in ("ok", None)
    }
    if found["status"] == "ready":
        return "within", "ready", ""
    if faults.keys() == {"database"} and found["database"].startswith("It did not answer within"):
        words = f"The database took longer than {PATIENCE:g} seconds to answer. Look again; see "
        return "near", "slow", words + "whether the machine or the database is busy."
    return "breached", found["status"], " ".join(faults.values())


def _connections(pool: dict[str, Any]) -> tuple[str, str, str]:
    state = f"{pool['size']:.0f} open" if pool["size"] is not None else "not counted"
    words = f"{pool['mode']}, at most {pool['demand']} of {pool['budget']} ({pool['profile']})"
    if pool["demand"] > pool["budget"]:
        words += (
            ". That is more than the budget: lower WORKERS or THREADS, or raise DATABASE_BUDGET"
        )
        return "breached" if pool["waiting"] else "near", state, words
    return "breached" if pool["waiting"] else "within", state, words


@require_POST
@superuser_required
@create_once
def alert_step(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Acknowledge, or raise as a draft risk or a finding in the organization that is chosen."""
    alert = Alert.objects.filter(pk=pk).first()
    if alert is None:
        raise Http404
    person = cast(User, request.user)
    membership = membership_in(person, request.POST.get("organization", ""))
    step = request.POST.get("step")
    try:
        if step == "acknowledge":
            inbox.acknowledge_alert(actor=person, alert=alert)
        elif membership is None:
            messages.error(request, "Nothing was saved. Choose the organization to raise it in.")
        elif step == "risk":
            risk = inbox.raise_risk(
                actor=membership.user, organization=membership.organization, alert=alert
            )
            messages.success(request, f"{risk.reference} is a draft in {risk.organization}.")
            return redirect_to_created("risk-page", risk.organization.slug, risk.reference)
        elif step == "finding":
            inbox.raise_finding(
                actor=membership.user, organization=membership.organization, alert=alert
            )
            messages.success(request, f"It is a finding in {membership.organization} now.")
            return redirect_to_created("monitoring")
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    return redirect("monitoring")
