"""The connectors as one organization sees them."""

from collections import Counter
from typing import Any

from marketplace.connectors.base import Connector
from marketplace.models import InstalledApp, Rating
from marketplace.registry import available_connectors
from openrisk.accounts.models import Organization


def list_connectors(
    organization: Organization,
    *,
    category: str = "",
    capability: str = "",
    status: str = "",
    search: str = "",
) -> list[dict[str, Any]]:
    """In the order of their names, filtered; `search` looks at names, summaries and texts."""
    shown = filter_connectors(
        category=category, capability=capability, status=status, search=search
    )
    installed = Counter(
        InstalledApp.objects.for_organization(organization)
        .installed()
        .values_list("connector", flat=True)
    )
    ratings = {rating.connector: rating for rating in Rating.objects.all()}
    return [_row(c, installed[c.slug], ratings.get(c.slug)) for c in shown]


def filter_connectors(
    *, category: str = "", capability: str = "", status: str = "", search: str = ""
) -> list[Connector]:
    """The connectors that `listed` would show, without what an organization has of them."""
    return [
        connector
        for connector in available_connectors().values()
        if (not category or connector.category == category)
        and (not capability or capability in connector.capabilities)
        and (not status or connector.maturity == status)
        and _mentions(connector, search)
    ]


def _mentions(connector: Connector, search: str) -> bool:
    about = f"{connector.name} {connector.slug} {connector.summary} {connector.documentation}"
    return all(word in about.lower() for word in search.lower().split())


def _row(connector: Connector, installed: int, rating: Rating | None) -> dict[str, Any]:
    reviews = rating.reviews if rating else 0
    return {
        "slug": connector.slug,
        "name": connector.name,
        "version": connector.version,
        "summary": connector.summary,
        "category": connector.category.value,
        "capabilities": [capability.value for capability in connector.capabilities],
        "status": connector.maturity.value,
        "rating": {
            "reviews": reviews,
            "average": round(rating.total / reviews, 2) if rating and reviews else None,
        },
        "installed": installed,
    }


def describe_connector(organization: Organization, connector: Connector) -> dict[str, Any]:
    """One connector with all that a person reads before installing it."""
    row = next(row for row in list_connectors(organization) if row["slug"] == connector.slug)
    return row | {
        "documentation": connector.documentation,
        "permissions": list(connector.permissions),
        "schema": connector.schema,
        "default_url": connector.default_url,
        "file_names": list(connector.file_names),
        "largest_report": connector.largest_report,
    }
