"""Deleted rows that can be restored, as snapshots beside the register.

The rows themselves are gone: no queryset, trigger or figure has to know of them.
"""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openrisk.database.labels import model_of_label
from risks.models.base import OrganizationOwned
from risks.querysets import OrganizationRowQuerySet

LONGEST_LABEL = 300


class DeletedItemQuerySet(OrganizationRowQuerySet):
    def waiting(self, now: datetime) -> Self:
        """Return those that can be restored still."""
        return self.filter(restored_at=None, expires_at__gt=now)


class DeletedItem(OrganizationOwned):
    """A row that was deleted, with all that was deleted with it (`DeletedRows`).

    `kind` is the label of its model and `label` its name then; `counts` are the rows that hung on
    it, by the label of their model. Items of one bulk change have the same `batch`. A private one
    was seen by one person only, who is the one that may restore it.
    """

    kind = models.CharField(_("kind"), max_length=40)
    object_id = models.UUIDField()
    reference = models.CharField(max_length=16, blank=True)
    label = models.CharField(_("name"), max_length=LONGEST_LABEL)
    counts = models.JSONField(default=dict)
    batch = models.UUIDField(null=True)
    is_private = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(_("deleted"))
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("deleted by"),
    )
    expires_at = models.DateTimeField(_("kept until"))
    restored_at = models.DateTimeField(_("restored"), null=True)
    restored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects: ClassVar[Any] = DeletedItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("deleted item")
        verbose_name_plural = _("deleted items")
        ordering = ("-deleted_at", "-id")
        indexes = (
            models.Index(
                fields=("organization", "deleted_at", "id"),
                condition=Q(restored_at=None),
                name="deleted_item_order",
            ),
            models.Index(fields=("organization", "kind", "reference"), name="deleted_item_named"),
            models.Index(fields=("object_id",), name="deleted_item_object"),
            models.Index(fields=("batch",), name="deleted_item_batch"),
            models.Index(fields=("expires_at",), name="deleted_item_expiry"),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def kind_label(self) -> str:
        """Return the name of its model for people: "risk"."""
        return kind_label(self.kind)


def kind_label(kind: str) -> str:
    """Return the name of a model for people; its label where there is no such model any more."""
    try:
        return str(model_of_label(kind)._meta.verbose_name)
    except LookupError:
        return kind


class DeletedRows(OrganizationOwned):
    """Some of the rows of an item, in the order in which they are written again.

    `content` is a list of blocks (`risks.services.workspace.snapshots`); `labels` names their
    models, each between commas.
    """

    item = models.ForeignKey(DeletedItem, models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    labels = models.TextField()
    content = models.JSONField()

    class Meta:
        verbose_name = _("deleted rows")
        verbose_name_plural = _("deleted rows")
        ordering = ("item", "position", "id")

    def __str__(self) -> str:
        return f"Part {self.position} of {self.item_id}"
