"""One page of the list of assets, from its address: with the filters and orders of the API."""

from typing import Any

from django.db.models import QuerySet

from openrisk.accounts.models import Membership
from risks.api.selection import FILTERS
from risks.models import BulkSubject


def match_assets(membership: Membership, query: str) -> QuerySet[Any]:
    """Return the assets that the list shows for a query string, or raise InvalidParameters."""
    rows: QuerySet[Any] = FILTERS[BulkSubject.ASSET](membership.organization, query)
    return rows
