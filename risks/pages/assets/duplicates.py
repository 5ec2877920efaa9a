"""Assets that are probably there twice."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import CharField, Count, Min, Value
from django.db.models.functions import Cast, Replace
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Organization, Role
from openrisk.pages.guards import MemberRequest, member_required
from risks.models import Asset

PAGE_SIZE = 25
MOST_ALIKE = 10  # assets of one name that are shown together
SEPARATORS = (" ", "-", "_", ".", "/", ",", "(", ")")


def squashed_name() -> Any:
    """Return the name without case, spaces and separators: "Web-Server 1" is "webserver1"."""
    name: Any = Cast("name_key", CharField())
    for separator in SEPARATORS:
        name = Replace(name, Value(separator), Value(""))
    return name


def alike_names(organization: Organization) -> Any:
    """Return the names, squashed, that several assets have, with the number of those."""
    assets = Asset.objects.for_organization(organization).order_by()
    named = assets.annotate(squashed=squashed_name()).values("squashed")
    return (
        named.annotate(number=Count("pk"), first=Min("name"))
        .filter(number__gt=1)
        .order_by("-number", "squashed")
    )


def load_groups(organization: Organization, names: list[str]) -> list[list[dict[str, Any]]]:
    """Return the assets of each of these names, those with most risks first."""
    assets = Asset.objects.for_organization(organization).annotate(squashed=squashed_name())
    rows = assets.filter(squashed__in=names).annotate(risk_count=Count("risk_links"))
    by_name: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    columns = ("pk", "name", "type", "external_id", "squashed", "risk_count")
    for row in rows.order_by("-risk_count", "name", "pk").values(*columns):
        by_name[row["squashed"]].append(row)
    return [group[:MOST_ALIKE] for group in by_name.values() if len(group) > 1]


@require_safe
@member_required(Role.MANAGER)
def duplicates_page(request: MemberRequest) -> HttpResponse:
    """Show assets whose names differ only by case, spaces and separators, side by side."""
    organization = request.membership.organization
    page = Paginator(alike_names(organization), PAGE_SIZE).get_page(request.GET.get("page"))
    groups = load_groups(organization, [row["squashed"] for row in page])
    context = {
        "groups": [(group[0], group[1:]) for group in groups],
        "page": page,
        "previous_url": f"?page={page.number - 1}" if page.has_previous() else "",
        "next_url": f"?page={page.number + 1}" if page.has_next() else "",
    }
    return render(request, "risks/assets/duplicates.html", context)
