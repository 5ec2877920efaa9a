"""Likelihoods that a feed suggests, for a person to accept or dismiss."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from risks.models.base import Versioned, choices_constraint
from risks.models.imports import ImportRun
from risks.models.risk import Risk
from risks.scoring import HIGHEST_RATING, RATING_RANGE


class SuggestionStatus(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    ACCEPTED = "accepted", _("Accepted")
    DISMISSED = "dismissed", _("Dismissed")


class LikelihoodSuggestion(Versioned):
    """A higher likelihood for a risk, with the reason.

    `present` is its current likelihood (residual where assessed, else inherent) when this was
    suggested. Once per risk and `key` (a CVE), whatever was decided.
    """

    risk = models.ForeignKey(Risk, models.CASCADE, related_name="suggestions")
    key = models.CharField(max_length=255)
    present = models.PositiveSmallIntegerField()
    likelihood = models.PositiveSmallIntegerField(
        validators=(MinValueValidator(1), MaxValueValidator(HIGHEST_RATING))
    )
    reason = models.TextField()
    run = models.ForeignKey(ImportRun, models.SET_NULL, null=True, related_name="suggestions")
    status = models.CharField(
        max_length=9, choices=SuggestionStatus.choices, default=SuggestionStatus.PROPOSED
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("risk", "key"), name="suggestion_unique"),
            choices_constraint("status", SuggestionStatus, "suggestion_status_known"),
            models.CheckConstraint(
                condition=Q(present__range=RATING_RANGE, likelihood__range=RATING_RANGE),
                name="suggestion_ratings_range",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "created_at", "id"), name="suggestion_by_created"),
        )

    def __str__(self) -> str:
        return f"Likelihood {self.likelihood} for {self.key}"
