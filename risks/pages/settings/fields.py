"""The custom fields of an organization: list, order, add, edit, retire and delete them."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openrisk.accounts.models import Organization, Role
from openrisk.errors import StaleVersion
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import (
    REFUSALS,
    PageForm,
    VersionField,
    parse_version,
    refusal_sentence,
    status_of,
)
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.custom_fields import services
from risks.custom_fields.values import parse_text, value_text
from risks.models import CustomField, CustomFieldKind
from risks.models.custom_fields import LONGEST_KEY
from risks.pages.workspace.deleted import offer_restore

PAGE = "settings-fields"
CHANGES_FIELDS = Role.ADMIN


class DefinitionForm(PageForm):
    """The definition of a field; `instance` is None for a new one."""

    label = forms.CharField(
        label=gettext_lazy("Label"),
        max_length=80,
        widget=forms.TextInput({"dir": "auto"}),
        help_text=gettext_lazy("What the field is called in forms, lists and files"),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Type"), choices=CustomFieldKind.choices)
    options = forms.CharField(
        label=gettext_lazy("Options"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 5, "dir": "auto"}),
        help_text=gettext_lazy("Of a choice: one on each line, in their order"),
    )
    unit = forms.CharField(
        label=gettext_lazy("Unit or currency"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("Of a number, e.g. days; of money its currency, e.g. EUR"),
    )
    help = forms.CharField(
        label=gettext_lazy("Help"),
        required=False,
        max_length=255,
        widget=forms.TextInput({"dir": "auto"}),
        help_text=gettext_lazy("Shown below the field in forms"),
    )
    required = forms.BooleanField(
        label=gettext_lazy("Required"),
        required=False,
        help_text=gettext_lazy("People must fill it in; imports may leave it empty"),
    )
    default = forms.CharField(
        label=gettext_lazy("Default"),
        required=False,
        max_length=20_000,
        widget=forms.TextInput({"dir": "auto"}),
        help_text=gettext_lazy("The value of a new risk, as one would write it into a file"),
    )
    key = forms.SlugField(
        label=gettext_lazy("Key"),
        required=False,
        max_length=LONGEST_KEY,
        help_text=gettext_lazy(
            "The name for the API and for files; made from the label where it is empty. It never "
            "changes."
        ),
    )
    version = VersionField()

    def __init__(self, data: Any = None, *, instance: CustomField | None = None) -> None:
        super().__init__(data, initial=stored_fields(instance) if instance else {})
        self.instance = instance
        if instance is not None:
            del self.fields["key"]
        else:
            self.fields["label"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "options" in data:
            data["options"] = [
                line.strip() for line in data["options"].splitlines() if line.strip()
            ]
        if data.get("default") and not self.errors:
            names = ("kind", "options", "unit")
            described = CustomField(**{name: data[name] for name in names})
            try:
                data["default"] = parse_text(described, data["default"], lambda text: None)
            except forms.ValidationError as error:
                self.add_error("default", error)
        return data

    def values(self) -> dict[str, Any]:
        """Return the definition, as arguments of the services."""
        values = {name: self.cleaned_data[name] for name in self.fields if name != "version"}
        return {**values, "default": None if values["default"] == "" else values["default"]}


def stored_fields(field: CustomField) -> dict[str, Any]:
    names = ("label", "kind", "unit", "help", "required", "version")
    return {
        **{name: getattr(field, name) for name in names},
        "options": "\n".join(field.options),
        "default": value_text(field, field.default, {}),
    }


@require_safe
@member_required(Role.VIEWER)
def field_list(request: MemberRequest) -> HttpResponse:
    fields = services.fields_of(request.membership.organization)
    context = {
        "fields": [field for field in fields.values() if not field.is_retired],
        "retired": [field for field in fields.values() if field.is_retired],
        "may_change": request.membership.has_role(CHANGES_FIELDS),
        "most": services.MOST_FIELDS,
    }
    return render(request, "risks/settings/fields.html", context)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(CHANGES_FIELDS)
@create_once
def new_field(request: MemberRequest) -> HttpResponse:
    form = DefinitionForm(request.POST or None)
    status = 200
    if form.is_valid():
        try:
            field = services.create_field(
                actor=request.membership.user,
                organization=request.membership.organization,
                **form.values(),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            sentence = _("“%(field)s” is added. Forms, lists and files have it now.")
            messages.success(request, sentence % {"field": field})
            return redirect_to_created(PAGE, request.organization_slug)
    return show_form(request, form, status)


def find_field(organization: Organization, pk: UUID) -> CustomField:
    fields = CustomField.objects.for_organization(organization)
    field: CustomField = get_object_or_404(fields, pk=pk)
    field.organization = organization
    return field


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(CHANGES_FIELDS)
def edit_field(request: MemberRequest, pk: UUID) -> HttpResponse:
    field = find_field(request.membership.organization, pk)
    form = DefinitionForm(request.POST or None, instance=field)
    status = 200
    if form.is_valid():
        try:
            services.update_field(
                actor=request.membership.user,
                instance=field,
                version=form.cleaned_data["version"],
                **form.values(),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
            if isinstance(refusal, StaleVersion):
                form.show_version(field.version)
        else:
            messages.success(request, _("Saved."))
            return redirect(PAGE, request.organization_slug)
    return show_form(request, form, status)


def show_form(request: MemberRequest, form: DefinitionForm, status: int = 200) -> HttpResponse:
    field = form.instance
    context = {
        "form": form,
        "field": field,
        "heading": field.label if field else _("New field"),
        "used": services.count_values(field) if field else 0,
    }
    if status == 200 and form.errors:
        status = 400
    return render(request, "risks/settings/field.html", context, status=status)


@require_POST
@member_required(CHANGES_FIELDS)
def order_fields(request: MemberRequest) -> HttpResponse:
    """Take the order of the list, or move one field up or down."""
    organization = request.membership.organization
    keys = request.POST.getlist("keys")
    direction, _colon, key = request.POST.get("move", "").partition(":")
    if key in keys and direction in ("up", "down"):
        position = keys.index(key)
        other = position + (1 if direction == "down" else -1)
        if 0 <= other < len(keys):
            keys[position], keys[other] = keys[other], keys[position]
    services.order_fields(actor=request.membership.user, organization=organization, keys=keys)
    messages.success(request, _("The order is saved."))
    return redirect(PAGE, request.organization_slug)


@require_POST
@member_required(CHANGES_FIELDS)
def retire_field(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Retire a field after a question, or offer a retired one again without."""
    field = find_field(request.membership.organization, pk)
    page = redirect(PAGE, request.organization_slug)
    if is_cancelled(request):
        return page
    known: dict[str, Any] = {
        "actor": request.membership.user,
        "instance": field,
        "version": parse_version(request.POST.get("version", "")),
    }
    try:
        if field.is_retired:
            services.restore_field(**known)
            messages.success(request, _("“%(field)s” is offered again.") % {"field": field})
            return page
        consequences = [
            _("Forms no longer offer it. The values that risks have stay, and can be read."),
            _("It can be offered again at any time."),
        ]
        title = _("Retire “%(field)s”?") % {"field": field}
        if question := ask_first(request, title, consequences, _("Retire")):
            return render(request, "confirm.html", {"question": question})
        services.retire_field(**known)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    else:
        messages.success(request, _("“%(field)s” is retired.") % {"field": field})
    return page


@require_POST
@member_required(CHANGES_FIELDS)
def delete_field(request: MemberRequest, pk: UUID) -> HttpResponse:
    field = find_field(request.membership.organization, pk)
    page = redirect(PAGE, request.organization_slug)
    if is_cancelled(request):
        return page
    consequences = [
        _("No risk may have a value of it. A field with values is retired instead."),
        _("It can be restored from the deleted items."),
    ]
    title = _("Delete “%(field)s”?") % {"field": field}
    if question := ask_first(request, title, consequences, _("Delete")):
        return render(request, "confirm.html", {"question": question})
    version = parse_version(request.POST.get("version", ""))
    try:
        item = services.delete_field(actor=request.membership.user, instance=field, version=version)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    else:
        offer_restore(request, item)
    return page
