"""Organizations, their memberships, and, for operators alone, the accounts of people."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from openrisk.accounts.credentials.passwords import set_first_password
from openrisk.accounts.members import memberships as services
from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Membership, Organization, Role, User
from openrisk.admin.accounts.base import AccountAdmin
from openrisk.admin.accounts.forms import FirstPasswordForm, RoleForm, UserAddForm, UserChangeForm
from openrisk.admin.site import RelatedFilter, TabularInline, site


# --- organizations ----------------------------------------------------------------------------
class MembershipInline(TabularInline):
    """Roles of present members; new ones are invited."""

    model = Membership
    fk_name = "organization"
    form = RoleForm
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
        return get_access(request).query(Role.ADMIN).annotate(member_count=Count("memberships"))

    @admin.display(ordering="member_count")
    def members(self, organization: Any) -> int:
        return organization.member_count

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_access(request).has_role(Role.ADMIN, getattr(obj, "pk", None))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_access(request).superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: everything that was ever registered would go with it."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if get_access(request).superuser else ("slug",)


# --- users, for operators -----------------------------------------------------------------------
class RoleInline(TabularInline):
    """The person's roles; new ones come by an invitation that the person accepts."""

    model = Membership
    fk_name = "user"
    form = RoleForm
    view_role = change_role = Role.ADMIN
    fields = ("organization", "role")
    readonly_fields = ("organization",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("organization", "user")


@admin.register(User, site=site)
class UserAdmin(AccountAdmin, DjangoUserAdmin):  # type: ignore[misc]
    """The accounts of people, in all organizations: for superusers alone."""

    form = UserChangeForm
    add_form = UserAddForm
    secret_fields = ("password", "again")
    change_password_form = FirstPasswordForm
    list_display = ("email", "name", "is_active", "roles", "last_login")
    list_filter = ("is_active",)
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("set_password", "last_login", "created_at")
    actions = ("deactivate",)
    inlines = (RoleInline,)
    add_fieldsets = ((None, {"fields": ("email", "name", "password", "again")}),)
    fieldsets = (
        (None, {"fields": ("email", "name", "is_active", "is_superuser", "set_password")}),
        ("Record", {"fields": ("last_login", "created_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        memberships = Membership.objects.select_related("organization")
        people = User.objects.filter(is_service=False)
        return people.prefetch_related(Prefetch("memberships", memberships, to_attr="shown"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_access(request).superuser

    has_change_permission = has_view_permission
    has_add_permission = has_view_permission  # type: ignore[assignment]
    has_delete_permission = has_view_permission
    has_module_permission = has_view_permission

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.person = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.save()
        if not change:
            set_first_password(obj, form.cleaned_data["password"])

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  Django's name
        form_url: str = "",
    ) -> HttpResponse:
        if str(request.user.pk) == id:
            return redirect("password")
        return super().user_change_password(request, id, form_url)

    @admin.display(description="roles")
    def roles(self, user: Any) -> str:
        return ", ".join(f"{m.get_role_display()} of {m.organization}" for m in user.shown) or "-"

    @admin.display(description="password")
    def set_password(self, user: User) -> SafeString:
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a href="{}" class="text-link">Set a first password</a>', url)

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: Any) -> None:
        """Refused from now on, by browser and by token."""
        for user in queryset:
            if user.pk == request.user.pk:
                text = "You cannot deactivate yourself. Ask another operator."
                self.message_user(request, text, messages.ERROR)
                continue
            user.is_active = False
            user.save(update_fields=["is_active"])
            self.log_change(request, user, "Deactivated")
            self.message_user(request, f"{user.email}: deactivated.", messages.SUCCESS)


# --- memberships --------------------------------------------------------------------------------
@admin.register(Membership, site=site)
class MembershipAdmin(AccountAdmin):
    """The members of the organization and their roles. New members are invited."""

    form = RoleForm
    list_display = ("user", "email", "role", "organization", "created_at")
    list_filter = ("role", ("organization", RelatedFilter))
    search_fields = ("user__email", "user__name")
    ordering = ("user__email", "id")
    fields = ("person", "organization", "role")
    readonly_fields = ("person", "organization")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name what each member is responsible for: it stays behind."""
        chosen = list(objs)
        names: list[Any] = []
        for membership in chosen:
            names.append(str(membership))
            if sentences := services.responsibilities_of(membership):
                names.append(sentences)
        return names, {"members": len(chosen)}, set(), []

    def email(self, membership: Membership) -> str:
        return membership.user.email

    def person(self, membership: Membership) -> str:
        return str(membership.user)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        services.set_role(user=obj.user, organization=obj.organization, role=obj.role)
