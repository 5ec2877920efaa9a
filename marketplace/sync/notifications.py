"""Events of the register, told to those apps that want to know.

Events are read from the ledger of scores, which the database itself writes: so whatever path a
change came by, it is told. Each is told once (`Delivery.event`), and looked for some minutes back,
because a long transaction may commit what is dated before.
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
from marketplace.registry import available_connectors
from marketplace.sync.probe import SourceFailed, load_configuration, send_message
from openrisk.links import page_url
from risks.history import recorded
from risks.models import Level, ScoreChange, Status
from risks.services import rows

LOOK_BACK = timedelta(minutes=15)
log = structlog.get_logger(__name__)


def list_notifying_apps() -> list[InstalledApp]:
    """The apps that are to tell what happens."""
    slugs = [
        c.slug for c in available_connectors().values() if Capability.NOTIFICATION in c.capabilities
    ]
    return list(
        InstalledApp.objects.running().filter(connector__in=slugs).select_related("organization")
    )


def create_deliveries(app: InstalledApp, now: datetime) -> list[Delivery]:
    """What happened lately and this app has not been told: new rows that wait to be sent."""
    InstalledApp.objects.select_for_update().get(pk=app.pk)  # one collector at a time
    since = max(now - LOOK_BACK, app.enabled_at or now)
    wanted = [
        Delivery(
            organization=app.organization,
            app=app,
            event=f"{change.pk}.{kind}",
            type=kind,
            at=change.at,
            content=content,
        )
        for change in _changes(app, since)
        for kind, content in _told(change)
        if _wants(app, kind, content)
    ]
    told = set(app.deliveries.filter(at__gte=since).values_list("event", flat=True))
    return Delivery.objects.bulk_create(d for d in wanted if d.event not in told)


def _changes(app: InstalledApp, since: datetime) -> Iterator[Any]:
    """The rows of the ledger, each with the level and the status of the row before."""
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
        if change.risk is not None:  # it may be deleted by now
            yield change


def _told(change: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events in one row of the ledger, compared with the row before."""
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
        closed = change.status == Status.CLOSED
        yield ("risk.closed" if closed else "risk.status_changed"), content


def _wants(app: InstalledApp, kind: str, content: dict[str, Any]) -> bool:
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
    """Send one delivery unless that is done; whether it was taken.

    Raises SourceFailed for the caller to try again later, unless this is the last attempt.
    """
    delivery = Delivery.objects.select_related("app", "organization").filter(pk=pk).first()
    if delivery is None or delivery.status != DeliveryStatus.WAITING:
        return False
    app = delivery.app
    if app.enabled_at is None:
        return False
    Delivery.objects.filter(pk=pk).update(attempts=F("attempts") + 1)
    try:
        send_message(
            available_connectors()[app.connector], build_event(delivery), load_configuration(app)
        )
    except SourceFailed as error:
        _refused(delivery, error, last=last_attempt or error.lasting)
        if not (last_attempt or error.lasting):
            raise
        return False
    Delivery.objects.filter(pk=pk).update(
        status=DeliveryStatus.DELIVERED, delivered_at=timezone.now(), error=""
    )
    _set_state(app, AppState.ENABLED, "", only=AppState.ERROR)
    return True


def build_event(delivery: Delivery) -> Event:
    content = delivery.content
    return Event(
        id=str(delivery.pk),
        type=delivery.type,
        at=delivery.at,
        organization=delivery.organization.slug,
        title=_sentence(delivery.type, content),
        url=page_url("risk-page", delivery.organization.slug, content["reference"]),
        data=content,
        sent_at=timezone.now(),
    )


def _sentence(kind: str, content: dict[str, Any]) -> str:
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


def _refused(delivery: Delivery, error: SourceFailed, *, last: bool) -> None:
    log.warning("delivery_failed", app=str(delivery.app_id), error=error.message)
    status = DeliveryStatus.FAILED if last else DeliveryStatus.WAITING
    Delivery.objects.filter(pk=delivery.pk).update(status=status, error=error.message)
    if last:
        _set_state(delivery.app, AppState.ERROR, error.message, only=AppState.ENABLED)


def _set_state(app: InstalledApp, state: AppState, reason: str, *, only: AppState) -> None:
    with recorded(actor=None):
        app = rows.lock_for_update(app)
        if app.state == only:
            rows.save_fields(app, {"state": state.value, "reason": reason})
