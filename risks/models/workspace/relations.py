"""Relations of risks: one causes, duplicates or relates to another."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

from risks.models.base import OrganizationOwned, choices_constraint
from risks.models.risk import Risk
from risks.querysets import OrganizationRowQuerySet


class RelationKind(models.TextChoices):
    """The kinds, as one reads them from the risk to the other."""

    CAUSES = "causes", _("Causes")
    DUPLICATES = "duplicates", _("Duplicate of")
    RELATES_TO = "relates_to", _("Relates to")


# As one reads them from the other risk.
INVERSE_LABELS = {
    RelationKind.CAUSES.value: _("Caused by"),
    RelationKind.DUPLICATES.value: _("Duplicated by"),
    RelationKind.RELATES_TO.value: _("Relates to"),
}


class RiskRelation(OrganizationOwned):
    """`risk` causes, duplicates or relates to `other`. Two risks have at most one relation."""

    risk = models.ForeignKey(Risk, models.CASCADE, related_name="relations")
    other = models.ForeignKey(Risk, models.CASCADE, related_name="inverse_relations")
    kind = models.CharField(max_length=10, choices=RelationKind.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("related risk")
        verbose_name_plural = _("related risks")
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                Least("risk", "other"),
                Greatest("risk", "other"),
                name="risk_relation_pair_unique",
                violation_error_message=_("These two risks are related already."),
            ),
            models.CheckConstraint(
                condition=~Q(risk=F("other")),
                name="risk_relation_no_self_loop",
                violation_error_message=_("A risk cannot be related to itself."),
            ),
            choices_constraint("kind", RelationKind, "risk_relation_kind_known"),
        )
        indexes = (
            models.Index(fields=("organization", "created_at", "id"), name="risk_relation_order"),
        )

    def __str__(self) -> str:
        return f"{self.risk} {self.get_kind_display().lower()} {self.other}"
