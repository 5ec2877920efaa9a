"""Mitigations and their actions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict, StaleVersion
from risks import states
from risks.history import recorded
from risks.models import (
    ActionDependency,
    Mitigation,
    MitigationAction,
    MitigationStatus,
    Risk,
    ValidationResult,
)
from risks.models.base import format_reference
from risks.services import rows
from risks.services.transitions import require_person
from risks.text import clean_text

NO_VALIDATION = {
    "validation": "",
    "validated_by": None,
    "validated_at": None,
    "validation_reason": "",
}
NOT_IMPLEMENTED = {"implemented_by": None, "implemented_at": None}
TRANSITIONS: dict[str, tuple[str, ...]] = {
    "planned": ("in_progress", "cancelled"),
    "in_progress": ("review", "planned", "cancelled"),
    "review": ("done", "in_progress", "cancelled"),
    "done": ("in_progress",),
    "cancelled": ("planned",),
}


@dataclass(frozen=True)
class MitigationStep:
    """One move from the status of a mitigation, with the reasons against it."""

    to: str
    reasons: list[str]

    @property
    def label(self) -> str:
        return str(MitigationStatus(self.to).label)


def list_steps(mitigation: Mitigation, actor: User) -> list[MitigationStep]:
    """Return every move from here; needs `with_progress`."""
    steps = []
    for to in TRANSITIONS[mitigation.status]:
        reasons = []
        if to == MitigationStatus.DONE:
            reasons = [
                reason_not_to_validate(mitigation, actor),
                states.describe_open_actions(mitigation),
            ]
        steps.append(MitigationStep(to, list(filter(None, reasons))))
    return steps


def create_mitigation(
    *,
    actor: User | None,
    organization: Organization,
    risk: Risk,
    actions: Iterable[str] = (),
    **fields: Any,
) -> Mitigation:
    """Create a planned mitigation with the next reference. `actions` are titles, in order."""
    check_no_status(fields)
    check_cost(fields)
    check_dates(fields.get("start_date"), fields.get("due_date"))
    with recorded(actor=actor):
        number = rows.allocate_numbers(organization, "M")
        mitigation = rows.create(
            Mitigation,
            actor=actor,
            organization=organization,
            risk=risk,
            number=number,
            reference=format_reference("M", number),
            **fields,
        )
        for title in actions:
            create_action(actor=actor, mitigation=mitigation, title=title)
    return mitigation


def update_mitigation(
    *, actor: User | None, instance: Mitigation, version: int | None = None, **fields: Any
) -> Mitigation:
    """Change fields. The status changes by `set_status` only."""
    check_no_status(fields)
    check_cost(
        {
            "cost": fields.get("cost", instance.cost),
            "currency": fields.get("currency", instance.currency),
        }
    )
    if not fields.keys().isdisjoint(("start_date", "due_date")):
        check_dates(
            fields.get("start_date", instance.start_date), fields.get("due_date", instance.due_date)
        )
    return rows.update(actor=actor, instance=instance, version=version, **fields)


def check_no_status(fields: dict[str, Any]) -> None:
    """Raise where `fields` would change the status without a transition."""
    if "status" in fields:
        raise rows.field_error("status", _("Use a transition to change the status."))


def check_dates(start: date | None, due: date | None) -> None:
    """Raise where a mitigation would be due before it starts."""
    if start is not None and due is not None and due < start:
        raise rows.field_error("due_date", _("This is before the start. Choose a later day."))


def check_cost(fields: dict[str, Any]) -> None:
    """Raise where a cost has no currency, or the currency is not a code."""
    currency = fields.get("currency") or ""
    if fields.get("cost") is not None and not currency:
        raise rows.field_error("currency", _("A cost needs a currency (ISO 4217, e.g. EUR)."))
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise rows.field_error("currency", _("Write three capital letters (ISO 4217, e.g. EUR)."))


def set_status(
    *,
    actor: User | None,
    mitigation: Mitigation,
    to: str,
    comment: str = "",
    version: int | None = None,
) -> Mitigation:
    """Move a mitigation. Moving it to done says that it was found effective (`check_validator`)."""
    with recorded(actor=actor, comment=comment):
        mitigation = rows.lock_for_update(mitigation, version)
        if to not in TRANSITIONS[mitigation.status]:
            allowed = ", ".join(TRANSITIONS[mitigation.status])
            raise Conflict(
                _("Cannot move from %(status)s to %(to)s. Allowed: %(allowed)s.")
                % {"status": mitigation.status, "to": to, "allowed": allowed}
            )
        if to == MitigationStatus.DONE:
            check_validator(mitigation, actor)
            check_no_open_actions(mitigation)
            fields = validation_fields(ValidationResult.EFFECTIVE, actor, comment)
        elif to == MitigationStatus.REVIEW:
            fields = {
                **NO_VALIDATION,
                "implemented_by": actor,
                "implemented_at": timezone.now(),
            }
        elif mitigation.status in (MitigationStatus.REVIEW, MitigationStatus.DONE):
            fields = {**NO_VALIDATION, **NOT_IMPLEMENTED}
        else:
            fields = {}
        rows.save_fields(mitigation, {"status": to, **fields})
    return mitigation


def validate_mitigation(
    *,
    actor: User | None,
    mitigation: Mitigation,
    effective: bool,
    comment: str = "",
    version: int | None = None,
) -> Mitigation:
    """Say whether a mitigation in review is effective: then it is done, else in progress again.

    For someone other than its owner and than the person who reported it implemented. "Not
    effective" needs a reason.
    """
    if effective:
        return set_status(
            actor=actor,
            mitigation=mitigation,
            to=MitigationStatus.DONE,
            comment=comment,
            version=version,
        )
    with recorded(actor=actor, comment=comment):
        mitigation = rows.lock_for_update(mitigation, version)
        if mitigation.status != MitigationStatus.REVIEW:
            label = mitigation.get_status_display().lower()
            raise Conflict(
                _("%(reference)s is %(label)s. Only one in review is validated.")
                % {"reference": mitigation.reference, "label": label}
            )
        check_validator(mitigation, actor)
        if not clean_text(comment):
            raise rows.field_error("comment", _("Explain why it is not effective."))
        rows.save_fields(
            mitigation,
            {
                "status": MitigationStatus.IN_PROGRESS,
                **validation_fields(ValidationResult.NOT_EFFECTIVE, actor, comment),
            },
        )
    return mitigation


def validation_fields(result: ValidationResult, actor: User | None, reason: str) -> dict[str, Any]:
    """Return who validated a mitigation, when and with which result."""
    return {
        "validation": result,
        "validated_by": actor,
        "validated_at": timezone.now(),
        "validation_reason": reason,
    }


def check_validator(mitigation: Mitigation, actor: User | None) -> None:
    """Raise where the person owns the mitigation or reported it implemented, or is a service."""
    for person in (actor, mitigation.owner, mitigation.implemented_by):
        require_person(person)
    if reason := reason_not_to_validate(mitigation, actor):
        raise Conflict(reason)


def reason_not_to_validate(mitigation: Mitigation, actor: User | None) -> str:
    """Return why the person cannot validate this mitigation, or ""."""
    if actor is None:
        return ""
    if mitigation.owner_id == actor.pk:
        return _("Four eyes: someone other than the owner validates a mitigation.")
    if mitigation.implemented_by_id == actor.pk:
        return _(
            "Four eyes: someone other than the person who reported it implemented validates it."
        )
    return ""


def check_no_open_actions(mitigation: Mitigation) -> None:
    """Raise where an action is open."""
    counted = Mitigation.objects.with_progress().get(pk=mitigation.pk)
    if reason := states.describe_open_actions(counted):
        raise Conflict(_("%(reason)s. Finish or remove them first.") % {"reason": reason})


def create_action(
    *,
    actor: User | None,
    mitigation: Mitigation,
    depends_on: Iterable[MitigationAction] = (),
    **fields: Any,
) -> MitigationAction:
    """Create an action, by default the last one."""
    with recorded(actor=actor):
        mitigation = rows.lock_for_update(mitigation)
        action = rows.create(
            MitigationAction,
            actor=actor,
            organization=mitigation.organization,
            mitigation=mitigation,
            **{"order": mitigation.actions.count() + 1, **fields},
        )
        set_dependencies(action, depends_on)
    return action


def update_action(
    *,
    actor: User | None,
    instance: MitigationAction,
    version: int | None = None,
    depends_on: Iterable[MitigationAction] | None = None,
    done: bool | None = None,
    **fields: Any,
) -> MitigationAction:
    """Change an action; `done` completes or reopens it."""
    with recorded(actor=actor):
        rows.lock_for_update(instance.mitigation)  # dependencies are of the whole mitigation
        action = rows.lock_for_update(instance, version)
        if depends_on is not None:
            set_dependencies(action, depends_on)
        done = action.done if done is None else done
        if done != action.done or (done and depends_on is not None):
            check_order(action, done=done)
        if done != action.done:
            fields |= {
                "done_at": timezone.now() if done else None,
                "done_by": actor if done else None,
            }
        rows.save_fields(action, fields)
    return action


def check_order(action: MitigationAction, *, done: bool) -> None:
    """Raise where the action would be done before one it depends on, or open after a later one."""
    if done:
        waiting = action.depends_on.filter(done_at__isnull=True)
        reasons = [f'"{other.title}" is open and must be done first.' for other in waiting]
    else:
        ahead = action.dependents.filter(done_at__isnull=False)
        reasons = [f'"{other.title}" is done and depends on this one.' for other in ahead]
    if reasons:
        raise Conflict(*reasons)


def move_action(
    *, actor: User | None, action: MitigationAction, up: bool, version: int | None = None
) -> MitigationAction:
    """Let the action and the one before or after it change places; nothing at either end."""
    with recorded(actor=actor):
        mitigation = rows.lock_for_update(action.mitigation)
        action = rows.lock_for_update(action, version)
        ordered = list(mitigation.actions.order_by("order", "id"))
        position = ordered.index(action)
        target = max(0, position - 1) if up else position + 1
        ordered.insert(target, ordered.pop(position))
        save_order(ordered)
    return action


def order_actions(
    *, actor: User | None, mitigation: Mitigation, order: Sequence[UUID]
) -> Mitigation:
    """Put the actions into this order; StaleVersion where it does not name each of them once."""
    with recorded(actor=actor):
        mitigation = rows.lock_for_update(mitigation)
        actions = {action.pk: action for action in mitigation.actions.select_for_update()}
        if set(order) != actions.keys() or len(order) != len(actions):
            raise StaleVersion
        save_order([actions[pk] for pk in order])
    return mitigation


def save_order(actions: Iterable[MitigationAction]) -> None:
    """Number the actions from 1, and save those whose number changes."""
    for number, action in enumerate(actions, 1):
        if action.order != number:
            rows.save_fields(action, {"order": number})


def set_dependencies(action: MitigationAction, others: Iterable[MitigationAction]) -> None:
    """Let the action depend on these others only; no cycles, and no other mitigation's actions."""
    chosen: dict[UUID, MitigationAction] = {other.pk: other for other in others}
    if any(other.mitigation_id != action.mitigation_id for other in chosen.values()):
        raise rows.field_error(
            "depends_on", _("Actions depend on actions of the same mitigation only.")
        )
    dependencies = {**read_dependencies(action.mitigation_id), action.pk: set(chosen)}
    if is_reachable(dependencies, set(chosen), action.pk):
        raise rows.field_error(
            "depends_on", _("This would be a cycle: the action would wait for itself.")
        )
    links = ActionDependency.objects.filter(action=action)
    links.exclude(depends_on__in=chosen).delete()
    present = set(links.values_list("depends_on", flat=True))
    ActionDependency.objects.bulk_create(
        ActionDependency(organization_id=action.organization_id, action=action, depends_on=other)
        for pk, other in chosen.items()
        if pk not in present
    )


def read_dependencies(mitigation_id: UUID) -> dict[UUID, set[UUID]]:
    """Return the actions that each action of a mitigation depends on."""
    dependencies: dict[UUID, set[UUID]] = {}
    links = ActionDependency.objects.filter(action__mitigation=mitigation_id)
    for action, depends_on in links.values_list("action", "depends_on"):
        dependencies.setdefault(action, set()).add(depends_on)
    return dependencies


def is_reachable(dependencies: dict[UUID, set[UUID]], start: set[UUID], goal: UUID) -> bool:
    """Return whether following the dependencies from `start` leads to `goal`."""
    seen: set[UUID] = set()
    pending = list(start)
    while pending:
        action = pending.pop()
        if action == goal:
            return True
        if action not in seen:
            seen.add(action)
            pending += dependencies.get(action, ())
    return False
