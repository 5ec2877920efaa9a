"""A node with other keys than those of its database does not start."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from openrisk.accounts import key_fingerprints


@register(Tags.database)
def check_keys(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Asked by serve, worker, migrate and doctor; a database without the table knows no keys."""
    if "default" not in (databases or ()):
        return []
    try:
        problems = list(key_fingerprints.find_differences())
    except DatabaseError:
        return []
    return [Error(what, hint=advice, id="openrisk.accounts.E001") for what, advice in problems]
