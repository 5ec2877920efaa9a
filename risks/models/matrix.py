"""Categories and the matrix that turns likelihood and impact into a level."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Organization
from openrisk.text.fields import LineField, LongTextField
from openrisk.text.names import NameKeyField
from risks.models.base import Level, Versioned
from risks.scoring import default_levels


class Category(Versioned):
    name = LineField(max_length=100)
    name_key = NameKeyField()
    description = LongTextField(blank=True)
    appetite = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(25)],
        help_text=_(
            "The highest current score that is acceptable here, 1 to 25; empty for none set."
        ),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Answers for the appetite of this category."),
    )

    class Meta:
        verbose_name_plural = "categories"
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(appetite=None) | Q(appetite__range=(1, 25)),
                name="category_appetite_on_scale",
            ),
            models.UniqueConstraint(
                fields=("organization", "name_key"),
                name="category_name_unique",
                violation_error_message="A category of this name exists already.",
            ),
        )

    def __str__(self) -> str:
        return self.name


def default_likelihood_labels() -> list[str]:
    return ["Rare", "Unlikely", "Possible", "Likely", "Almost certain"]


def default_impact_labels() -> list[str]:
    return ["Insignificant", "Minor", "Moderate", "Major", "Severe"]


def default_colours() -> dict[str, str]:
    """Background colours, on which black or white text has a contrast of 5.6 to 1 or more."""
    return {"low": "#bfe3c8", "medium": "#ffe08a", "high": "#ff9d5c", "critical": "#c62828"}


class Matrix(Versioned):
    """One organization's 5 x 5 matrix: `levels[likelihood - 1][impact - 1]`."""

    organization = models.OneToOneField(Organization, models.CASCADE, related_name="matrix")
    levels = models.JSONField(default=default_levels)
    likelihood_labels = models.JSONField(default=default_likelihood_labels)
    impact_labels = models.JSONField(default=default_impact_labels)
    colours = models.JSONField(default=default_colours)

    class Meta:
        verbose_name_plural = "matrices"

    def __str__(self) -> str:
        return f"Matrix of {self.organization}"

    def level(self, likelihood: int | None, impact: int | None) -> str | None:
        """The level of a cell; None where likelihood or impact is not assessed."""
        if likelihood is None or impact is None:
            return None
        return Level(self.levels[likelihood - 1][impact - 1]).value
