"""Kinds that change the owner of controls, their status, and the statuses that a file states."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openrisk.accounts.models import User
from risks.models import ControlStatus
from risks.services.bulk_changes.columns import ColumnKind, PersonKind
from risks.services.bulk_changes.plan import PlannedRow, SelectedRow
from risks.services.bulk_changes.subjects import CONTROLS, parse_id
from risks.services.rows import field_error


class ControlOwnerKind(PersonKind):
    subject = CONTROLS
    column = "owner_id"


class ControlStatusKind(ColumnKind):
    subject = CONTROLS
    column = "status"

    def clean(self, value: Any) -> Any:
        if value not in ControlStatus.values:
            raise field_error("value", _("Choose one of the statuses."))
        return str(value)

    def label(self, value: Any) -> str:
        return str(ControlStatus(value).label)


class StatementKind(ControlStatusKind):
    """Each control gets the status that a file states for it; the value has them by id."""

    def clean(self, value: Any) -> Any:
        if not isinstance(value, dict) or not value:
            raise field_error("value", _("Give a status for at least one control."))
        if not all(parse_id(key) for key in value):
            raise field_error("value", _("Give the statuses by the ids of controls."))
        return {parse_id(key): super(StatementKind, self).clean(v) for key, v in value.items()}

    def label(self, value: Any) -> str:
        if not isinstance(value, dict):
            return super().label(value)
        text = ngettext("%(count)s status", "%(count)s statuses", len(value))
        return text % {"count": f"{len(value):,}"}

    def plan(self, selected: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        return [PlannedRow(row, row.value, value.get(str(row.pk), row.value)) for row in selected]

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        by_status: dict[str, list[UUID]] = defaultdict(list)
        for row in rows:
            by_status[row.after].append(row.target.pk)
        for status, ids in by_status.items():
            self.write_value(ids, status)
