"""The kind that moves risks to another status, by the same machine as a single move."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from openrisk.accounts.models import Role
from risks import states
from risks.models import Risk, Status
from risks.services.bulk_changes.columns import ColumnKind
from risks.services.bulk_changes.plan import PlannedRow, SelectedRow
from risks.services.rows import field_error

GUARDED = ("inherent_likelihood", "inherent_impact", "derived_ratings")


class StatusKind(ColumnKind):
    column = "status"

    def needed_role(self, value: Any) -> Role:
        return states.REQUIRED_ROLE.get(str(value), Role.ANALYST)

    def clean(self, value: Any) -> Any:
        if value not in Status.values:
            raise field_error("value", _("Choose one of the statuses."))
        return str(value)

    def label(self, value: Any) -> str:
        return str(Status(value).label) if value else ""

    def plan(self, risks: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        movable = [risk for risk in risks if value in states.TRANSITIONS[risk.value]]
        reasons = guard_reasons({risk.pk: value for risk in movable})
        return [
            PlannedRow(risk, risk.value, value, reasons.get(risk.pk) or refuse_move(risk, value))
            for risk in risks
        ]

    def warnings(self, rows: Sequence[PlannedRow], value: Any) -> list[str]:
        return [states.WARNINGS[value]] if value in states.WARNINGS else []

    def reasons_to_keep(self, values: Mapping[UUID, Any]) -> dict[UUID, str]:
        """Return the reasons of the guards of the former statuses, as they are now."""
        return guard_reasons(values)


def refuse_move(risk: SelectedRow, to: str) -> str:
    """Return why the machine has no such move; "" where it has, or where nothing changes."""
    allowed = states.TRANSITIONS[risk.value]
    if to in allowed or to == risk.value:
        return ""
    return _("Cannot move from %(status)s to %(to)s. Allowed: %(allowed)s.") % {
        "status": Status(risk.value).label,
        "to": Status(to).label,
        "allowed": ", ".join(str(Status(status).label) for status in allowed),
    }


def guard_reasons(statuses: Mapping[UUID, str]) -> dict[UUID, str]:
    """Return the reason against the new status of each risk; those without one are left out.

    A reason that names a mitigation is given in general words, so that equal ones are counted.
    """
    guarded = [pk for pk, status in statuses.items() if status in states.GUARDS]
    if not guarded:
        return {}
    looks_at_plans = {statuses[pk] for pk in guarded} != {"assessed"}
    facts = states.GuardFacts(guarded if looks_at_plans else [])
    risks = Risk.objects.filter(pk__in=guarded).only("pk", *GUARDED)
    reasons: dict[UUID, str] = {}
    for risk in risks:
        status = statuses[risk.pk]
        if found := states.guard_reasons(status, facts.context_of(risk)):
            is_open = status == Status.MITIGATED and found != [states.NO_MITIGATION]
            reasons[risk.pk] = _("Actions of its mitigations are open") if is_open else found[0]
    return reasons
