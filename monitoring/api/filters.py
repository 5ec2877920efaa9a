"""The filters of the list of alerts."""

from typing import Any

from django_filters.filters import BooleanFilter

from monitoring.models import Alert
from openrisk.api.filters import OrganizationFilterSet

EQUAL = ["exact", "in"]


class AlertFilterSet(OrganizationFilterSet):
    firing = BooleanFilter(method="filter_firing")

    class Meta:
        model = Alert
        fields = {"name": EQUAL, "severity": EQUAL, "starts_at": ["gte", "lte"]}

    def filter_firing(self, rows: Any, name: str, value: bool) -> Any:
        return rows.filter(ends_at__isnull=value)
