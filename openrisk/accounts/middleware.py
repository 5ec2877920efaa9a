"""Whose browser session it is, and their active organization."""

from collections.abc import Callable

from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from openrisk.accounts import identity
from openrisk.accounts.models import Membership, User


class ActiveMembershipMiddleware:
    """Gives each request `membership`: the session user's role in their active organization.

    It is None for anonymous callers and for people without any organization. Token
    authentication replaces it with the token's own. User and membership are found when somebody
    looks, and without reading their rows where the database confirms that they are what they were.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = SimpleLazyObject(lambda: _user(request))  # type: ignore[assignment]
        lazy = SimpleLazyObject(lambda: _membership(request))
        request.membership = lazy  # type: ignore[attr-defined]
        return self.get_response(request)


def _user(request: HttpRequest) -> User | AnonymousUser:
    member = identity.session_member(request)
    return member.user if member else get_user(request)  # type: ignore[return-value]


def _membership(request: HttpRequest) -> Membership | None:
    member = identity.session_member(request)
    if member is not None and member.user == request.user:
        return member
    return identity.session_membership(request)
