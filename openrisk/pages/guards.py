"""Guards of pages: each lets a request through or answers it, and says who may open the page.

`member_required` is the one place where a page's `request.membership` is set; the API's is set by
`openrisk.api.accounts.authentication`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from openrisk.accounts.credentials import identity
from openrisk.accounts.models import Membership, Role
from openrisk.pages import drafts
from openrisk.pages.accounts import organization_addresses
from openrisk.pages.accounts.sign_in import ask_for_login

Rest = ParamSpec("Rest")


class MemberRequest(HttpRequest):
    """A request that `member_required` let through."""

    membership: Membership
    organization_slug: str  # as in the address
    htmx: Any  # django_htmx.middleware.HtmxDetails


Page = Callable[Concatenate[MemberRequest, Rest], HttpResponseBase]


def member_required(role: Role = Role.VIEWER) -> Callable[[Page[Rest]], Callable[..., Any]]:
    """The page is for members of the organization in the address, with `role`.

    Others log in, get the 404 of an organization that does not exist, or read which role they
    lack. Browsers and proxies may keep no answer without asking again.
    """

    def decorate(view: Page[Rest]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            slug = request.organization_slug = kwargs.pop("organization")
            if not request.user.is_authenticated:
                return _to_login(request)
            membership = identity.session_membership(request)
            if membership is None:
                return organization_addresses.organization_not_found(request)
            request.membership = membership
            require_role(request, role)
            drafts.forget_sent(request)
            response = view(request, *args, **kwargs)
            patch_cache_control(response, private=True, no_cache=True)
            organization_addresses.remember_organization(response, request, slug)
            drafts.fill_draft(request, response)
            return response

        return guarded

    return decorate


def person_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page is about the person who is logged in. Others log in."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_login(request)
        drafts.forget_sent(request)
        response = view(request, *args, **kwargs)
        drafts.fill_draft(request, response)
        return response

    return guarded


def superuser_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page is about the installation, not about an organization. Others log in, or get 403."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_login(request)
        if not request.user.is_superuser:
            raise PermissionDenied(
                _("This is for those who operate this installation: superusers.")
            )
        response = view(request, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return guarded


def require_role(request: MemberRequest, role: Role | str) -> None:
    """Raises PermissionDenied, which says the role that is needed and the one there is."""
    if not request.membership.has_role(role):
        raise PermissionDenied(
            _(
                "This needs the role %(needed)s; yours is %(own)s. Ask an "
                "administrator of your organization."
            )
            % {
                "needed": Role(role).label.lower(),
                "own": Role(request.membership.role).label.lower(),
            }
        )


def _to_login(request: MemberRequest) -> HttpResponse:
    """To the login and back here, with what was typed into a form."""
    if draft := drafts.draft_of(request):
        return ask_for_login(request, draft)
    next_url = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    url = f"{reverse('login')}?{urlencode({'next': next_url})}" if next_url else reverse("login")
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)
