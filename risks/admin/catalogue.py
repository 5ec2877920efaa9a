"""Categories, the matrix, assets, frameworks and controls in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

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
from risks.scoring import SCALE
from risks.services import catalogue as services
from risks.services import matrix as matrix_services
from risks.services.rows import create_service_for

AXES = ("likelihood", "impact")


@admin.register(Category, site=site)
class CategoryAdmin(RegisterAdmin):
    create = staticmethod(create_service_for(Category))
    fields = ("name", "description", "appetite", "owner")
    list_display = ("name", "description", "appetite", "owner", "organization")
    list_select_related = ("owner",)
    list_filter = (("organization", RelatedFilter),)
    search_fields = ("name",)


# --- the matrix -------------------------------------------------------------------------------
MATRIX_FIELDS: dict[str, forms.Field] = {
    **{
        f"level_{likelihood}_{impact}": forms.ChoiceField(
            label=f"{likelihood} x {impact}", choices=Level.choices, widget=UnfoldAdminSelectWidget
        )
        for likelihood in SCALE
        for impact in SCALE
    },
    **{
        f"{axis}_{rating}": forms.CharField(
            label=f"{axis} {rating}".capitalize(),
            max_length=50,
            widget=UnfoldAdminTextInputWidget,
        )
        for axis in AXES
        for rating in SCALE
    },
    **{
        f"colour_{level}": forms.RegexField(
            r"^#[0-9a-fA-F]{6}$", label=Level(level).label, widget=UnfoldAdminColorInputWidget
        )
        for level in Level.values
    },
}


class MatrixFormBase(RegisterForm):
    """Reads and writes a matrix whose cells, labels and colours are fields of their own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        matrix = self.instance
        for likelihood in SCALE:
            for impact in SCALE:
                self.initial[f"level_{likelihood}_{impact}"] = matrix.level(likelihood, impact)
        for axis in AXES:
            for rating, label in zip(SCALE, getattr(matrix, f"{axis}_labels"), strict=True):
                self.initial[f"{axis}_{rating}"] = label
        for level, colour in matrix.colours.items():
            self.initial[f"colour_{level}"] = colour

    def changes(self) -> dict[str, Any]:
        data = self.cleaned_data
        values = {
            "levels": [[data[f"level_{row}_{column}"] for column in SCALE] for row in SCALE],
            "likelihood_labels": [data[f"likelihood_{rating}"] for rating in SCALE],
            "impact_labels": [data[f"impact_{rating}"] for rating in SCALE],
            "colours": {level: data[f"colour_{level}"] for level in Level.values},
        }
        return {
            name: value for name, value in values.items() if value != getattr(self.instance, name)
        }


MatrixForm = type("MatrixForm", (MatrixFormBase,), dict(MATRIX_FIELDS))


@admin.register(Matrix, site=site)
class MatrixAdmin(RegisterAdmin):
    """One per organization; a change of levels gives all its risks their new levels."""

    form = MatrixForm
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

    def sections(self, obj: Matrix) -> list[Any]:
        rows = [tuple(f"level_{row}_{column}" for column in SCALE) for row in reversed(SCALE)]
        labels = [(f"likelihood_{rating}", f"impact_{rating}") for rating in SCALE]
        return [
            (
                "Levels",
                {
                    "fields": rows,
                    "description": "Likelihood x impact. Levels may only rise with either of them.",
                },
            ),
            ("Labels", {"fields": labels}),
            ("Colours", {"fields": [f"colour_{level}" for level in Level.values]}),
        ]

    def write_row(self, request: HttpRequest, obj: Matrix, form: Any, change: bool) -> Any:
        changes = form.changes()
        if "levels" in changes:
            moved = matrix_services.preview_levels(obj.organization, changes["levels"])["changed"]
            self.message_user(request, f"{moved} risks changed their current level.")
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
