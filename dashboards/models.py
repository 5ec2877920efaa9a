"""Boards: pages of figures that people compose."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from risks.models import Versioned


class Board(Versioned):
    """Widgets of the catalogue (`dashboards.pages.widgets`) in an order, and saved filters.

    `widgets` is a list of `{"name": <of the catalogue>, "wide": bool}`, `filters` what the address
    of a page may say: period, category, owner, tag, asset. Without `shared` only its owner sees it.
    """

    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    shared = models.BooleanField(default=False)
    widgets = models.JSONField(default=list)
    filters = models.JSONField(default=dict)

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "slug"), name="board_slug_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="board_name_present"),
        )

    def __str__(self) -> str:
        return self.name
