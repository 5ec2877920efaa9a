"""API tokens and the service accounts that have them.

Administrators see the tokens of their members and end them. They make tokens for service accounts
alone: one of a person is made by that person.
"""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers

from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.members.access import get_access
from openrisk.accounts.members.service_accounts import create_service_account
from openrisk.accounts.models import ApiToken, Membership, Role, ServiceAccount, User
from openrisk.admin.accounts.base import AccountAdmin
from openrisk.admin.accounts.forms import ServiceAccountAddForm, TokenForm
from openrisk.admin.site import RelatedFilter, site
from openrisk.pages.submissions import SHOWN_ONCE, mark_created


@admin.register(ServiceAccount, site=site)
class ServiceAccountAdmin(AccountAdmin):
    """Programs of an organization; their role is on the list of memberships."""

    list_display = ("name", "role", "is_active", "created_at")
    search_fields = ("name",)
    ordering = ("name", "id")
    readonly_fields = ("email", "created_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        visible = Membership.objects.filter(organization__in=get_access(request).query(Role.ADMIN))
        accounts = ServiceAccount.objects.filter(pk__in=visible.values("user"))
        memberships = visible.select_related("organization")
        return accounts.prefetch_related(Prefetch("memberships", memberships, to_attr="shown"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: what it did stays its own. It is deactivated, or its membership removed."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("name", "organization", "role")
        return ("name", "email", "is_active", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change=change, **kwargs)
        form = super().get_form(request, obj, change=change, form=ServiceAccountAddForm, **kwargs)
        form.base_fields["organization"].queryset = get_access(request).query(Role.ADMIN)
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            account = User.objects.get(pk=obj.pk)  # whose receivers write the history
            account.name, account.is_active = obj.name, obj.is_active
            account.save(update_fields=["name", "is_active"])
            return
        created = create_service_account(
            name=form.cleaned_data["name"],
            organization=form.cleaned_data["organization"],
            role=form.cleaned_data["role"],
        )
        vars(obj).update(vars(created))

    @admin.display(description="role")
    def role(self, account: Any) -> str:
        return ", ".join(f"{m.get_role_display()} of {m.organization}" for m in account.shown)


@admin.register(ApiToken, site=site)
class TokenAdmin(AccountAdmin):
    """Tokens are made, shown once, and revoked; they are never changed."""

    form = TokenForm
    sent_again = SHOWN_ONCE
    list_display = (
        "prefix",
        "name",
        "user",
        "organization",
        "read_only",
        "networks",
        "created",
        "expiry",
        "last_used_on",
    )
    list_display_links = None
    list_filter = ("read_only", ("organization", RelatedFilter))
    search_fields = ("name", "token_key", "user__email")
    fields = ("membership", "name", "read_only", "allowed_networks", "days")
    actions = ("delete_selected",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The list only: a page of one token would have its hash in the address."""
        return obj is None and super().has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_access(request).has_role(Role.ADMIN)

    has_delete_permission = has_add_permission

    @admin.display(description="begins with", ordering="token_key")
    def prefix(self, token: ApiToken) -> str:
        return f"{token.token_key}…"

    def networks(self, token: ApiToken) -> str:
        return ", ".join(token.allowed_networks) or "any"

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        accounts = Membership.objects.filter(
            organization__in=get_access(request).query(Role.ADMIN), user__is_service=True
        )
        choices = accounts.select_related("user", "organization").order_by("user__name")
        form.base_fields["membership"].queryset = choices
        form.base_fields["membership"].label_from_instance = lambda membership: (
            f"{membership} - {membership.organization}"
        )
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        given = form.cleaned_data
        token, secret = create_token(
            user=given["membership"].user,
            organization=given["membership"].organization,
            name=given["name"],
            read_only=given["read_only"],
            allowed_networks=given["allowed_networks"],
            lifetime=timedelta(days=given["days"]),
        )
        vars(obj).update(vars(token))
        obj.secret = secret

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: Any = None
    ) -> HttpResponse:
        """Shows the secret in the answer itself: a message would leave it in a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": "The new token",
            "opts": self.opts,
            "secret": obj.secret,
            "text": "Copy the token now. It is shown this once and cannot be read again.",
        }
        response = TemplateResponse(request, "accounts/admin_secret.html", context)
        add_never_cache_headers(response)
        return mark_created(response, "admin:accounts_apitoken_changelist")

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        queryset.revoke()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return [str(token) for token in objs], {"API tokens": len(objs)}, set(), []

    @admin.action(description="Revoke…", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: Any) -> Any:
        return delete_selected(self, request, queryset)
