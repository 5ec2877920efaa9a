"""Views of the list of risks that people save under a name, and which one opens by default."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import User
from openrisk.text.fields import LineField
from risks.models.base import OrganizationOwned, Versioned
from risks.querysets import OrganizationRowQuerySet

MOST_PARAMETERS = 60
LONGEST_VALUE = 2000


def validate_query(query: Any) -> None:
    """Require an object of texts: the parameters of an address of the list."""
    is_object = isinstance(query, dict) and len(query) <= MOST_PARAMETERS
    if not is_object or any(
        not isinstance(value, str) or len(value) > LONGEST_VALUE or len(name) > 100
        for name, value in query.items()
    ):
        raise ValidationError(
            gettext(
                "Give the parameters of the list as an object of texts: at most %(most)s, of at "
                "most %(longest)s characters."
            )
            % {"most": MOST_PARAMETERS, "longest": LONGEST_VALUE}
        )


class SavedViewQuerySet(OrganizationRowQuerySet):
    def visible_to(self, user: User) -> Self:
        """Return the person's own views, and those that are shared."""
        return self.filter(Q(shared=True) | Q(owner=user))


class SavedView(Versioned):
    """Filters, order, columns, grouping and page size of the list of risks, under a name.

    `query` has them as the parameters of the list's address, so that a view is interpreted as an
    address is: "me" is whoever opens it. Only the owner sees a view that is not shared.
    """

    slug = models.SlugField(max_length=60, editable=False)
    name = LineField(_("name"), max_length=80)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        editable=False,
        verbose_name=_("owner"),
    )
    shared = models.BooleanField(
        _("shared"), default=False, help_text=_("All members of the organization see it.")
    )
    query = models.JSONField(_("query"), default=dict, blank=True, validators=[validate_query])

    objects: ClassVar[Any] = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "slug"), name="saved_view_slug_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_name_present"),
        )
        indexes = (models.Index(fields=("organization", "name", "id"), name="saved_view_order"),)

    def __str__(self) -> str:
        return self.name


class DefaultView(OrganizationOwned):
    """The view that the list opens with: for one person, or without `user` for all members."""

    view = models.ForeignKey(SavedView, models.CASCADE, related_name="defaults")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organization", "user"), name="default_view_of_person"),
            models.UniqueConstraint(
                fields=("organization",),
                condition=Q(user=None),
                name="default_view_of_organization",
            ),
        )

    def __str__(self) -> str:
        return f"{self.view} for {self.user or 'all members'}"
