"""Reviews of connectors: one from each organization that has installed it."""

from typing import Any

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from marketplace.models import InstalledApp, Rating, Review
from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.history import recorded
from risks.services import rows


def create_review(
    *, actor: User | None, organization: Organization, connector: str, **fields: Any
) -> Review:
    installed = InstalledApp.objects.for_organization(organization).filter(connector=connector)
    if not installed.exists():
        raise Conflict(
            _("You can review a connector once you have installed it. Install it first.")
        )
    with recorded(actor=actor):
        review = rows.create(
            Review,
            actor=actor,
            organization=organization,
            connector=connector,
            author=actor,
            **fields,
        )
        _update_rating(connector)
    return review


def update_review(
    *, actor: User | None, instance: Review, version: int | None = None, **fields: Any
) -> Review:
    with recorded(actor=actor):
        fields.pop("connector", None)
        review = rows.update(actor=actor, instance=instance, version=version, **fields)
        _update_rating(review.connector)
    return review


def delete_review(*, actor: User | None, instance: Review, version: int | None = None) -> None:
    with recorded(actor=actor):
        rows.delete(actor=actor, instance=instance, version=version)
        _update_rating(instance.connector)


def _update_rating(connector: str) -> None:
    """Count the reviews under a lock, so that two organizations at once are both counted."""
    Rating.objects.get_or_create(connector=connector)
    rating = Rating.objects.select_for_update().get(connector=connector)
    sums = Review.objects.filter(connector=connector).aggregate(n=Count("pk"), sum=Sum("rating"))
    rating.reviews, rating.total = sums["n"], sums["sum"] or 0
    rating.save()
