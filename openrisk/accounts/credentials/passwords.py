"""Passwords: changed by their owner; one that an operator sets is changed at the first login."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from openrisk.accounts import history
from openrisk.accounts.history import Kind
from openrisk.accounts.models import User

CHOICE_REQUIRED = (
    "Your password was set by an operator. Log in at /login/ and choose one of your own first."
)
ALLOWED_BEFORE = ("password", "logout", "login")  # names of routes


@transaction.atomic
def change_password(user: User, password: str) -> None:
    """The person's own new password. Ends all their sessions and tokens."""
    user.password_change_required = False
    user.set_password(password)
    user.save()
    history.record_event(Kind.PASSWORD_CHANGED, person=user, actor=user)


@transaction.atomic
def set_first_password(user: User, password: str) -> None:
    """A password by an operator: the person must replace it before anything else works."""
    if user.is_service:
        raise ValueError(f"{user.email} is a service account, which has tokens and no password.")
    user.set_password(password)
    user.save()
    require_change(user)


def require_change(user: User) -> None:
    """After an operator has set the password."""
    user.password_change_required = True
    user.save(update_fields=["password_change_required"])
    history.record_event(Kind.PASSWORD_SET, person=user)


class PasswordChangeRequiredMiddleware:
    """Leads those whose password an operator has set to the page where they replace it.

    The API refuses them itself (`openrisk.api.accounts.authentication`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]
    ) -> HttpResponse | None:
        if request.path.startswith("/api/") or not request.session.session_key:
            return None
        # Whose session it is, is asked for once: for the organization that the page is about.
        request.organization_slug = kwargs.get("organization")  # type: ignore[attr-defined]
        if not getattr(request.user, "password_change_required", False):
            return None
        if request.resolver_match and request.resolver_match.view_name in ALLOWED_BEFORE:
            return None
        if request.headers.get("HX-Request"):
            return HttpResponseClientRedirect(reverse("password"))
        return HttpResponseRedirect(reverse("password"))
