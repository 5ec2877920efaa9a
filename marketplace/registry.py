"""Finds the connectors: each is a class with a slug in a module of a shelf of `connectors`."""

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from marketplace import connectors as package
from marketplace.connectors.base import Connector

if TYPE_CHECKING:
    from marketplace.models import InstalledApp


@cache
def available_connectors() -> dict[str, Connector]:
    """All connectors by slug, in the order of their names."""
    kinds: set[type[Connector]] = set()
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        kinds |= {
            value
            for value in vars(importlib.import_module(module.name)).values()
            if isinstance(value, type)
            and issubclass(value, Connector)
            and value.__module__ == module.name
            and hasattr(value, "slug")
        }
    instances = sorted((kind() for kind in kinds), key=lambda connector: connector.name.lower())
    return {connector.slug: connector for connector in instances}


def connector_of(app: "InstalledApp") -> Connector:
    return available_connectors()[app.connector]
