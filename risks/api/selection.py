"""The rows that a query of a list matches, for what acts on all of them."""

from functools import partial
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization
from openrisk.api.filters import MAX_SEARCH
from openrisk.errors import InvalidParameters
from risks.api.filters import AssetFilterSet, ControlFilterSet, FindingFilterSet, RiskFilterSet
from risks.models import BulkSubject

PAGE_PARAMETERS = ("page", "page_size", "cursor", "ordering")  # they choose no rows


def filter_by_query(
    organization: Organization, query: str, filterset_class: Any = RiskFilterSet
) -> Any:
    """Return the rows that match `status=draft&search=fire`; raise InvalidParameters.

    A filter that is not known matches nothing, instead of all rows.
    """
    given = {name: value for name, value in QueryDict(query).items() if value != ""}
    for name in PAGE_PARAMETERS:
        given.pop(name, None)
    search = given.pop("search", "")
    rows = filterset_class.Meta.model.objects.for_organization(organization)
    filterset = filterset_class(given, queryset=rows, organization=organization)
    errors = {name: list(map(str, texts)) for name, texts in filterset.errors.items()}
    errors |= {
        name: [_("There is no such filter.")] for name in given.keys() - filterset.filters.keys()
    }
    if len(search) > MAX_SEARCH:
        errors["search"] = [_("Search for at most %(most)s characters.") % {"most": MAX_SEARCH}]
    if errors:
        raise InvalidParameters(errors)
    return filterset.qs.search(search) if search else filterset.qs


FILTERS: dict[str, Any] = {
    BulkSubject.RISK: filter_by_query,
    BulkSubject.ASSET: partial(filter_by_query, filterset_class=AssetFilterSet),
    BulkSubject.CONTROL: partial(filter_by_query, filterset_class=ControlFilterSet),
    BulkSubject.FINDING: partial(filter_by_query, filterset_class=FindingFilterSet),
}
