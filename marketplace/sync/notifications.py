"""Sends events of the register to the apps that subscribe to them.

Events are read from the ledger of scores, which triggers of the database write, so no change is
missed. Each is sent once per app (`Delivery.event`). The search goes back some minutes, because a
long transaction may commit rows that are dated earlier.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from marketplace.connectors.base import Capability
from marketplace.connectors.items import Event
from marketplace.models import AppState, Delivery, DeliveryStatus, InstalledApp
from marketplace.registry import available_connectors, connector_of
from marketplace.sync.probe import SourceFailed, load_configuration, send_message
from openrisk.links import page_url
from risks.history import recorded
from risks.models import Level, ScoreChange, Status
from risks.services import rows

LOOK_BACK = timedelta(minutes=15)
log = structlog.get_logger(__name__)


def list_notifying_apps() -> list[InstalledApp]:
    slugs = [
        connector.slug
        for connector in available_connectors().values()
        if Capability.NOTIFICATION in connector.capabilities
    ]
    apps = InstalledApp.objects.running().filter(connector__in=slugs)
    return list(apps.select_related("organization"))


def create_deliveries(app: InstalledApp, now: datetime) -> list[Delivery]:
    """Add a delivery for each recent event that this app subscribes to and has not received."""
    InstalledApp.objects.select_for_update().get(pk=app.pk)  # one collector at a time
    since = max(now - LOOK_BACK, app.enabled_at or now)
    known = set(app.deliveries.filter(at__gte=since).values_list("event", flat=True))
    deliveries = [
        Delivery(
            organization=app.organization,
            app=app,
            event=f"{change.pk}.{kind}",
            type=kind,
            at=change.at,
            content=content,
        )
        for change in ledger_rows_since(app, since)
        for kind, content in events_in(change)
        if subscribes_to(app, kind, content)
    ]
    return Delivery.objects.bulk_create(d for d in deliveries if d.event not in known)


def ledger_rows_since(app: InstalledApp, since: datetime) -> Iterator[Any]:
    """Rows of the ledger, each with the level and the status of the row before it."""
    before = ScoreChange.objects.filter(risk=OuterRef("risk"), pk__lt=OuterRef("pk"))
    before = before.order_by("-pk")
    rows_since = ScoreChange.objects.filter(
        organization=app.organization, at__gte=since, deleted=False
    )
    annotated = rows_since.annotate(
        previous_status=Subquery(before.values("status")[:1]),
        previous_level=Subquery(before.values("current_level")[:1]),
    )
    for change in annotated.select_related("risk").order_by("at", "pk"):
        if change.risk is not None:  # it may have been deleted since
            yield change


def events_in(change: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Type and content of each event in a row of the ledger, compared with the row before it."""
    risk = change.risk
    content = {
        "id": str(risk.pk),
        "reference": risk.reference,
        "title": risk.title,
        "level": change.current_level or None,
        "score": change.current_score,
        "status": change.status,
        "previous_level": change.previous_level,
        "previous_status": change.previous_status,
    }
    if change.previous_status is None:
        yield "risk.created", content
        return
    if change.current_level != change.previous_level:
        yield "risk.level_changed", content
    if change.status != change.previous_status:
        is_closed = change.status == Status.CLOSED
        yield ("risk.closed" if is_closed else "risk.status_changed"), content


def subscribes_to(app: InstalledApp, kind: str, content: dict[str, Any]) -> bool:
    events = app.settings.get("events")
    if events and kind not in events:
        return False
    lowest = app.settings.get("minimum_level", Level.LOW.value)
    if lowest == Level.LOW:
        return True
    order = ["", *Level.values]
    levels = (content["level"] or "", content["previous_level"] or "")
    return max(order.index(level) for level in levels) >= order.index(lowest)


def send_delivery(pk: UUID, *, last_attempt: bool = True) -> bool:
    """Send a delivery that is still waiting. Returns whether the receiver accepted it.

    Raises SourceFailed, so that the caller tries again later, unless this is the last attempt.
    """
    delivery = Delivery.objects.select_related("app", "organization").filter(pk=pk).first()
    if delivery is None or delivery.status != DeliveryStatus.WAITING:
        return False
    app = delivery.app
    if app.enabled_at is None:
        return False
    Delivery.objects.filter(pk=pk).update(attempts=F("attempts") + 1)
    try:
        send_message(connector_of(app), build_event(delivery), load_configuration(app))
    except SourceFailed as error:
        log.warning("delivery_failed", app=str(app.pk), error=error.message)
        is_final = last_attempt or error.lasting
        status = DeliveryStatus.FAILED if is_final else DeliveryStatus.WAITING
        Delivery.objects.filter(pk=pk).update(status=status, error=error.message)
        if not is_final:
            raise
        _change_state(app, AppState.ENABLED, AppState.ERROR, error.message)
        return False
    Delivery.objects.filter(pk=pk).update(
        status=DeliveryStatus.DELIVERED, delivered_at=timezone.now(), error=""
    )
    _change_state(app, AppState.ERROR, AppState.ENABLED)
    return True


def build_event(delivery: Delivery) -> Event:
    content = delivery.content
    return Event(
        id=str(delivery.pk),
        type=delivery.type,
        at=delivery.at,
        organization=delivery.organization.slug,
        title=describe_event(delivery.type, content),
        url=page_url("risk-page", delivery.organization.slug, content["reference"]),
        data=content,
        sent_at=timezone.now(),
    )


def describe_event(kind: str, content: dict[str, Any]) -> str:
    risk = f"{content['reference']} {content['title']}"
    level = content["level"] or "not assessed"
    match kind:
        case "risk.created":
            return f"New risk: {risk} ({level})"
        case "risk.level_changed":
            return f"{risk} is {level} now, was {content['previous_level'] or 'not assessed'}"
        case "risk.closed":
            return f"Closed: {risk}"
    return f"{risk} is {Status(content['status']).label.lower()} now"


def _change_state(app: InstalledApp, old: AppState, new: AppState, reason: str = "") -> None:
    with recorded(actor=None):
        app = rows.lock_for_update(app)
        if app.state == old:
            rows.save_fields(app, {"state": new.value, "reason": reason})
