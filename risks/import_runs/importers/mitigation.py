"""Treatment plans of a register as mitigations: one for each action of a risk and source."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.context import BATCH, in_batches
from risks.import_runs.importers.base import ModelImporter
from risks.import_runs.provenance import provenance_of
from risks.models import Level, Mitigation, MitigationAction, MitigationStatus, Risk, RowAction
from risks.models.base import format_reference
from risks.services import rows
from risks.text import clean_text

_WRITTEN = ("title", "description", "due_date", "status", "version", "updated_at")
_READ = (
    *("id", "title", "description", "due_date", "status", "priority", "owner__email"),
    *("cost", "currency", "effectiveness"),
)


RISK = Risk._meta.label_lower
_ALIKE = 0.6  # of the text of a plan that is taken for the same one, edited


class KnownPlan(NamedTuple):
    """A mitigation that the source gave before, with its text then."""

    pk: UUID
    identity: str
    text: str


class MitigationImporter(ModelImporter):
    """Matched by what the source gave before.

    The identity of a risk's first plan is that of the risk; further ones name it in `risk`.
    """

    model = Mitigation

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        given = provenance_of(self.context.run).filter(model=self.model_label())
        known = {
            pk: (identity, fields)
            for identity, pk, fields in given.values_list("identity", "object_id", "fields")
        }
        of_risk: dict[UUID, list[KnownPlan]] = {}
        for batch in in_batches(known):
            plans = self.queryset().filter(pk__in=batch).order_by("number")
            for pk, risk in plans.values_list("pk", "risk_id"):
                identity, fields = known[pk]
                text = fields.get("description", {}).get("value") or ""
                of_risk.setdefault(risk, []).append(KnownPlan(pk, identity, text))
        by_risk: dict[UUID, list[SourceRecord]] = {}
        for record in records:
            if risk_id := self.context.object_ids.get((RISK, risk_of(record))):
                by_risk.setdefault(risk_id, []).append(record)
        matches: dict[str, UUID] = {}
        for risk, plans_of_risk in by_risk.items():
            if risk in of_risk:
                matches |= match_plans(plans_of_risk, of_risk[risk])
        return matches

    def normalize(self, record: SourceRecord) -> Values:
        return {name: value for name, value in record.values.items() if name != "risk"}

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        values: dict[UUID, Values] = {}
        for batch in self.existing_in_batches(ids):
            for row in self.queryset().filter(pk__in=batch).values(*_READ):
                pk = row.pop("id")
                values[pk] = {
                    name.removesuffix("__email"): to_json(value) for name, value in row.items()
                }
        return values

    def validate(self, changes: Sequence[PlannedChange]) -> None:
        """Refuse the plan of a risk that is refused, and keep the status of a plan that exists.

        A plan moves on here, where a second person validates it.
        """
        for change in changes:
            if (RISK, risk_of(change.record)) in self.context.failed:
                change.add_error("The risk of this row has errors. Correct them first.")
            elif change.current is not None and "status" in change.changes:
                status = change.current["status"]
                if change.changes["status"][1] == MitigationStatus.DONE:
                    label = str(MitigationStatus(status).label).lower()
                    change.notes.append(
                        f"The plan stays {label}, not done: someone other than its owner validates "
                        "it here."
                    )
                change.set_outcome("status", status, status)
            if change.action != RowAction.ERROR:
                self.check_text_lengths(change)

    def create(self, changes: Sequence[PlannedChange]) -> None:
        number = rows.allocate_numbers(self.context.organization, "M", len(changes))
        mitigations = []
        for offset, change in enumerate(changes):
            mitigation = Mitigation(
                pk=change.object_id,
                organization=self.context.organization,
                number=number + offset,
                reference=format_reference("M", number + offset),
                risk_id=self.context.object_ids[RISK, risk_of(change.record)],
            )
            assign_values(mitigation, change.new_values)
            mitigations.append(mitigation)
        Mitigation.objects.bulk_create(mitigations, batch_size=BATCH)

    def update(self, values: dict[UUID, Values]) -> None:
        for batch in in_batches(values):
            mitigations = self.queryset().in_bulk(batch)
            for pk, mitigation in mitigations.items():
                assign_values(mitigation, values[pk])
                mitigation.version += 1
                mitigation.updated_at = timezone.now()
            Mitigation.objects.bulk_create(
                mitigations.values(),
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=_WRITTEN,
            )

    def defaults(self, record: SourceRecord) -> Values:
        return {"status": MitigationStatus.PLANNED.value, "priority": Level.MEDIUM.value}

    def dependents(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        for batch in in_batches(ids):
            for action in MitigationAction.objects.filter(mitigation__in=batch):
                yield action.mitigation_id, action.pk, f"action {action}"

    def display_names(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        return dict(self.queryset().filter(pk__in=list(ids)).values_list("pk", "reference"))


def risk_of(record: SourceRecord) -> str:
    """The identity of the plan's risk."""
    return str(record.values.get("risk", record.identity))


def match_plans(records: Sequence[SourceRecord], known: Sequence[KnownPlan]) -> dict[str, UUID]:
    """Match the plans of one risk by their text, whatever their order, then by similar text.

    The only plan of a risk remains the same one whatever its text becomes.
    """
    if len(records) == len(known) == 1:
        return {records[0].identity: known[0].pk}
    matches: dict[str, UUID] = {}
    rest = list(known)
    for is_match in (is_same_plan, is_similar_plan):
        for record in records:
            if record.identity in matches:
                continue
            if plan := next((plan for plan in rest if is_match(record, plan)), None):
                matches[record.identity] = plan.pk
                rest.remove(plan)
    return matches


def is_same_plan(record: SourceRecord, plan: KnownPlan) -> bool:
    is_named = "risk" in record.values and record.identity == plan.identity
    return is_named or bool(record.values.get("description") == plan.text)


def is_similar_plan(record: SourceRecord, plan: KnownPlan) -> bool:
    text = record.values.get("description") or ""
    return SequenceMatcher(None, text, plan.text).ratio() >= _ALIKE


def to_json(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    return str(value) if isinstance(value, date | Decimal) else value


def assign_values(mitigation: Mitigation, values: Values) -> None:
    for name, value in values.items():
        if name == "due_date":
            mitigation.due_date = date.fromisoformat(value) if value else None
        else:
            setattr(mitigation, name, value or "")
