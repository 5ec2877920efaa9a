"""Mitigations and their actions."""

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from openrisk.text.fields import LineField, LongTextField
from risks.models.base import Level, OrganizationOwned, Versioned, choices_constraint
from risks.models.risk import Risk
from risks.overdue import is_mitigation_overdue
from risks.querysets import (
    ACTION_ORDERS,
    MITIGATION_ORDERS,
    ActionQuerySet,
    MitigationQuerySet,
)


class MitigationStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    IN_PROGRESS = "in_progress", _("In progress")
    REVIEW = "review", _("In review")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class ValidationResult(models.TextChoices):
    EFFECTIVE = "effective", _("Effective")
    NOT_EFFECTIVE = "not_effective", _("Not effective")


class Mitigation(Versioned):
    """A plan to lower a risk. Its progress is measured by its actions, see `progress`.

    One that is in review waits for someone other than its owner and other than the person who
    reported it implemented: they find it effective (done), or not (in progress again).
    """

    number = models.PositiveIntegerField(editable=False)
    reference = models.CharField(max_length=16, editable=False)
    risk = models.ForeignKey(Risk, models.CASCADE, related_name="mitigations")
    title = LineField(max_length=255)
    description = LongTextField(blank=True)
    status = models.CharField(
        max_length=12,
        choices=MitigationStatus.choices,
        default=MitigationStatus.PLANNED,
        editable=False,
    )
    priority = models.CharField(max_length=8, choices=Level.choices, default=Level.MEDIUM)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="mitigations"
    )
    start_date = models.DateField(null=True, blank=True)
    due_date = models.DateField(null=True, blank=True)
    cost = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=(MinValueValidator(0),)
    )
    currency = models.CharField(max_length=3, blank=True, help_text=_("ISO 4217, e.g. EUR"))
    effectiveness = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        null=True,
        blank=True,
        validators=(MinValueValidator(0), MaxValueValidator(1)),
        help_text=_("Expected reduction of the risk, 0 to 1"),
    )
    # The latest report that it is implemented, and what came of it; null for older ones.
    implemented_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    implemented_at = models.DateTimeField(null=True, editable=False)
    validated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    validated_at = models.DateTimeField(null=True, editable=False)
    validation = models.CharField(
        max_length=13, choices=ValidationResult.choices, blank=True, editable=False
    )
    validation_reason = LongTextField(blank=True, editable=False)

    objects: ClassVar[Any] = MitigationQuerySet.as_manager()

    class Meta:
        ordering = ("-number", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "number"), name="mitigation_number_unique"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="mitigation_title_present"),
            choices_constraint("status", MitigationStatus, "mitigation_status_known"),
            choices_constraint("priority", Level, "mitigation_priority_known"),
            models.CheckConstraint(
                condition=Q(cost__isnull=True) | (Q(cost__gte=0) & ~Q(currency="")),
                name="mitigation_cost_has_currency",
                violation_error_message="A cost needs a currency (ISO 4217, e.g. EUR).",
            ),
            models.CheckConstraint(
                condition=Q(effectiveness__isnull=True) | Q(effectiveness__range=(0, 1)),
                name="mitigation_effectiveness_range",
            ),
            choices_constraint(
                "validation", ValidationResult, "mitigation_validation_known", blank=True
            ),
            models.CheckConstraint(
                condition=Q(validated_by__isnull=True)
                | Q(implemented_by__isnull=True)
                | ~Q(validated_by=F("implemented_by")),
                name="mitigation_four_eyes",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "due_date", "id"), name="mitigation_by_due_date"),
            models.Index(
                F("organization"), MITIGATION_ORDERS["due_date"], F("id"), name="mitigation_by_due"
            ),
            models.Index(
                F("organization"), MITIGATION_ORDERS["cost"], F("id"), name="mitigation_by_cost"
            ),
            models.Index(fields=("organization", "created_at", "id"), name="mitigation_by_created"),
            models.Index(fields=("organization", "updated_at", "id"), name="mitigation_by_updated"),
            models.Index(fields=("organization", "title", "id"), name="mitigation_by_title"),
            models.Index(fields=("organization", "status", "id"), name="mitigation_by_status"),
            # What the list adds up, so that it need not look at the rows.
            models.Index(
                fields=("organization", "currency", "status", "cost"),
                condition=Q(cost__isnull=False),
                name="mitigation_costs",
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def is_overdue(self, on: date) -> bool:
        """Return whether it was due before the day and is neither done nor cancelled."""
        return is_mitigation_overdue(self.status, self.due_date, on)


def percent_done(done: int, total: int) -> int | None:
    """Return the percentage of `total` that is done, floored; None where `total` is 0."""
    return 100 * done // total if total else None


def progress_of(status: str, done: int, total: int) -> int | None:
    """Return the percentage of actions that are done.

    Without actions, planned is 0 and done 100; the others cannot be measured: None.
    """
    if total:
        return percent_done(done, total)
    return {MitigationStatus.PLANNED.value: 0, MitigationStatus.DONE.value: 100}.get(status)


class MitigationAction(Versioned):
    """A step of a mitigation, done or not; it may depend on others of the same mitigation."""

    mitigation = models.ForeignKey(Mitigation, models.CASCADE, related_name="actions")
    title = LineField(max_length=255)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    order = models.PositiveIntegerField(default=0)
    due_date = models.DateField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    depends_on = models.ManyToManyField(
        "self", through="ActionDependency", symmetrical=False, related_name="dependents"
    )

    objects: ClassVar[Any] = ActionQuerySet.as_manager()

    class Meta:
        ordering = ("order", "id")
        constraints = (models.CheckConstraint(condition=~Q(title=""), name="action_title_present"),)
        indexes = (
            models.Index(fields=("mitigation", "order", "id"), name="action_order"),
            models.Index(
                fields=("organization", "mitigation", "due_date"),
                condition=Q(done_at__isnull=True),
                name="action_pending",
            ),
            models.Index(
                F("organization"),
                ACTION_ORDERS["due_date"],
                F("id"),
                name="action_open_by_due",
                condition=Q(done_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def done(self) -> bool:
        return self.done_at is not None


class ActionDependency(OrganizationOwned):
    """`action` cannot be done before `depends_on`."""

    action = models.ForeignKey(MitigationAction, models.CASCADE, related_name="dependency_links")
    depends_on = models.ForeignKey(MitigationAction, models.CASCADE, related_name="dependent_links")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("action", "depends_on"), name="action_dependency_unique"
            ),
            models.CheckConstraint(
                condition=~Q(action=F("depends_on")), name="action_no_self_loop"
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} after {self.depends_on}"
