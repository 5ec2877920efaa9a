"""The categories, members and assets of an organization, to choose from in a form."""

from typing import Any
from uuid import UUID

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast

from openrisk.accounts.models import Membership, Organization
from risks.models import Asset, Category
from risks.querysets import person_label

MAX_OFFERED = 300
Choices = dict[str, list[tuple[str, str]]]


def filter_choices(organization: Organization, asset: UUID | None = None) -> Choices:
    """Load the categories, members and assets to choose from in one query.

    Of the assets, the first 300 by name and the chosen one: no one reads a longer list.
    """
    assets = Asset.objects.for_organization(organization)
    offered = assets.order_by("name", "id").values("pk")[:MAX_OFFERED]
    members = Membership.objects.filter(organization=organization)
    categories = Category.objects.for_organization(organization)
    queries = (
        select_choices(categories, "category", "pk", "name"),
        select_choices(members, "owner", "user", person_label("user")),
        select_choices(assets.filter(Q(pk__in=offered) | Q(pk=asset)), "asset", "pk", "name"),
    )
    choices: Choices = {"category": [], "owner": [], "asset": []}
    for kind, value, label in queries[0].union(*queries[1:], all=True):
        choices[kind].append((str(UUID(value)), label))
    return {kind: sorted(rows, key=lambda row: row[1].casefold()) for kind, rows in choices.items()}


def select_choices(rows: Any, kind: str, value: str, label: Any) -> Any:
    return rows.order_by().values_list(
        Value(kind, output_field=CharField()), Cast(value, CharField()), Cast(label, CharField())
    )
