"""What the history triggers write (risks.history.triggers). Nothing in Python writes here."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from openrisk.accounts.models import Organization
from risks.models.base import Level
from risks.models.matrix import Category
from risks.models.risk import Risk, Status, Treatment
from risks.querysets import OrganizationQuerySet


def _kept(to: type[models.Model] | str) -> models.ForeignKey:
    """A reference that outlives its target: history stays when the row it names is deleted."""
    return models.ForeignKey(
        to, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )


class ChangeAction(models.TextChoices):
    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    DELETED = "deleted", "Deleted"


class Change(models.Model):
    """One change of one row: who, when, what (`changes`: field -> [before, after]) and why.

    `actor` is None for the system and for programs that write past OpenRisk.
    """

    organization = _kept(Organization)
    model = models.CharField(max_length=40)
    object_id = models.UUIDField()
    action = models.CharField(max_length=7, choices=ChangeAction.choices)
    at = models.DateTimeField()
    actor = _kept(settings.AUTH_USER_MODEL)
    comment = models.TextField()
    request_id = models.CharField(max_length=128)
    run_id = models.UUIDField(null=True)
    changes = models.JSONField()

    objects: ClassVar[Any] = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("object_id", "id"), name="change_object"),
            models.Index(fields=("organization", "id"), name="change_organization"),
        )

    def __str__(self) -> str:
        return f"{self.model} {self.action}"


class ScoreChange(models.Model):
    """The score ledger: how a risk stood from `at` until its next row; append-only.

    It carries what figures are grouped by, so that any of them can be asked as of a past day.
    `deleted` marks the end of a risk.
    """

    organization = _kept(Organization)
    risk = _kept(Risk)
    at = models.DateTimeField()
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
    category = _kept(Category)
    owner = _kept(settings.AUTH_USER_MODEL)
    treatment = models.CharField(max_length=10, choices=Treatment.choices, blank=True)
    next_review_at = models.DateTimeField(null=True)
    deleted = models.BooleanField(default=False)

    objects: ClassVar[Any] = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("risk", "id"), name="score_change_risk"),
            models.Index(fields=("organization", "at", "risk"), name="score_change_at"),
        )

    def __str__(self) -> str:
        return f"{self.risk_id} at {self.at}"
