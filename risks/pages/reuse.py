"""Results that pages share with other members through the cache."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.conf import settings

from openrisk.caching.decorators import get_or_compute
from openrisk.caching.principals import principal_of
from openrisk.pages.guards import MemberRequest

Result = TypeVar("Result")


def reuse_or_compute(
    request: MemberRequest,
    key: str,
    compute: Callable[[], Result],
    *,
    reads: Iterable[Any],
    clock: str,
) -> Result:
    """Return `compute()`, from the cache while nothing that it `reads` has changed.

    `key` and `clock` are those of `get_or_compute`: the key names all that the result depends on,
    such as the rights of the member. For a member whom the cache cannot identify exactly, it is
    computed each time.
    """
    if principal_of(request) is None:
        return compute()
    organization = request.membership.organization
    result: Result = get_or_compute(
        f"{key} {organization.slug}",  # addresses in the result have the slug
        compute,
        reads=reads,
        organization_id=organization.pk,
        ttl=settings.CACHE_TTL_RISKS,
        clock=clock,
    )
    return result
