"""Watches: members who want to follow a risk or a mitigation."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from risks.models.base import OrganizationOwned
from risks.models.mitigations import Mitigation
from risks.models.risk import Risk
from risks.querysets import WatchQuerySet


class Watch(OrganizationOwned):
    """A person watches either a risk or a mitigation. Owning or reviewing it is not watching."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    risk = models.ForeignKey(
        Risk, models.CASCADE, null=True, blank=True, related_name="watches", db_index=False
    )
    mitigation = models.ForeignKey(
        Mitigation, models.CASCADE, null=True, blank=True, related_name="watches", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = WatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("watch")
        verbose_name_plural = _("watches")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("risk", "user"), name="watch_of_risk_unique"),
            models.UniqueConstraint(
                fields=("mitigation", "user"), name="watch_of_mitigation_unique"
            ),
            models.CheckConstraint(
                condition=Q(risk__isnull=False, mitigation__isnull=True)
                | Q(risk__isnull=True, mitigation__isnull=False),
                name="watch_has_one_subject",
            ),
        )
        indexes = (
            models.Index(fields=("user", "organization", "risk"), name="watch_of_user"),
            models.Index(fields=("organization", "created_at", "id"), name="watch_by_created"),
        )

    def __str__(self) -> str:
        return _("%(person)s watches %(subject)s") % {
            "person": self.user,
            "subject": self.subject.reference,
        }

    @property
    def subject(self) -> Any:
        """The risk or the mitigation that is watched."""
        return self.mitigation or self.risk
