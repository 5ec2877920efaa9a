"""The history of accounts, to read: an administrator's organizations, or all for operators."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import AccountEvent, Role
from openrisk.admin.accounts.base import AccountAdmin
from openrisk.admin.site import InfinitePaginator, RelatedFilter, site


@admin.register(AccountEvent, site=site)
class AccountEventAdmin(AccountAdmin):
    change_role = None
    list_display = ("at", "kind", "email", "by", "address", "details", "organization")
    list_display_links = None
    list_filter = ("kind", ("organization", RelatedFilter))
    search_fields = ("email",)
    ordering = ("-id",)
    list_per_page = 100
    paginator = InfinitePaginator
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        events = AccountEvent.objects.select_related("organization", "actor")
        if get_access(request).superuser:
            return events
        return events.seen_by(get_access(request).query(Role.ADMIN))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and get_access(request).has_role(Role.ADMIN)

    @admin.display(description="by", ordering=None)
    def by(self, event: AccountEvent) -> str:
        return str(event.actor) if event.actor else "-"

    def details(self, event: AccountEvent) -> str:
        return "; ".join(f"{name}: {_text(value)}" for name, value in event.detail.items()) or "-"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(part)}" for name, part in value.items())
    if isinstance(value, list):
        return " → ".join(str(part) for part in value) or "-"
    return str(value)
