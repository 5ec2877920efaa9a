"""Filters of the marketplace's lists."""

from marketplace.models import Delivery, InstalledApp, PackChange, Review, SyncRun
from openrisk.api.filters import OrganizationFilterSet

SAME = ["exact", "in"]
TIME = ["gte", "lte"]


class AppFilterSet(OrganizationFilterSet):
    class Meta:
        model = InstalledApp
        fields = {"connector": SAME, "state": SAME, "name": SAME}


class SyncRunFilterSet(OrganizationFilterSet):
    class Meta:
        model = SyncRun
        fields = {"app": SAME, "status": SAME, "mode": SAME, "created_at": TIME}


class DeliveryFilterSet(OrganizationFilterSet):
    class Meta:
        model = Delivery
        fields = {"app": SAME, "status": SAME, "type": SAME}


class ReviewFilterSet(OrganizationFilterSet):
    class Meta:
        model = Review
        fields = {"connector": SAME, "rating": SAME}


class PackChangeFilterSet(OrganizationFilterSet):
    class Meta:
        model = PackChange
        fields = {"installed": SAME, "pack_version": SAME}
