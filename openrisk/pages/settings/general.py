"""The first page of the settings, and the name of the organization."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from openrisk.accounts.members.organizations import rename_organization
from openrisk.accounts.models import Role
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, PageForm, status_of
from openrisk.pages.guards import MemberRequest, member_required, require_role


class OrganizationForm(PageForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)


@require_safe
@member_required(Role.VIEWER)
def settings_page(request: MemberRequest) -> HttpResponse:
    return render(request, "settings/index.html")


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.VIEWER)
def general_page(request: MemberRequest) -> HttpResponse:
    """Show what the organization is called; administrators rename it."""
    organization = request.membership.organization
    form = OrganizationForm(initial={"name": organization.name})
    if request.method == "POST":
        require_role(request, Role.ADMIN)
        form = OrganizationForm(request.POST)
        if form.is_valid():
            try:
                rename_organization(organization=organization, name=form.cleaned_data["name"])
            except REFUSALS as refusal:
                form.add_refusal(refusal)
                return show(request, form, status_of(refusal))
            messages.success(request, _("Saved."))
            return redirect("settings-general", request.organization_slug)
    return show(request, form, 400 if form.errors else 200)


def show(request: MemberRequest, form: OrganizationForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "current": request.membership.organization,
        "may_rename": request.membership.has_role(Role.ADMIN),
    }
    return render(request, "settings/general.html", context, status=status)
