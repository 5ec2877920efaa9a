"""Bulk changes: one change of many rows, previewed, applied and perhaps undone."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from openrisk.text.fields import LineField, LongTextField
from risks.models.base import OrganizationOwned, Versioned, choices_constraint


class BulkSubject(models.TextChoices):
    """The rows that are changed: names of `risks.services.bulk_changes.subjects`."""

    RISK = "risk", _("Risks")
    ASSET = "asset", _("Assets")
    CONTROL = "control", _("Controls")
    FINDING = "finding", _("Findings")


class BulkKind(models.TextChoices):
    OWNER = "owner", _("Owner")
    ASSIGNEE = "assignee", _("Assignee")
    REVIEWER = "reviewer", _("Reviewer")
    CATEGORY = "category", _("Category")
    ADD_TAGS = "add_tags", _("Add tags")
    REMOVE_TAGS = "remove_tags", _("Remove tags")
    REPLACE_TAGS = "replace_tags", _("Rename tags")
    TREATMENT = "treatment", _("Treatment")
    REVIEW_INTERVAL = "review_interval_days", _("Review interval")
    NEXT_REVIEW = "next_review_at", _("Next review")
    STATUS = "status", _("Status")
    CUSTOM_FIELD = "custom_field", _("Custom field")
    EXTRA_COLUMN = "extra_column", _("Imported column")
    TYPE = "type", _("Type")
    CRITICALITY = "criticality", _("Criticality")
    MERGE = "merge", _("Merge")
    STATEMENT = "statement", _("Statuses from a file")
    DELETE = "delete", _("Delete")
    ACCEPT = "accept", _("Accept")
    FALSE_POSITIVE = "false_positive", _("False positive")
    REOPEN = "reopen", _("Reopen")
    MAKE_RISK = "make_risk", _("Make a risk")
    ATTACH_RISK = "attach_risk", _("Attach to a risk")


class BulkState(models.TextChoices):
    PREVIEWED = "previewed", _("Previewed")
    APPLYING = "applying", _("In progress")
    APPLIED = "applied", _("Applied")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")
    FAILED = "failed", _("Stopped")

    @classmethod
    def running(cls) -> "tuple[BulkState, ...]":
        """Return the states in which rows are being changed or restored."""
        return cls.APPLYING, cls.UNDOING


class BulkRowOutcome(models.TextChoices):
    CHANGED = "changed", _("Changed")
    LEFT = "left", _("Left as it was")
    RESTORED = "restored", _("Restored")
    KEPT = "kept", _("Not restored")


def _person() -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )


class BulkChange(Versioned):
    """One change of many rows at once.

    `value` is what they are to have, as JSON; `value_label` is its name for people. `query` is that
    of the list, where all rows that match it were chosen. `selection` has the numbers of risks, or
    the ids of other rows, with the versions that the preview saw, of which `digest` is made.
    `summary` is the preview: counts, refusals with their reasons, examples, warnings. `done` of
    `total` rows have been
    handled by the step that is running.
    """

    subject = models.CharField(
        max_length=20, choices=BulkSubject.choices, default=BulkSubject.RISK, editable=False
    )
    kind = models.CharField(max_length=20, choices=BulkKind.choices, editable=False)
    value = models.JSONField(null=True, editable=False)
    value_label = models.TextField(blank=True, editable=False)
    comment = LongTextField(blank=True, editable=False)
    query = models.TextField(blank=True, editable=False)
    selection = models.JSONField(default=dict, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    summary = models.JSONField(default=dict, editable=False)
    state = models.CharField(
        max_length=10, choices=BulkState.choices, default=BulkState.PREVIEWED, editable=False
    )
    total = models.PositiveIntegerField(default=0, editable=False)
    done = models.PositiveIntegerField(default=0, editable=False)
    error = models.TextField(blank=True, editable=False)
    actor = _person()
    applied_at = models.DateTimeField(null=True, editable=False)
    undone_by = _person()
    undone_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            choices_constraint("kind", BulkKind, "bulk_change_kind_known"),
            choices_constraint("state", BulkState, "bulk_change_state_known"),
        )
        indexes = (
            models.Index(fields=("organization", "created_at", "id"), name="bulk_change_order"),
            models.Index(
                fields=("organization", "actor", "created_at", "id"), name="bulk_change_of_actor"
            ),
            models.Index(fields=("state", "updated_at"), name="bulk_change_state"),
        )

    def __str__(self) -> str:
        kind = self.get_kind_display()
        return f"{kind}: {self.value_label}" if self.value_label else kind

    @property
    def is_running(self) -> bool:
        """Return whether rows are being changed or restored now."""
        return self.state in BulkState.running()


class BulkChangeRow(OrganizationOwned):
    """The part of one row in a bulk change that was applied: its value before and after.

    `object_id` is that of the row, which may be deleted since.
    """

    change = models.ForeignKey(BulkChange, models.CASCADE, related_name="rows", db_index=False)
    object_id = models.UUIDField(editable=False)
    reference = LineField(max_length=255, editable=False)
    before = models.JSONField(null=True, editable=False)
    after = models.JSONField(null=True, editable=False)
    outcome = models.CharField(max_length=10, choices=BulkRowOutcome.choices, editable=False)
    reason = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ("id",)
        constraints = (
            choices_constraint("outcome", BulkRowOutcome, "bulk_row_outcome_known"),
            models.UniqueConstraint(fields=("change", "object_id"), name="bulk_row_unique"),
        )
        indexes = (models.Index(fields=("change", "id"), name="bulk_row_order"),)

    def __str__(self) -> str:
        return f"{self.reference} {self.get_outcome_display().lower()}"
