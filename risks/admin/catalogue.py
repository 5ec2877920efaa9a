"""Categories, the matrix, assets, frameworks and controls in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Role
from openrisk.admin.site import (
    LinesField,
    RelatedFilter,
    UnfoldAdminColorInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    site,
)
from risks.admin.base import RegisterAdmin, RowInline
from risks.admin.display import level_badge, progress_bar
from risks.admin.forms import RegisterForm
from risks.models import Asset, AssetDependency, Category, Control, Framework, Level, Matrix
from risks.pages.settings.matrix_fields import (
    build_fields,
    initial_values,
    matrix_values,
    sizes_of_matrix,
)
from risks.services import catalogue as services
from risks.services import matrix as matrix_services
from risks.services.matrix.checks import AXES
from risks.services.rows import create_service_for


@admin.register(Category, site=site)
class CategoryAdmin(RegisterAdmin):
    create = staticmethod(create_service_for(Category))
    fields = ("name", "description", "appetite", "owner")
    list_display = ("name", "description", "appetite", "owner", "organization")
    list_select_related = ("owner",)
    list_filter = (("organization", RelatedFilter),)
    search_fields = ("name",)


# --- the matrix -------------------------------------------------------------------------------
class MatrixFormBase(RegisterForm):
    """Reads and writes a matrix whose cells, labels and colours are fields of their own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(initial_values(self.instance))

    def changes(self) -> dict[str, Any]:
        values = matrix_values(self.cleaned_data, sizes_of_matrix(self.instance))
        return {
            name: value for name, value in values.items() if value != getattr(self.instance, name)
        }


def matrix_form(matrix: Matrix) -> type[MatrixFormBase]:
    """Return the form of a matrix of this size: the fields of the page, with widgets of the
    administration."""
    fields = build_fields(sizes_of_matrix(matrix))
    for name, field in fields.items():
        if name.startswith("level_"):
            field.widget = UnfoldAdminSelectWidget(choices=field.choices)  # type: ignore[attr-defined]
        elif name.startswith("colour_"):
            field.widget = UnfoldAdminColorInputWidget()
        else:
            field.widget = UnfoldAdminTextInputWidget(attrs={"maxlength": field.max_length})  # type: ignore[attr-defined]
    return type("MatrixForm", (MatrixFormBase,), dict(fields))


@admin.register(Matrix, site=site)
class MatrixAdmin(RegisterAdmin):
    """One per organization; a change of levels gives all its risks their new levels."""

    update = staticmethod(matrix_services.update_matrix)
    change_role = Role.ADMIN
    compressed_fields = False
    list_display = ("__str__", "updated_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        for organization in get_access(request).query().filter(matrix=None):
            matrix_services.matrix_of(organization)  # creates it
        return super().changelist_view(request, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None:
            kwargs["form"] = matrix_form(obj)
        return super().get_form(request, obj, change=change, **kwargs)

    def sections(self, obj: Matrix) -> list[Any]:
        cells = [
            tuple(f"level_{likelihood}_{impact}" for impact in obj.impacts)
            for likelihood in reversed(obj.likelihoods)
        ]
        meanings = [
            (f"{axis}_{rating}", f"{axis}_{rating}_means")
            for axis in AXES
            for rating in obj.ratings(axis)
        ]
        return [
            (
                "Levels",
                {
                    "fields": cells,
                    "description": "Likelihood x impact. Levels may only rise with either of them. "
                    "How many likelihoods and impacts there are is set in the pages.",
                },
            ),
            ("Labels", {"fields": meanings}),
            (
                "Colours",
                {"fields": [(f"colour_{level}", f"{level}_means") for level in Level.values]},
            ),
        ]

    def write_row(self, request: HttpRequest, obj: Matrix, form: Any, change: bool) -> Any:
        changes = form.changes()
        if "levels" in changes:
            moved = matrix_services.preview_levels(obj.organization, changes["levels"])["changed"]
            self.message_user(
                request,
                ngettext(
                    "%(count)s risk changed its current level.",
                    "%(count)s risks changed their current level.",
                    moved,
                )
                % {"count": moved},
            )
        return super().write_row(request, obj, form, change)


# --- assets -----------------------------------------------------------------------------------
class DependencyInline(RowInline):
    model = AssetDependency
    fk_name = "asset"
    fields = ("kind", "target")
    autocomplete_fields = ("target",)
    form = forms.ModelForm
    verbose_name_plural = "depends on"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj)

    has_delete_permission = has_add_permission

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("asset", "target")

    def write_row(self, actor: Any, parent: Any, row: Any, deleted: bool) -> None:
        if deleted:
            services.remove_dependency(actor=actor, dependency=row.instance)
        else:
            target, kind = row.cleaned_data["target"], row.cleaned_data["kind"]
            services.add_dependency(actor=actor, asset=parent, target=target, kind=kind)


class AssetForm(RegisterForm):
    hostnames = LinesField(required=False, help_text=_("One per line"))
    addresses = LinesField(required=False, help_text=_("One per line"))


@admin.register(Asset, site=site)
class AssetAdmin(RegisterAdmin):
    form = AssetForm
    create = staticmethod(create_service_for(Asset))
    update = staticmethod(services.update_asset)
    delete = staticmethod(services.delete_asset)
    inlines = (DependencyInline,)
    fields = (
        "name",
        "description",
        "type",
        "criticality",
        "owner",
        "external_id",
        "hostnames",
        "addresses",
    )
    list_display = ("name", "type", "criticality_badge", "owner", "external_id", "organization")
    list_select_related = ("owner",)
    list_filter = ("type", "criticality", ("organization", RelatedFilter))
    search_fields = ("name",)

    @admin.display(description="criticality", ordering="criticality")
    def criticality_badge(self, asset: Asset) -> SafeString:
        return level_badge(asset.criticality)


# --- controls ---------------------------------------------------------------------------------
@admin.register(Framework, site=site)
class FrameworkAdmin(RegisterAdmin):
    create = staticmethod(create_service_for(Framework))
    fields = ("name", "edition", "description")
    list_display = ("name", "edition", "implementation", "organization")
    list_filter = (("organization", RelatedFilter),)
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_progress()

    def implementation(self, framework: Any) -> SafeString | str:
        applicable = framework.applicable
        return progress_bar(100 * framework.implemented // applicable) if applicable else "-"


@admin.register(Control, site=site)
class ControlAdmin(RegisterAdmin):
    create = staticmethod(services.create_control)
    update = staticmethod(services.update_control)
    fields = ("framework", "identifier", "title", "text", "parent", "status", "owner")
    list_display = ("identifier", "title", "framework", "status", "owner", "organization")
    list_display_links = ("identifier", "title")
    list_select_related = ("framework", "owner")
    list_filter = ("status", ("framework", RelatedFilter), ("organization", RelatedFilter))
    search_fields = ("title",)
    ordering = ("identifier", "id")
    autocomplete_fields = ("parent",)
