"""Fills an empty register with sample data, and takes it away again without what people made of it.

The rows are those of applied import runs of the source "sample", so each of them is known.
"""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import CASCADE, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.demo.sample.records import build_records
from risks.history import recorded
from risks.import_runs import lifecycle
from risks.import_runs.context import ImportContext
from risks.import_runs.plan import importer_classes, to_source_records
from risks.import_runs.undo import ModelUndo
from risks.models import (
    ImportRun,
    Risk,
    RiskAsset,
    RiskControl,
    RiskTag,
    RunStatus,
    Source,
)
from risks.services.matrix import matrix_of

NAME = "Sample data"
LINKS = (RiskTag, RiskAsset, RiskControl)  # parts of a risk, which is edited if they are
MOST_NAMED = 20


@dataclass
class SampleRemoval:
    """The rows that were removed, counted by their kind, and the names of those that stay."""

    removed: Counter[str] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        count = self.removed.total()
        text = ngettext(
            "Sample data removed: %(count)s row.", "Sample data removed: %(count)s rows.", count
        ) % {"count": count}
        if not self.kept:
            return text
        names = ", ".join(self.kept[:MOST_NAMED])
        more = " ..." if len(self.kept) > MOST_NAMED else ""
        return text + " " + _("Kept, because someone changed or uses them: %s") % f"{names}{more}."


def sample_runs(organization: Organization) -> QuerySet[ImportRun]:
    """Return the runs whose rows are in the register, the latest first."""
    runs = ImportRun.objects.for_organization(organization).order_by("-id")
    return runs.filter(source=Source.SAMPLE, status=RunStatus.APPLIED)


def has_sample_data(organization: Organization) -> bool:
    return sample_runs(organization).exists()


def can_fill(organization: Organization) -> bool:
    """Return whether sample data is offered: only to an organization without risks."""
    return not Risk.objects.for_organization(organization).exists()


def fill_sample_data(*, actor: User | None, organization: Organization) -> bool:
    """Fill an empty register with sample data; return False where it is there already.

    Raises Conflict where there are risks of people.
    """
    with recorded(actor=actor, comment=NAME):
        lock(organization)
        if has_sample_data(organization):
            return False
        if not can_fill(organization):
            raise Conflict(
                _(
                    "There are risks already. Sample data is for an empty register: add it in an "
                    "organization without risks."
                )
            )
        run = ImportRun(
            organization=organization, source=Source.SAMPLE, source_name=NAME, file_name=NAME
        )
        records = build_records(timezone.now(), matrix_of(organization))
        run = lifecycle.start_run(actor=actor, run=run, records=records)
        lifecycle.apply_run(actor=actor, run=run)
    return True


def lock(organization: Organization) -> None:
    """Let one fill or remove at a time: the second one sees what the first one did."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def remove_sample_data(*, actor: User | None, organization: Organization) -> SampleRemoval:
    """Delete the rows of the sample. Those that people changed, or added something to, stay."""
    removal = SampleRemoval()
    with recorded(actor=actor, comment=_("Sample data removed")):
        lock(organization)
        for run in sample_runs(organization).select_related("organization"):
            remove_run(actor, run, removal)
    return removal


def remove_run(actor: User | None, run: ImportRun, removal: SampleRemoval) -> None:
    rows = list(run.rows.order_by("id"))
    context = ImportContext(run, to_source_records(rows), locking=True)
    undos = [ModelUndo(importer_class(context), rows) for importer_class in importer_classes()]
    sample = {pk for undo in undos for pk in undo.created}
    for undo in reversed(undos):  # those that name others first
        kept = find_used(undo, sample)
        sample -= kept
        unused = [pk for pk in undo.created if pk not in kept]
        undo.importer.delete(unused)
        remaining = set(undo.importer.queryset().filter(pk__in=unused).values_list("pk", flat=True))
        removal.removed[undo.importer.plural_name()] += len(unused) - len(remaining)
        if stay := kept | remaining:
            removal.kept += sorted(undo.importer.display_names(stay).values())
    for undo in undos:
        undo.restore_provenance(set())
    run.status, run.undone_by, run.undone_at = RunStatus.UNDONE, actor, timezone.now()
    run.save(update_fields=["status", "undone_by", "undone_at"])


def find_used(undo: ModelUndo, sample: set[UUID]) -> set[UUID]:
    """Find the rows that people have edited, or to which they have added rows of their own.

    What is shared, as categories are, is not looked at here: it is deleted only while unused.
    """
    if undo.importer.is_shared or not undo.created:
        return set()
    used = {pk for pk, *_rest in (*undo.edited_fields(), *undo.added_rows(sample))}
    for relation in undo.importer.model._meta.related_objects:
        model, name = relation.related_model, f"{relation.field.name}_id"
        if relation.on_delete is not CASCADE or model in LINKS:
            continue
        parts = model._default_manager.filter(**{f"{name}__in": list(undo.created)})
        used |= {owner for owner, pk in parts.values_list(name, "pk") if pk not in sample}
    return used
