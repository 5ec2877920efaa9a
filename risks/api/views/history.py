"""History as the API shows it."""

from typing import Any

from rest_framework.response import Response

from openrisk.api.filters import FilteredList, Order
from openrisk.api.viewsets import OrganizationViewSet
from risks.history.reading import ROW_FIELDS, changes_of, normalize_changes


def history_response(view: OrganizationViewSet, *object_ids: Any) -> Response:
    """Return a page of the changes of these rows, latest first."""
    order = Order.by_column("-id", changes_of().model)
    changes = order.sort(changes_of(*object_ids))
    page = view.page_of(FilteredList(changes, order, changes), [*ROW_FIELDS, "_order"])
    return view.get_paginated_response([represent_change(row) for row in page])


def represent_change(row: dict[str, Any]) -> dict[str, Any]:
    """Return a change as the API shows it."""
    row["actor_email"] = row.pop("actor__email")
    row["changes"] = normalize_changes(row["model"], row["changes"])
    del row["_order"]
    return row
