"""The connectors there are: one of each module of `marketplace.connectors` that defines one."""

import importlib
import pkgutil
from functools import cache

from marketplace import connectors as package
from marketplace.connectors.base import Connector


@cache
def connectors() -> dict[str, Connector]:
    """By slug, in the order of their names."""
    found = [
        kind()
        for module in pkgutil.iter_modules(package.__path__)
        for kind in _defined(f"{package.__name__}.{module.name}")
    ]
    return {connector.slug: connector for connector in sorted(found, key=lambda c: c.name.lower())}


def _defined(module: str) -> list[type[Connector]]:
    names = vars(importlib.import_module(module)).values()
    return [
        kind
        for kind in names
        if isinstance(kind, type)
        and issubclass(kind, Connector)
        and kind.__module__ == module
        and hasattr(kind, "slug")
    ]
