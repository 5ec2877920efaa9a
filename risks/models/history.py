"""Changes and ledgers, written by the triggers of `risks.history` and by nothing else."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Organization
from risks.models.base import Level
from risks.models.controls import Control, ControlStatus, Framework
from risks.models.matrix import Category
from risks.models.mitigations import Mitigation, MitigationStatus
from risks.models.risk import Risk, Status, Treatment
from risks.querysets import LedgerQuerySet, OrganizationRowQuerySet


def _lasting_key(to: type[models.Model] | str) -> models.ForeignKey:
    """Return a reference that outlives its target: history stays when the row is deleted."""
    return models.ForeignKey(
        to, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )


class ChangeAction(models.TextChoices):
    CREATED = "created", _("Created")
    UPDATED = "updated", _("Updated")
    DELETED = "deleted", _("Deleted")


class Change(models.Model):
    """One change of one row: who, when, what (`changes`: field -> [before, after]) and why.

    `actor` is None for the system and for programs that write past OpenRisk.
    """

    organization = _lasting_key(Organization)
    model = models.CharField(max_length=40)
    object_id = models.UUIDField()
    action = models.CharField(max_length=7, choices=ChangeAction.choices)
    at = models.DateTimeField()
    actor = _lasting_key(settings.AUTH_USER_MODEL)
    comment = models.TextField()
    request_id = models.CharField(max_length=128)
    run_id = models.UUIDField(null=True)
    changes = models.JSONField()

    objects: ClassVar[Any] = OrganizationRowQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("object_id", "id"), name="change_object"),
            models.Index(fields=("organization", "id"), name="change_organization"),
        )

    def __str__(self) -> str:
        return f"{self.model} {self.action}"


class HistoryInterval(models.Model):
    """The state of a row from `at` until `until`; null while it is valid.

    It carries what figures are grouped by, so that any of them can be asked as of a past day. An
    interval never changes; only its end is filled in, once. `registered_at` is when the object
    came to be, `status_since` when it took on its status. `deleted` marks the end: such a row
    lasts for no time.
    """

    organization = _lasting_key(Organization)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    registered_at = models.DateTimeField(db_column="begun")
    status_since = models.DateTimeField()
    deleted = models.BooleanField(default=False)

    objects: ClassVar[Any] = LedgerQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("-id",)


class ScoreChange(HistoryInterval):
    """The score ledger: of risks."""

    risk = _lasting_key(Risk)
    status = models.CharField(max_length=20, choices=Status.choices)
    inherent_likelihood = models.PositiveSmallIntegerField(null=True)
    inherent_impact = models.PositiveSmallIntegerField(null=True)
    residual_likelihood = models.PositiveSmallIntegerField(null=True)
    residual_impact = models.PositiveSmallIntegerField(null=True)
    target_likelihood = models.PositiveSmallIntegerField(null=True)
    target_impact = models.PositiveSmallIntegerField(null=True)
    inherent_level = models.CharField(max_length=8, choices=Level.choices, null=True)  # noqa: DJ001
    residual_level = models.CharField(max_length=8, choices=Level.choices, null=True)  # noqa: DJ001
    target_level = models.CharField(max_length=8, choices=Level.choices, null=True)  # noqa: DJ001
    current_score = models.PositiveSmallIntegerField(null=True)
    current_level = models.CharField(max_length=8, choices=Level.choices, null=True)  # noqa: DJ001
    priority = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    category = _lasting_key(Category)
    owner = _lasting_key(settings.AUTH_USER_MODEL)
    treatment = models.CharField(max_length=10, choices=Treatment.choices, blank=True)
    next_review_at = models.DateTimeField(null=True)

    class Meta(HistoryInterval.Meta):
        indexes = (
            models.Index(fields=("risk", "id"), name="score_change_risk"),
            # All that the trend reads, so that it need not look at the rows.
            models.Index(
                fields=(
                    "organization",
                    "at",
                    "until",
                    "status",
                    "current_level",
                    "current_score",
                    "deleted",
                ),
                name="score_change_trend",
            ),
            # What "top risks" asks, and the lists of new and of closed risks.
            models.Index(
                fields=("organization", "priority", "current_score", "risk"),
                condition=Q(until=None),
                name="score_change_top",
            ),
            models.Index(
                fields=("organization", "registered_at", "risk"),
                condition=Q(until=None),
                name="score_change_begun",
            ),
            models.Index(
                fields=("organization", "status", "status_since", "risk"),
                condition=Q(until=None),
                name="score_change_status_since",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("risk",), condition=Q(until=None), name="score_change_one_stands"
            ),
        )

    def __str__(self) -> str:
        return f"{self.risk_id} at {self.at}"


class MitigationChange(HistoryInterval):
    """The ledger of mitigations."""

    mitigation = _lasting_key(Mitigation)
    risk = _lasting_key(Risk)
    status = models.CharField(max_length=12, choices=MitigationStatus.choices)
    due_date = models.DateField(null=True)
    owner = _lasting_key(settings.AUTH_USER_MODEL)

    class Meta(HistoryInterval.Meta):
        indexes = (
            models.Index(fields=("mitigation", "id"), name="mitigation_change_of"),
            models.Index(
                fields=("organization", "at", "until", "status", "due_date", "deleted", "risk"),
                name="mitigation_change_trend",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("mitigation",),
                condition=Q(until=None),
                name="mitigation_change_one_stands",
            ),
        )

    def __str__(self) -> str:
        return f"{self.mitigation_id} at {self.at}"


class ControlChange(HistoryInterval):
    """The ledger of controls."""

    control = _lasting_key(Control)
    framework = _lasting_key(Framework)
    status = models.CharField(max_length=20, choices=ControlStatus.choices)

    class Meta(HistoryInterval.Meta):
        indexes = (
            models.Index(fields=("control", "id"), name="control_change_of"),
            models.Index(fields=("organization", "at"), name="control_change_at"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("control",), condition=Q(until=None), name="control_change_one_stands"
            ),
        )

    def __str__(self) -> str:
        return f"{self.control_id} at {self.at}"
