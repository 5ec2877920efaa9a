"""Sets the user of a request from its session."""

from collections.abc import Callable

from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from openrisk.accounts.credentials import identity
from openrisk.accounts.models import Membership, User


class SessionUserMiddleware:
    """Gives each request the session's `user`, and `membership`: None until it is known.

    The organization is in the address of a page and in a header or token of the API, so what
    guards those sets the membership (`pages.member_required`, `authentication`). The user is found
    when the code asks, without reading rows that the database confirms to be what they were.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = SimpleLazyObject(lambda: find_session_user(request))  # type: ignore[assignment]
        membership: Membership | None = None
        request.membership = membership  # type: ignore[attr-defined]
        return self.get_response(request)


def find_session_user(request: HttpRequest) -> User | AnonymousUser:
    member = identity.session_member(request)
    return member.user if member else get_user(request)  # type: ignore[return-value]
