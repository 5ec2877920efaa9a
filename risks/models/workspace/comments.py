"""Comments on risks and mitigations, and the people that they mention."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openrisk.text.fields import LineField, LongTextField
from risks.models.base import OrganizationOwned, Versioned
from risks.models.mitigations import Mitigation
from risks.models.risk import Risk


class Comment(Versioned):
    """A comment on a risk, or on one of its mitigations; then `risk` is the mitigation's risk.

    The activity of a risk is therefore read by one index. A comment on something else gets a
    column of its own, and a term in the constraint. A deleted comment stays, without its text.
    """

    risk = models.ForeignKey(
        Risk, models.CASCADE, null=True, blank=True, related_name="comments", db_index=False
    )
    mitigation = models.ForeignKey(
        Mitigation, models.CASCADE, null=True, blank=True, related_name="comments", db_index=False
    )
    text = LongTextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(editable=False)
    edited_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(condition=Q(risk__isnull=False), name="comment_has_subject"),
            models.CheckConstraint(
                condition=~Q(text="") | Q(deleted_at__isnull=False), name="comment_text_present"
            ),
        )
        indexes = (
            models.Index(fields=("risk", "created_at", "id"), name="comment_of_risk"),
            models.Index(fields=("mitigation", "created_at", "id"), name="comment_of_mitigation"),
            models.Index(fields=("organization", "created_at", "id"), name="comment_by_created"),
        )

    def __str__(self) -> str:
        return _("Comment on %(subject)s") % {"subject": self.subject.reference}

    @property
    def subject(self) -> Any:
        """The mitigation or the risk that it is about."""
        return self.mitigation or self.risk

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None


class Mention(OrganizationOwned):
    """A member whom a comment names; `written` is the name as it stands after the @."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    written = LineField(max_length=254)

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("comment", "user"), name="mention_unique"),)
        indexes = (
            models.Index(fields=("user", "organization", "comment"), name="mention_of_user"),
        )

    def __str__(self) -> str:
        return f"@{self.written}"
