"""The forms that create, edit and delete controls and frameworks."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from openrisk.accounts.models import Role
from openrisk.errors import StaleVersion
from openrisk.pages.confirmation import Question, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, parse_version, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import CreatedRedirect, create_once
from risks.models import Control, Framework
from risks.pages.controls.control import find_control
from risks.pages.controls.forms import ControlForm, FrameworkForm
from risks.pages.workspace.deleted import offer_restore, restorable_sentence
from risks.services import rows
from risks.services.catalogue import create_control, update_control
from risks.services.deletion import describe_parts


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
@create_once
def new_control(request: MemberRequest) -> HttpResponse:
    organization = request.membership.organization
    form = ControlForm(request.POST or None, organization=organization)
    form.initial.update(framework=request.GET.get("framework", ""))
    context = {"heading": _("New control"), "back": list_address(request)}

    def create() -> Control:
        return create_control(
            actor=request.membership.user, organization=organization, **form.cleaned_data
        )

    return create_row(request, form, create, control_address, context)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
@create_once
def new_framework(request: MemberRequest) -> HttpResponse:
    form = FrameworkForm(request.POST or None)
    context = {"heading": _("New framework"), "back": list_address(request)}

    def create() -> Framework:
        return rows.create(
            Framework,
            actor=request.membership.user,
            organization=request.membership.organization,
            **form.cleaned_data,
        )

    return create_row(request, form, create, list_address, context)


def create_row(
    request: MemberRequest,
    form: Any,
    create: Callable[[], Any],
    address: Callable[[MemberRequest, Any], str],
    context: dict[str, Any],
) -> HttpResponse:
    """Create a row from the form and lead to it, or show the form with the reasons against it."""
    status = 400 if form.is_bound else 200
    if form.is_valid():
        try:
            row = create()
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("“%(name)s” created.") % {"name": row})
            return CreatedRedirect(address(request, row))
    return show_form(request, form, context, status)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def edit_control(request: MemberRequest, pk: UUID) -> HttpResponse:
    control = find_control(request, pk)
    form = ControlForm(request.POST or None, organization=control.organization, instance=control)
    context = {
        "heading": _("Edit %(control)s") % {"control": control.identifier},
        "row": control,
        "back": control_address(request, control),
        "delete": "control-delete",
    }
    return edit_row(request, form, control, update_control, context)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def edit_framework(request: MemberRequest, pk: UUID) -> HttpResponse:
    framework = find_framework(request, pk)
    form = FrameworkForm(request.POST or None, instance=framework)
    context = {
        "heading": _("Edit %(framework)s") % {"framework": framework},
        "row": framework,
        "back": list_address(request, framework),
        "delete": "framework-delete",
    }
    return edit_row(request, form, framework, rows.update, context)


def edit_row(
    request: MemberRequest,
    form: Any,
    row: Any,
    update: Callable[..., Any],
    context: dict[str, Any],
) -> HttpResponse:
    """Save the form by `update` and lead back; or show it, with the reasons of a refusal.

    Where someone else changed the row, stored and typed values are shown side by side.
    """
    form.keep_chosen()
    status = 400 if form.is_bound else 200
    if form.is_valid():
        changes = form.changes()
        try:
            if changes:
                version = form.cleaned_data["version"]
                update(actor=request.membership.user, instance=row, version=version, **changes)
        except StaleVersion:
            row.refresh_from_db()
            form.show_version(row.version)
            status, context = 409, {**context, "differences": form.differences()}
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
            return redirect(context["back"])
    return show_form(request, form, context, status)


def show_form(
    request: MemberRequest, form: Any, context: dict[str, Any], status: int
) -> HttpResponse:
    context = {
        **context,
        "form": form,
        "may_decide": request.membership.has_role(Role.MANAGER),
    }
    return render(request, "risks/controls/form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def delete_control(request: MemberRequest, pk: UUID) -> HttpResponse:
    control = find_control(request, pk)
    return delete_row(
        request,
        control,
        _("Delete %(control)s?") % {"control": control.identifier},
        control_address(request, control),
    )


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def delete_framework(request: MemberRequest, pk: UUID) -> HttpResponse:
    framework = find_framework(request, pk)
    return delete_row(
        request,
        framework,
        _("Delete %(framework)s?") % {"framework": framework},
        list_address(request, framework),
    )


def delete_row(request: MemberRequest, row: Any, title: str, page: str) -> HttpResponse:
    """Ask for confirmation, listing what is deleted with the row; then delete it."""
    if is_cancelled(request):
        return redirect(page)
    if request.POST.get("confirmed") != "yes":
        parts = describe_parts(row)
        consequences = [
            _("“%(name)s” is removed from the lists, and from the risks it acts on.")
            % {"name": row},
            _("Also deleted: %(parts)s.") % {"parts": parts}
            if parts
            else _("Nothing else is deleted."),
            restorable_sentence(),
        ]
        question = Question(
            title, consequences, title[:-1], [("version", str(row.version))], request.path
        )
        return render(request, "confirm.html", {"question": question})
    try:
        version = parse_version(request.POST.get("version", ""))
        item = rows.delete(actor=request.membership.user, instance=row, version=version)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
        return redirect(page)
    offer_restore(request, item)
    return redirect("controls", request.organization_slug)


def find_framework(request: MemberRequest, pk: UUID) -> Framework:
    """Return the framework of the organization of the page, or 404."""
    frameworks = Framework.objects.for_organization(request.membership.organization)
    framework: Framework = get_object_or_404(frameworks, pk=pk)
    framework.organization = request.membership.organization
    return framework


def control_address(request: MemberRequest, control: Control) -> str:
    return reverse("control", args=[request.organization_slug, control.pk])


def list_address(request: MemberRequest, framework: Framework | None = None) -> str:
    """Return the address of the controls, of all frameworks or of one."""
    query = {"framework": str(framework.pk)} if framework else {}
    return reverse("controls", args=[request.organization_slug], query=query)
