"""Sources of registers in the admin: how their next file is read, as it was learned."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from openrisk.admin.site import RelatedFilter, site
from risks.admin.base import RegisterAdmin
from risks.admin.imports.forms import SOURCE_FIELDS, SourceForm
from risks.import_runs.sources import edit_source
from risks.models import ImportSource


@admin.register(ImportSource, site=site)
class ImportSourceAdmin(RegisterAdmin):
    """A source appears when an import of it is applied; its page says how the next file is read."""

    form = SourceForm
    update = staticmethod(edit_source)
    fields = ("name", "learned_from", *SOURCE_FIELDS)
    readonly_fields = ("name", "learned_from", *RegisterAdmin.readonly_fields)
    list_display = ("name", "learned_from", "updated_at", "organization")
    list_filter = (("organization", RelatedFilter),)
    list_select_related = ("run",)
    search_fields = ("name",)
    ordering = ("name",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="learned from")
    def learned_from(self, source: ImportSource) -> str:
        return (
            f"{source.run.file_name}, {source.run.applied_at:%Y-%m-%d}" if source.run else "edited"
        )
