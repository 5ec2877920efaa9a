"""Saved views of the list of risks in the admin: those that are shared, and one's own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from openrisk.accounts.models import User
from openrisk.admin.site import RelatedFilter, site
from risks.admin.base import RegisterAdmin
from risks.models import SavedView
from risks.services.workspace import saved_views as services


@admin.register(SavedView, site=site)
class SavedViewAdmin(RegisterAdmin):
    create = staticmethod(services.create_view)
    update = staticmethod(services.update_view)
    delete = staticmethod(services.delete_view)
    fields = ("name", "shared", "query")
    list_display = ("name", "owner", "shared", "updated_at", "organization")
    list_filter = ("shared", ("organization", RelatedFilter))
    list_select_related = ("owner",)
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        assert isinstance(request.user, User)  # noqa: S101  the admin is for those who logged in
        return super().get_queryset(request).visible_to(request.user)
