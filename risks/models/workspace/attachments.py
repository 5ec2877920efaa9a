"""Attachments: files of an organization, and the rows for which they are evidence."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Membership, Role
from openrisk.text.fields import LineField, LongTextField
from risks.models.base import OrganizationOwned, Versioned
from risks.models.controls import Control
from risks.models.mitigations import Mitigation, MitigationAction
from risks.models.risk import Acceptance, Risk
from risks.querysets import FAR_FUTURE, OrganizationRowQuerySet

# Where an attachment may belong to: the foreign key of AttachmentLink, and its model. A further
# kind is a foreign key there and a line here.
TARGETS: Mapping[str, type[models.Model]] = {
    "risk": Risk,
    "mitigation": Mitigation,
    "action": MitigationAction,
    "acceptance": Acceptance,
    "control": Control,
}
VALID_UNTIL_OR_NEVER = Coalesce("valid_until", Value(FAR_FUTURE.date()))
# Orders of lists. Sorted by `valid_until`, what has expired comes first, what never does last.
ATTACHMENT_ORDERS: dict[str, Combinable] = {
    "created_at": models.F("created_at"),
    "name": models.F("name"),
    "size": models.F("size"),
    "valid_until": VALID_UNTIL_OR_NEVER,
}


SOON_DAYS = 30  # within which evidence that expires is to be renewed


def expired(path: str = "") -> Q:
    """Return the condition that an attachment was valid until a day before today (UTC).

    `path` leads to it from the rows that are filtered, with "__" at its end.
    """
    return Q(**{f"{path}valid_until__lt": timezone.now().date()})


def expires_within(days: int, path: str = "") -> Q:
    """Return the condition that it is valid still, and no longer than `days` days from today."""
    today = timezone.now().date()
    return Q(**{f"{path}valid_until__range": (today, today + timedelta(days=days))})


def is_linked() -> Exists:
    """Return the condition that it is evidence for something."""
    return Exists(AttachmentLink.objects.filter(attachment=OuterRef("pk")))


class AttachmentQuerySet(OrganizationRowQuerySet):
    """Reads of attachments."""

    def expired(self) -> Self:
        """Those that were valid until a day before today (UTC)."""
        return self.filter(expired())

    def not_expired(self) -> Self:
        """All others, also those that never expire."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=timezone.now().date()))

    def expiring_within(self, days: int) -> Self:
        """Those that are valid still, and no longer than `days` days from today (UTC)."""
        return self.filter(expires_within(days))

    def linked(self) -> Self:
        """Those that are evidence for something."""
        return self.filter(is_linked())

    def unlinked(self) -> Self:
        """Those that are evidence for nothing."""
        return self.exclude(is_linked())

    def linked_to(self, **target: Any) -> Self:
        """Those of a row: `linked_to(risk=risk)`. By a subquery, since a join would repeat rows."""
        own = AttachmentLink.objects.filter(**target)
        return self.filter(pk__in=own.values("attachment"))

    def search(self, text: str) -> Self:
        """Those with every word of `text` in their name or description, and by SHA-256."""
        rows = self
        for word in text.split():
            found = Q(name__icontains=word) | Q(description__icontains=word)
            rows = rows.filter(found | Q(sha256=word.lower()))
        return rows

    def total_size(self) -> int:
        """The bytes of all of them together."""
        total: int = self.aggregate(total=Coalesce(Sum("size"), 0))["total"]
        return total


class Attachment(Versioned):
    """A file of an organization. The same content is one attachment, however often it is used."""

    name = LineField(_("name"), max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    size = models.PositiveBigIntegerField(_("size"), editable=False, help_text=_("In bytes"))
    media_type = models.CharField(
        _("type"), max_length=100, editable=False, help_text=_("By its content, not its name")
    )
    description = LongTextField(verbose_name=_("description"), blank=True)
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day on which it is evidence")
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("uploaded by"),
    )

    objects: ClassVar[Any] = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "sha256"),
                name="attachment_content_unique",
                violation_error_message=_("A file with this content exists already."),
            ),
            models.CheckConstraint(condition=~Q(name=""), name="attachment_name_present"),
        )
        indexes = (
            models.Index(fields=("organization", "created_at", "id"), name="attachment_by_created"),
            models.Index(fields=("organization", "name", "id"), name="attachment_by_name"),
            models.Index(fields=("organization", "size", "id"), name="attachment_by_size"),
            models.Index(
                "organization", VALID_UNTIL_OR_NEVER, "id", name="attachment_by_valid_until"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def is_expired(self, on: date) -> bool:
        """Return whether it was valid until a day before this one."""
        return self.valid_until is not None and self.valid_until < on

    def can_be_deleted_by(self, membership: Membership) -> bool:
        """Return whether the member may delete it: managers any, authors what they uploaded."""
        if membership.has_role(Role.MANAGER):
            return True
        return self.uploaded_by_id == membership.user_id and membership.has_role(Role.ANALYST)


def exactly_one(names: Mapping[str, Any]) -> Q:
    """Return the condition that one of these columns is filled and the others are null."""
    condition = Q()
    for name in names:
        others = {f"{other}__isnull": other != name for other in names}
        condition |= Q(**others)
    return condition


class AttachmentLink(OrganizationOwned):
    """The attachment is evidence for one row: the foreign key that is filled."""

    attachment = models.ForeignKey(Attachment, models.CASCADE, related_name="links")
    risk = models.ForeignKey(Risk, models.CASCADE, null=True, related_name="attachment_links")
    mitigation = models.ForeignKey(
        Mitigation, models.CASCADE, null=True, related_name="attachment_links"
    )
    action = models.ForeignKey(
        MitigationAction, models.CASCADE, null=True, related_name="attachment_links"
    )
    acceptance = models.ForeignKey(
        Acceptance, models.CASCADE, null=True, related_name="attachment_links"
    )
    control = models.ForeignKey(Control, models.CASCADE, null=True, related_name="attachment_links")
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("link of a file")
        verbose_name_plural = _("links of files")
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=exactly_one(TARGETS), name="attachment_link_has_one_target"
            ),
            # No two rows have the same id, of whatever kind they are.
            models.UniqueConstraint(
                "attachment", Coalesce(*TARGETS), name="attachment_link_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.attachment} → {self.target}"

    @property
    def kind(self) -> str:
        """The name of the foreign key that is filled."""
        return next(name for name in TARGETS if getattr(self, f"{name}_id") is not None)

    @property
    def target(self) -> Any:
        """The row for which the attachment is evidence."""
        return getattr(self, self.kind)


def target_of(row: models.Model) -> dict[str, Any]:
    """Return the foreign key of AttachmentLink for a row, with the row: `{"risk": risk}`."""
    return {next(name for name, model in TARGETS.items() if isinstance(row, model)): row}
