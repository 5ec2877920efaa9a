"""Columns that imports kept on risks, and how one of them becomes a field."""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from openrisk.accounts.models import Organization
from openrisk.caching.decorators import get_or_compute
from openrisk.limits import LINE
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, PageForm, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.custom_fields import services
from risks.custom_fields.extra_columns import list_extra_columns
from risks.custom_fields.values import CHOSEN
from risks.models import BulkKind, CustomField, CustomFieldKind, Risk
from risks.pages.settings.fields import CHANGES_FIELDS
from risks.services.bulk_changes import lifecycle
from risks.services.rows import field_error


class ColumnToFieldForm(PageForm):
    """The field that gets the values of a column: one that there is, or a new one."""

    field = forms.ChoiceField(label=gettext_lazy("Field"), required=False)
    label = forms.CharField(
        label=gettext_lazy("Label of the new field"),
        required=False,
        max_length=80,
        widget=forms.TextInput({"dir": "auto"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Type of the new field"), choices=CustomFieldKind.choices, required=False
    )
    options = forms.CharField(
        label=gettext_lazy("Options"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
        help_text=gettext_lazy(
            "Of a choice: one on each line. Leave it empty to take the values of the column."
        ),
    )
    unit = forms.CharField(
        label=gettext_lazy("Unit or currency"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("Of a number, e.g. days; of money its currency, e.g. EUR"),
    )

    def __init__(self, organization: Organization, column: str, data: Any = None) -> None:
        super().__init__(data, initial={"label": column[:80], "kind": CustomFieldKind.TEXT})
        fields = services.fields_of(organization)
        self.offered = {key: field for key, field in fields.items() if not field.is_retired}
        choice: Any = self.fields["field"]
        choice.choices = [
            ("", _("A new field")),
            *((key, field.label) for key, field in self.offered.items()),
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("field") and not data.get("label"):
            self.add_error("label", _("Name the new field, or choose one that there is."))
        if not data.get("field") and not data.get("kind"):
            self.add_error("kind", _("Choose the type of the new field."))
        return data


def find_columns(organization: Organization) -> list[dict[str, Any]]:
    """Return the columns from the cache, or count them."""
    columns: list[dict[str, Any]] = get_or_compute(
        f"extra columns {organization.slug}",
        lambda: [asdict(column) for column in list_extra_columns(organization)],
        reads=(Risk,),
        organization_id=organization.pk,
        ttl=settings.CACHE_TTL_RISKS,
    )
    return columns


@require_safe
@member_required(CHANGES_FIELDS)
def column_list(request: MemberRequest) -> HttpResponse:
    columns = find_columns(request.membership.organization)
    address = reverse("field-from-column", args=[request.organization_slug])
    rows = [
        {**column, "url": f"{address}?{urlencode({'column': column['name']})}"}
        for column in columns
        if len(column["name"]) <= LINE
    ]
    return render(request, "risks/settings/imported_columns.html", {"columns": rows})


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(CHANGES_FIELDS)
@create_once
def field_from_column(request: MemberRequest) -> HttpResponse:
    """Ask for the field; then preview which values convert, and which do not."""
    organization = request.membership.organization
    column = request.GET.get("column", "")
    known = next((row for row in find_columns(organization) if row["name"] == column), None)
    if known is None:
        raise Http404
    form = ColumnToFieldForm(organization, column, request.POST or None)
    status = 400 if form.errors else 200
    if form.is_valid():
        try:
            change = preview_conversion(request, form, column)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            return redirect_to_created("risk-change", request.organization_slug, change.pk)
    context = {"form": form, "column": known}
    return render(request, "risks/settings/field_from_column.html", context, status=status)


def preview_conversion(request: MemberRequest, form: ColumnToFieldForm, column: str) -> Any:
    organization, actor = request.membership.organization, request.membership.user
    risks = Risk.objects.for_organization(organization).filter(extra__has_key=column)
    with transaction.atomic():
        field = form.offered.get(form.cleaned_data["field"])
        if field is None:
            field = create_field_for(request, form, column, risks)
        change = lifecycle.preview_change(
            actor=actor,
            organization=organization,
            kind=BulkKind.EXTRA_COLUMN,
            value={"key": field.key, "column": column},
            rows=risks,
        )
    if field.key not in form.offered:
        messages.success(request, _("The field “%(field)s” is added.") % {"field": field})
    return change


def create_field_for(
    request: MemberRequest, form: ColumnToFieldForm, column: str, risks: Any
) -> CustomField:
    data = form.cleaned_data
    options = [line.strip() for line in data["options"].splitlines() if line.strip()]
    if data["kind"] in CHOSEN and not options:
        options = values_of_column(column, data["kind"], risks)
    return services.create_field(
        actor=request.membership.user,
        organization=request.membership.organization,
        label=data["label"],
        kind=data["kind"],
        unit=data["unit"],
        options=options,
    )


def values_of_column(column: str, kind: str, risks: Any) -> list[str]:
    """Return the different texts of a column as options; those of a list one by one."""
    texts: dict[str, None] = {}
    for extra in risks.order_by("number").values_list("extra", flat=True).iterator(chunk_size=1000):
        text = str(extra.get(column) or "")
        parts = [text] if kind == CustomFieldKind.CHOICE else text.replace(",", ";").split(";")
        texts |= dict.fromkeys(part.strip() for part in parts if part.strip())
        if len(texts) > services.MOST_OPTIONS:
            message = _(
                "The column has more than %(most)s different values. Write the options yourself, "
                "or choose the type Text."
            )
            raise field_error("options", message % {"most": services.MOST_OPTIONS})
    return sorted(texts, key=str.casefold)
