"""A deployment that could open more connections than it may does not start.

What the server itself allows is asked by `manage.py doctor` and by readiness: a check that connects
would keep `manage.py` from running where the database is down.
"""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from openrisk.database.profiles import Demand


@register()
def check_budget(app_configs: Any, **kwargs: Any) -> list[Error]:
    if "postgresql" not in settings.DATABASES["default"]["ENGINE"]:
        return []
    wanted = demand()
    if wanted.total <= settings.DATABASE_BUDGET:
        return []
    return [
        Error(
            f"{settings.WORKERS} processes of {wanted.of_a_process} connections and "
            f"{wanted.total - settings.WORKERS * wanted.of_a_process} in the background are "
            f"{wanted.total}; the budget of the profile {settings.POOL_PROFILE} is "
            f"{settings.DATABASE_BUDGET}.",
            hint="Lower WORKERS or THREADS, or raise DATABASE_BUDGET if the server allows it.",
            id="openrisk.database.E001",
        )
    ]


def demand() -> Demand:
    """Of this deployment, as it is configured."""
    return Demand(
        profile=settings.DATABASE_PROFILE,
        workers=settings.WORKERS,
        threads=settings.THREADS,
        pooled=settings.DATABASE_POOL,
        pushed=settings.CACHE_CONSISTENCY == "push",
    )
