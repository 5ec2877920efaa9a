"""Kinds for findings: decide about them, open them again, and give them a risk."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from openrisk.accounts.models import User
from risks.models import BulkChange, Finding, FindingState, Risk
from risks.services.bulk_changes.columns import RowKind
from risks.services.bulk_changes.plan import PlannedRow, SelectedRow
from risks.services.bulk_changes.rules import BulkRules
from risks.services.bulk_changes.subjects import FINDINGS
from risks.services.findings import NO_DECISION
from risks.services.matrix import matrix_of
from risks.services.rows import field_error
from risks.services.triage import decisions, risks_of_findings
from risks.text import clean_text

NEW_RISK = "new"  # of a preview: the risk does not exist yet


class StateKind(BulkRules):
    """Gives findings a state. A value is [state, reason, person, time, last day]."""

    subject = FINDINGS
    state: ClassVar[str]
    columns = ("state", *NO_DECISION)

    def to_json(self, *values: Any) -> Any:
        state, reason, person, at, until = values
        return [
            state,
            reason,
            str(person) if person else None,
            at.astimezone(UTC).isoformat() if at else None,
            until.isoformat() if until else None,
        ]

    def new_value(self, value: Any) -> list[Any]:
        """Return what the findings are to have."""
        raise NotImplementedError

    def plan(self, selected: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        after = self.new_value(value)
        return [
            PlannedRow(
                row,
                row.value,
                row.value if essentials(row.value) == essentials(after) else after,
                decisions.reason_not_to(self.state, row.value[0]),
            )
            for row in selected
        ]

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        self.restore({row.target.pk: row.after for row in rows})

    def restore(self, values: Mapping[UUID, Any]) -> None:
        by_value: dict[tuple[Any, ...], list[UUID]] = defaultdict(list)
        for pk, stored in values.items():
            by_value[tuple(stored)].append(pk)
        for (state, reason, person, at, until), ids in by_value.items():
            Finding.objects.filter(pk__in=ids).update(
                state=state,
                decision_reason=reason,
                decided_by=person,
                decided_at=datetime.fromisoformat(at) if at else None,
                decided_until=date.fromisoformat(until) if until else None,
                version=F("version") + 1,
                updated_at=timezone.now(),
            )

    def reasons_to_keep(self, values: Mapping[UUID, Any]) -> dict[UUID, str]:
        """Return a reason for each finding whose former decision has ended meanwhile."""
        today = timezone.now().date().isoformat()
        ended = _("Its former decision has ended.")
        return {pk: ended for pk, stored in values.items() if stored[4] and stored[4] < today}


def essentials(value: Sequence[Any]) -> tuple[Any, ...]:
    """Return state, reason and last day of a value: with equal ones there is nothing to change."""
    return value[0], value[1], value[4]


def state_in_words(value: Sequence[Any]) -> str:
    """Return "Accepted until 31 Mar 2027"."""
    label = str(FindingState(value[0]).label)
    if not value[4]:
        return label
    day = date_format(date.fromisoformat(value[4]))
    return _("%(state)s until %(day)s") % {"state": label, "day": day}


class DecideKind(StateKind):
    """The value is the last day, as ISO 8601, or None; the comment is the reason."""

    needs_comment = True

    def clean(self, value: Any) -> Any:
        until = value if isinstance(value, date) else parse_day(value)
        decisions.check_end(self.state, until, field="value")
        return until.isoformat() if until else None

    def label(self, value: Any) -> str:
        if isinstance(value, list):
            return state_in_words(value)
        if not value:
            return _("For good")
        return _("Until %(day)s") % {"day": date_format(date.fromisoformat(value))}

    def new_value(self, value: Any) -> list[Any]:
        assert self.change is not None  # noqa: S101  plans are of changes
        at, actor = self.change.applied_at, self.change.actor_id
        return self.to_json(
            self.state,
            self.change.comment,
            actor,
            at,
            date.fromisoformat(value) if value else None,
        )


def parse_day(value: Any) -> date | None:
    """Return the day that a text names; raise where it names none."""
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise field_error("value", _("Enter a day, for example 2027-03-31.")) from None


class AcceptKind(DecideKind):
    state = FindingState.ACCEPTED.value


class FalsePositiveKind(DecideKind):
    state = FindingState.FALSE_POSITIVE.value


class ReopenKind(StateKind):
    state = FindingState.OPEN.value
    takes_value = False

    def label(self, value: Any) -> str:
        return state_in_words(value) if value else ""

    def new_value(self, value: Any) -> list[Any]:
        return [self.state, "", None, None, None]


class AttachKind(RowKind):
    """Attaches findings to a risk; those of another risk are refused."""

    subject = FINDINGS
    column = "risk_id"

    def offered(self) -> QuerySet[Any]:
        return Risk.objects.for_organization(self.organization)

    def unknown(self) -> str:
        return _("Choose a risk of this organization.")

    def clean(self, value: Any) -> Any:
        key = super().clean(value)
        if key is None:
            raise field_error("value", self.unknown())
        return key

    def plan(self, selected: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        attached = risks_of_findings.attached_already()
        return [
            PlannedRow(row, row.value, value, attached if row.value and row.value != value else "")
            for row in selected
        ]


class MakeRiskKind(AttachKind):
    """Makes one risk of findings. The value has its title, description and rating, and its id
    in `risk` once the change was begun."""

    def clean(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise field_error("value", _("Give the title, likelihood and impact of the risk."))
        title = clean_text(str(value.get("title") or ""))
        if not title or len(title) > 255:
            raise field_error("value", _("Give the risk a title of at most 255 characters."))
        factors = {name: value.get(name) for name in ("likelihood", "impact")}
        matrix = matrix_of(self.organization)
        for name, factor in factors.items():
            if type(factor) is not int or factor not in matrix.ratings(name):
                raise field_error("value", matrix.describe_scale(name))
        return {
            "title": title,
            "description": str(value.get("description") or ""),
            **factors,
        }

    def label(self, value: Any) -> str:
        return value["title"] if isinstance(value, Mapping) else super().label(value)

    def labels(self, values: Sequence[Any]) -> list[str]:
        existing = iter(super().labels([value for value in values if value != NEW_RISK]))
        return [_("The new risk") if value == NEW_RISK else next(existing) for value in values]

    def plan(self, selected: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        return super().plan(selected, value.get("risk", NEW_RISK))

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        self.write_value([row.target.pk for row in rows], value["risk"])

    def begin(self, change: BulkChange) -> Any:
        """Create the risk, and return the value with its id."""
        value: dict[str, Any] = dict(change.value or {})
        findings = FINDINGS.with_keys(self.organization, change.selection[FINDINGS.keys_name])
        risk = risks_of_findings.create_risk_of(
            actor=change.actor,
            organization=self.organization,
            findings=findings.filter(risk=None),
            fields=value,
        )
        return {**value, "risk": str(risk.pk)}

    def end(self, change: BulkChange, *, undone: bool) -> None:
        """Confirm the proposal of the findings by the risk; or remove the risk, where it is as it
        was made and has nothing left."""
        value: dict[str, Any] = dict(change.value or {})
        risk = Risk.objects.select_related("organization").filter(pk=value["risk"]).first()
        if risk is None:
            return
        if undone:
            risks_of_findings.unmake_risk(risk)
        else:
            risks_of_findings.confirm_proposal_by(change.actor, risk)
