"""The connectors as one organization sees them."""

from collections import Counter
from typing import Any

from marketplace.connectors.base import Connector
from marketplace.models import InstalledApp, Rating
from marketplace.registry import available_connectors
from openrisk.accounts.models import Organization
from openrisk.text.folding import fold_text


def list_connectors(
    organization: Organization,
    *,
    category: str = "",
    capability: str = "",
    status: str = "",
    search: str = "",
) -> list[dict[str, Any]]:
    """The connectors in the order of their names, with apps and reviews counted.

    `search` is words that must all be in the name, the summary or the documentation.
    """
    connectors = filter_connectors(
        category=category, capability=capability, status=status, search=search
    )
    apps = InstalledApp.objects.for_organization(organization).installed()
    installed = Counter(apps.values_list("connector", flat=True))
    ratings = {rating.connector: rating for rating in Rating.objects.all()}
    return [
        build_row(connector, installed[connector.slug], ratings.get(connector.slug))
        for connector in connectors
    ]


def filter_connectors(
    *, category: str = "", capability: str = "", status: str = "", search: str = ""
) -> list[Connector]:
    def matches(connector: Connector) -> bool:
        texts = (connector.name, connector.slug, connector.summary, connector.documentation)
        text = fold_text(" ".join(texts))
        return (
            (not category or connector.category == category)
            and (not capability or capability in connector.capabilities)
            and (not status or connector.maturity == status)
            and all(word in text for word in fold_text(search).split())
        )

    return [connector for connector in available_connectors().values() if matches(connector)]


def build_row(connector: Connector, installed: int, rating: Rating | None) -> dict[str, Any]:
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
    """One connector with everything to read before installing it."""
    row = next(row for row in list_connectors(organization) if row["slug"] == connector.slug)
    return row | {
        "documentation": connector.documentation,
        "permissions": list(connector.permissions),
        "schema": connector.schema,
        "default_url": connector.default_url,
        "file_names": list(connector.file_names),
        "largest_report": connector.largest_report,
    }
