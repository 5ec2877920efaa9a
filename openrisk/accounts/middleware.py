"""The active organization of a browser session."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from openrisk.accounts.models import Membership, Organization
from openrisk.accounts.services import membership_of

SESSION_KEY = "organization"


class ActiveMembershipMiddleware:
    """Gives each request `membership`: the session user's role in their active organization.

    It is None for anonymous callers and for people without any organization. Token
    authentication replaces it with the token's own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        lazy = SimpleLazyObject(lambda: session_membership(request))
        request.membership = lazy  # type: ignore[attr-defined]
        return self.get_response(request)


def session_membership(request: HttpRequest) -> Membership | None:
    if not request.user.is_authenticated:
        return None
    chosen = request.session.get(SESSION_KEY)
    organization = Organization.objects.filter(pk=UUID(chosen)).first() if chosen else None
    if organization is None:
        return membership_of(request.user, None)
    return membership_of(request.user, organization) or membership_of(request.user, None)
