"""The base class of the admins of accounts."""

from typing import Any

from django.http import HttpRequest

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Role
from openrisk.admin.site import ModelAdmin


class AccountAdmin(ModelAdmin):
    """Administrators see these; the log of the admin itself is for superusers, as it spans them."""

    view_role = Role.ADMIN
    change_role: Role | None = Role.ADMIN

    def get_queryset(self, request: HttpRequest) -> Any:
        administered = get_access(request).query(Role.ADMIN)
        rows = self.model._default_manager.filter(organization__in=administered)
        return rows.select_related("organization", *(self.list_select_related or ("user",)))

    def shows_history(self, request: HttpRequest) -> bool:
        return get_access(request).superuser

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()
