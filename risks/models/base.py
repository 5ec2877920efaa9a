"""Base classes of the register's models, references, and a check for choices."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Organization
from openrisk.database.ids import uuid7
from risks.querysets import OrganizationRowQuerySet


class Level(models.TextChoices):
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    CRITICAL = "critical", _("Critical")


class OrganizationOwned(models.Model):
    """A row that belongs to exactly one organization."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")

    objects: ClassVar[Any] = OrganizationRowQuerySet.as_manager()

    class Meta:
        abstract = True


class Versioned(OrganizationOwned):
    """A row that people edit: `version` rises with every change made through a service."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


def format_reference(kind: str, number: int) -> str:
    """Return "R-0001" for the first risk, "M-0014" for the 14th mitigation."""
    return f"{kind}-{number:04d}"


class ReferenceCounter(models.Model):
    """The last number allocated per organization and kind; locked while one is allocated."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=1)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organization", "kind"), name="counter_unique"),
        )

    def __str__(self) -> str:
        return format_reference(self.kind, self.last)


def choices_constraint(
    field: str, choices: type[models.TextChoices], name: str, *, blank: bool = False
) -> models.CheckConstraint:
    """Return the check that a field has one of `choices` (or "", where `blank`)."""
    values = [*choices.values, ""] if blank else choices.values
    return models.CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)
