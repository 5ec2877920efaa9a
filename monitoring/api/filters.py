"""What the list of alerts can be filtered by."""

from typing import Any

from django_filters.filters import BooleanFilter

from monitoring.models import Alert
from openrisk.api.filters import OrganizationFilterSet

SAME = ["exact", "in"]


class AlertFilterSet(OrganizationFilterSet):
    firing = BooleanFilter(method="_firing")

    class Meta:
        model = Alert
        fields = {"name": SAME, "severity": SAME, "starts_at": ["gte", "lte"]}

    def _firing(self, rows: Any, name: str, value: bool) -> Any:
        return rows.filter(ends_at__isnull=value)
