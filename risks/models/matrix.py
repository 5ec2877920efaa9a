"""Categories and the matrix that turns likelihood and impact into a level."""

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import Organization
from openrisk.text.fields import LineField, LongTextField
from openrisk.text.names import NameKeyField
from risks.models.base import Level, Versioned
from risks.scoring import HIGHEST_SCORE, default_levels


class Category(Versioned):
    name = LineField(max_length=100)
    name_key = NameKeyField()
    description = LongTextField(blank=True)
    appetite = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(HIGHEST_SCORE)],
        help_text=gettext_lazy(
            "The highest current score that is acceptable here, at most the highest score of the "
            "matrix; empty for none set."
        ),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=gettext_lazy("Answers for the appetite of this category."),
    )

    class Meta:
        verbose_name_plural = "categories"
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(appetite=None) | Q(appetite__range=(1, HIGHEST_SCORE)),
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

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check the appetite by the scores of the organization's matrix too."""
        super().clean_fields(exclude)
        if self.appetite is None:
            return
        highest = present_matrix(self.organization).highest_score
        if self.appetite > highest:
            sentence = _("The highest score of your matrix is %(highest)s.") % {"highest": highest}
            raise ValidationError({"appetite": [sentence]})


def default_likelihood_labels() -> list[str]:
    return ["Rare", "Unlikely", "Possible", "Likely", "Almost certain"]


def default_impact_labels() -> list[str]:
    return ["Insignificant", "Minor", "Moderate", "Major", "Severe"]


def default_colours() -> dict[str, str]:
    """Background colours, on which black or white text has a contrast of 5.6 to 1 or more."""
    return {"low": "#bfe3c8", "medium": "#ffe08a", "high": "#ff9d5c", "critical": "#c62828"}


class Matrix(Versioned):
    """One organization's matrix, 3 x 3 to 6 x 6: `levels[likelihood - 1][impact - 1]`.

    Descriptions say what a likelihood, an impact or a level means; each may be empty.
    """

    organization = models.OneToOneField(Organization, models.CASCADE, related_name="matrix")
    levels = models.JSONField(default=default_levels)
    likelihood_labels = models.JSONField(default=default_likelihood_labels)
    impact_labels = models.JSONField(default=default_impact_labels)
    likelihood_descriptions = models.JSONField(default=list, blank=True)
    impact_descriptions = models.JSONField(default=list, blank=True)
    level_descriptions = models.JSONField(default=dict, blank=True)
    colours = models.JSONField(default=default_colours)

    class Meta:
        verbose_name_plural = "matrices"

    def __str__(self) -> str:
        return f"Matrix of {self.organization}"

    @property
    def likelihoods(self) -> range:
        """The likelihoods that a risk can have, from the lowest."""
        return range(1, len(self.levels) + 1)

    @property
    def impacts(self) -> range:
        """The impacts that a risk can have, from the lowest."""
        return range(1, len(self.levels[0]) + 1)

    @property
    def labels(self) -> dict[str, list[str]]:
        """The words for ratings, by "likelihood" and "impact"."""
        return {"likelihood": self.likelihood_labels, "impact": self.impact_labels}

    @property
    def highest_score(self) -> int:
        return len(self.likelihoods) * len(self.impacts)

    def ratings(self, name: str) -> range:
        """The values of a field of ratings: `residual_impact`, `likelihood`."""
        return self.likelihoods if name.endswith("likelihood") else self.impacts

    def describe_scale(self, name: str) -> str:
        """Return the sentence that refuses a rating by the name of its field."""
        if name.endswith("likelihood"):
            labels = self.likelihood_labels
            sentence = _("Likelihood goes from 1 (%(first)s) to %(highest)s (%(last)s).")
        else:
            labels = self.impact_labels
            sentence = _("Impact goes from 1 (%(first)s) to %(highest)s (%(last)s).")
        return sentence % {"highest": len(labels), "first": labels[0], "last": labels[-1]}

    def rating_problems(self, ratings: Mapping[str, Any]) -> dict[str, str]:
        """Return a sentence for each rating, by the name of its field, that is not on the scale."""
        return {
            name: self.describe_scale(name)
            for name, rating in ratings.items()
            if rating is not None and rating not in self.ratings(name)
        }

    def check_ratings(self, ratings: Mapping[str, Any]) -> None:
        """Raise where a rating, by the name of its field, is not on the scale."""
        if problems := self.rating_problems(ratings):
            raise ValidationError({name: [text] for name, text in problems.items()})

    def level(self, likelihood: int | None, impact: int | None) -> str | None:
        """The level of a cell; None where likelihood or impact is not assessed."""
        if likelihood is None or impact is None:
            return None
        return Level(self.levels[likelihood - 1][impact - 1]).value


def present_matrix(organization: Organization) -> Matrix:
    """Return the organization's matrix; the default one, unsaved, where it has none yet."""
    return getattr(organization, "matrix", None) or Matrix()
