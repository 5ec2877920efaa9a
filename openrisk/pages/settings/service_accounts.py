"""Service accounts and their API tokens. A secret is in the answer that makes it, and nowhere else.

A service account has a role of at most manager; its tokens can be limited to reading, to networks
and in time.
"""

from collections import defaultdict
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from openrisk.accounts.credentials.tokens import TokenRefused, create_token
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.members.service_accounts import SERVICE_ROLES, create_service_account
from openrisk.accounts.models import ApiToken, Membership, Role
from openrisk.pages.accounts.account import LimitedTokenForm
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import PageForm
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import SHOWN_ONCE, create_once, mark_created, redirect_to_created

PAGE = "settings-tokens"
ACCOUNT_IDS = "account-%s"  # unlike those of the form for tokens on the same page


class ServiceAccountForm(PageForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=150,
        help_text=gettext_lazy("The program, e.g. “Vulnerability scanner”"),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=SERVICE_ROLES,
        help_text=gettext_lazy("It can do what a member with this role can do, and no more."),
    )


class ServiceTokenForm(LimitedTokenForm):
    account = forms.ModelChoiceField(
        Membership.objects.none(), label=gettext_lazy("Service account"), empty_label=None
    )
    field_order = ("account", "name")

    def __init__(self, accounts: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["account"]
        field.queryset = accounts


@form_on()
@never_cache
@require_http_methods(["GET", "POST"])
@member_required(Role.ADMIN)
@partial(create_once, again=SHOWN_ONCE)
@sensitive_variables("secret")
def token_page(request: MemberRequest) -> HttpResponse:
    """Show service accounts with their tokens; POST makes a token and shows its secret."""
    accounts = accounts_of(request)
    form = ServiceTokenForm(accounts, request.POST or None)
    secret = ""
    if form.is_valid():
        given = form.cleaned_data
        try:
            _token, secret = create_token(
                user=given["account"].user,
                organization=request.membership.organization,
                name=given["name"],
                read_only=given["read_only"],
                allowed_networks=given["allowed_networks"],
                lifetime=timedelta(days=given["days"]),
            )
        except TokenRefused as refusal:
            form.add_refusal(ValidationError({refusal.field: [str(refusal)]}))
        else:
            form = ServiceTokenForm(accounts)
    response = show(request, form=form, secret=secret)
    return mark_created(response, PAGE, request.organization_slug) if secret else response


@form_on(PAGE)
@require_POST
@member_required(Role.ADMIN)
@create_once
def new_account(request: MemberRequest) -> HttpResponse:
    form = ServiceAccountForm(request.POST, auto_id=ACCOUNT_IDS)
    if not form.is_valid():
        return show(request, account_form=form)
    try:
        account = create_service_account(
            organization=request.membership.organization, **form.cleaned_data
        )
    except ValueError as refusal:
        form.add_refusal(ValidationError({"name": [str(refusal)]}))
        return show(request, account_form=form)
    messages.success(
        request, _("Service account %(name)s created. Make a token for it.") % {"name": account}
    )
    return redirect_to_created(PAGE, request.organization_slug)


@require_POST
@member_required(Role.ADMIN)
def change_role(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Give a service account another role, of those that a program may have."""
    account = get_object_or_404(accounts_of(request), pk=pk)
    role = request.POST.get("role", "")
    if role not in dict(SERVICE_ROLES):
        messages.error(request, _("Choose one of the roles."))
    elif role != account.role:
        set_role(user=account.user, organization=request.membership.organization, role=role)
        label = Role(role).label.lower()
        messages.success(
            request,
            _("%(name)s has the role %(role)s now.") % {"name": account.user, "role": label},
        )
    return redirect(PAGE, request.organization_slug)


@require_POST
@member_required(Role.ADMIN)
def remove_account(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Take a service account out of the organization, which ends its tokens."""
    account = get_object_or_404(accounts_of(request), pk=pk)
    name = str(account.user)
    page = redirect(PAGE, request.organization_slug)
    if is_cancelled(request):
        return page
    consequences = [
        _("All its tokens end at once."),
        _("What it did stays in the history under its name."),
    ]
    if question := ask_first(
        request,
        _("Remove the service account %(name)s?") % {"name": name},
        consequences,
        _("Remove"),
    ):
        return render(request, "confirm.html", {"question": question})
    account.delete()
    messages.success(request, _("%(name)s is removed. Its tokens have ended.") % {"name": name})
    return page


@require_POST
@member_required(Role.ADMIN)
def revoke_token(request: MemberRequest, uid: UUID) -> HttpResponse:
    tokens = ApiToken.objects.filter(
        organization=request.membership.organization, user__is_service=True, uid=uid
    )
    token = get_object_or_404(tokens)
    page = redirect(PAGE, request.organization_slug)
    if is_cancelled(request):
        return page
    consequences = [_("What uses it, or a token made with it, is refused at once, for good.")]
    if question := ask_first(
        request, _("Revoke the token %(token)s?") % {"token": token}, consequences, _("Revoke")
    ):
        return render(request, "confirm.html", {"question": question})
    tokens.revoke()
    messages.success(request, _("The token is revoked, and with it those that were made with it."))
    return page


def accounts_of(request: MemberRequest) -> Any:
    """Return the memberships of the organization's service accounts."""
    return (
        Membership.objects.filter(
            organization=request.membership.organization, user__is_service=True
        )
        .select_related("user", "organization")
        .order_by("user__name", "id")
    )


def show(
    request: MemberRequest,
    form: ServiceTokenForm | None = None,
    account_form: ServiceAccountForm | None = None,
    secret: str = "",
) -> HttpResponse:
    accounts = accounts_of(request)
    tokens = defaultdict(list)
    for token in ApiToken.objects.filter(
        organization=request.membership.organization, user__is_service=True
    ).select_related("parent"):
        tokens[token.user_id].append(token)
    context = {
        "accounts": [(account, tokens[account.user_id]) for account in accounts],
        "roles": SERVICE_ROLES,
        "form": form or ServiceTokenForm(accounts),
        "account_form": account_form or ServiceAccountForm(auto_id=ACCOUNT_IDS),
        "secret": secret,
        "now": timezone.now(),
    }
    has_errors = bool((form and form.errors) or (account_form and account_form.errors))
    return render(request, "settings/tokens.html", context, status=400 if has_errors else 200)
