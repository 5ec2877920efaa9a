"""Users, memberships, organizations and API tokens, for the administrators of an organization.

An administrator changes a person only who belongs to no organization of somebody else: a password
set here opens every organization that the person is a member of.
"""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Count, Exists, OuterRef, Prefetch
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from openrisk.accounts import services
from openrisk.accounts.access import access
from openrisk.accounts.admin_forms import (
    MembershipAddForm,
    TokenForm,
    UserAddForm,
    UserChangeForm,
)
from openrisk.accounts.models import ApiToken, Membership, Organization, Role, User
from openrisk.admin_site import (
    AdminPasswordChangeForm,
    ModelAdmin,
    RelatedFilter,
    TabularInline,
    site,
)


class AccountAdmin(ModelAdmin):
    """Administrators see these; the history of accounts is for superusers, as it spans them all."""

    view_role = Role.ADMIN
    change_role = Role.ADMIN

    def get_queryset(self, request: HttpRequest) -> Any:
        administered = access(request).query(Role.ADMIN)
        rows = self.model._default_manager.filter(organization__in=administered)
        return rows.select_related("organization", "user")

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Only what the list's own filters ask: no fishing in hashes."""
        names = [item if isinstance(item, str) else item[0] for item in self.list_filter]
        return any(lookup == name or lookup.startswith(f"{name}__") for name in names)

    def shows_history(self, request: HttpRequest) -> bool:
        return access(request).superuser

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()


# --- organizations ----------------------------------------------------------------------------
class MembershipInline(TabularInline):
    """Roles of present members; new ones come by their e-mail, on a page of their own."""

    model = Membership
    fk_name = "organization"
    view_role = change_role = Role.ADMIN
    fields = ("user", "role")
    readonly_fields = ("user",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user").order_by("user__email")


@admin.register(Organization, site=site)
class OrganizationAdmin(AccountAdmin):
    list_display = ("name", "slug", "members", "created_at")
    search_fields = ("name", "slug")
    fields = ("name", "slug")
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> Any:
        return access(request).query(Role.ADMIN).annotate(member_count=Count("memberships"))

    @admin.display(ordering="member_count")
    def members(self, organization: Any) -> int:
        return organization.member_count

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access(request).may(Role.ADMIN, getattr(obj, "pk", None))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access(request).superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: everything that was ever registered would go with it."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if access(request).superuser else ("slug",)


# --- users ------------------------------------------------------------------------------------
class RoleInline(TabularInline):
    """The person's roles where whoever looks is administrator."""

    model = Membership
    fk_name = "user"
    view_role = change_role = Role.ADMIN
    fields = ("organization", "role")

    def get_queryset(self, request: HttpRequest) -> Any:
        visible = access(request).query(Role.ADMIN)
        rows = super().get_queryset(request).filter(organization__in=visible)
        return rows.select_related("organization")

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        return access(request).query(Role.ADMIN)


@admin.register(User, site=site)
class UserAdmin(AccountAdmin, DjangoUserAdmin):  # type: ignore[misc]
    form = UserChangeForm
    add_form = UserAddForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "is_active", "roles", "last_login")
    list_filter = ("is_active",)
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("set_password", "last_login", "created_at")
    actions = ("deactivate",)
    inlines = (RoleInline,)
    add_fieldsets = (
        (None, {"fields": ("email", "name", "password", "again")}),
        ("First role", {"fields": ("organization", "role")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Members of the administered organizations; `outside`: of other ones, too."""
        allowed = access(request)
        visible = Membership.objects.filter(organization__in=allowed.query(Role.ADMIN))
        elsewhere = Membership.objects.filter(user=OuterRef("pk")).exclude(
            organization__in=allowed.query(Role.ADMIN)
        )
        users = User.objects.annotate(outside=Exists(elsewhere)).prefetch_related(
            Prefetch("memberships", visible.select_related("organization"), to_attr="shown")
        )
        return users if allowed.superuser else users.filter(pk__in=visible.values("user"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if access(request).superuser or not isinstance(obj, User):
            return super().has_change_permission(request)
        return not obj.is_superuser and not getattr(obj, "outside", True)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Others deactivate: what a person did stays theirs."""
        return access(request).superuser

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access(request).may(Role.ADMIN)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        power = ["is_superuser"] if access(request).superuser else []
        return [
            (None, {"fields": ["email", "name", "is_active", *power, "set_password"]}),
            ("Record", {"fields": ["last_login", "created_at"]}),
        ]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.person = request.user
        if obj is None:
            organizations = form.base_fields["organization"]
            organizations.queryset = access(request).query(Role.ADMIN)
            for name in ("organization", "role"):  # a superuser may need neither
                form.base_fields[name].required = not access(request).superuser
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            obj.save()
            return
        obj.set_password(form.cleaned_data["password"])
        obj.outside = False
        obj.save()
        if organization := form.cleaned_data["organization"]:
            role = form.cleaned_data["role"]
            services.set_role(user=obj, organization=organization, role=role)

    @admin.display(description="roles")
    def roles(self, user: Any) -> str:
        return ", ".join(f"{m.get_role_display()} of {m.organization}" for m in user.shown) or "-"

    @admin.display(description="password")
    def set_password(self, user: User) -> SafeString:
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a href="{}" class="text-link">Set a new password</a>', url)

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: Any) -> None:
        """Refused from now on, by browser and by token."""
        for user in queryset:
            if user.pk == request.user.pk or not self.has_change_permission(request, user):
                text = f"{user.email}: you may not deactivate this person."
                self.message_user(request, text, messages.ERROR)
                continue
            user.is_active = False
            user.save(update_fields=["is_active"])
            self.log_change(request, user, "Deactivated")
            self.message_user(request, f"{user.email}: deactivated.", messages.SUCCESS)


# --- memberships ------------------------------------------------------------------------------
@admin.register(Membership, site=site)
class MembershipAdmin(AccountAdmin):
    list_display = ("user", "role", "organization", "created_at")
    list_filter = ("role", ("organization", RelatedFilter))
    search_fields = ("user__email", "user__name")
    ordering = ("user__email", "id")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("user", "organization", "role") if obj else ("email", "organization", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("user", "organization") if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = forms.ModelForm if obj else MembershipAddForm
        return super().get_form(request, obj, change=change, **{**kwargs, "form": form})

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        return access(request).query(Role.ADMIN)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        services.set_role(user=obj.user, organization=obj.organization, role=obj.role)


# --- tokens -----------------------------------------------------------------------------------
@admin.register(ApiToken, site=site)
class TokenAdmin(AccountAdmin):
    """Tokens are made, shown once, and revoked; nobody changes one."""

    form = TokenForm
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
        return access(request).may(Role.ADMIN)

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
        members = Membership.objects.filter(organization__in=access(request).query(Role.ADMIN))
        if not access(request).superuser:
            members = members.exclude(user__is_superuser=True)
        choices = members.select_related("user", "organization").order_by("user__email")
        form.base_fields["membership"].queryset = choices
        form.base_fields["membership"].label_from_instance = _member_label
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        given = form.cleaned_data
        token, secret = services.create_token(
            user=given["membership"].user,
            organization=given["membership"].organization,
            name=given["name"],
            read_only=given["read_only"],
            allowed_networks=given["allowed_networks"],
            lifetime=timedelta(days=given["days"]),
        )
        vars(obj).update(vars(token))
        text = f"Copy the token now, it is shown only this once: {secret}"
        self.message_user(request, text, messages.WARNING)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        return redirect("admin:accounts_apitoken_changelist")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return [str(token) for token in objs], {"API tokens": len(objs)}, set(), []

    @admin.action(description="Revoke…", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: Any) -> Any:
        return delete_selected(self, request, queryset)


def _member_label(membership: Membership) -> str:
    return f"{membership} - {membership.organization}"
