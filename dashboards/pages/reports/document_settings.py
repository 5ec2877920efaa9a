"""The settings of documents: the confidentiality line and the logo."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from dashboards.documents.logo import draw_logo
from dashboards.documents.settings import look_of, settings_of, update_settings
from dashboards.models import DocumentSettings
from openrisk.accounts.models import Role
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, PageForm, VersionField, status_of
from openrisk.pages.guards import MemberRequest, member_required, require_role


class DocumentSettingsForm(PageForm):
    confidentiality = forms.CharField(
        label=gettext_lazy("Confidentiality line"),
        required=False,
        max_length=120,
        widget=forms.TextInput({"dir": "auto"}),
        help_text=gettext_lazy(
            "At the top of each page, for example “Confidential: for the board only”."
        ),
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.FileInput({"accept": "image/png,image/jpeg"}),
        help_text=gettext_lazy("PNG or JPEG, at most 1 MB. It is at the top of the first page."),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)
    version = VersionField()

    def clean_logo(self) -> bytes | None:
        """Return the picture as it is stored, or None where none was chosen."""
        upload = self.cleaned_data["logo"]
        return draw_logo(upload) if upload else None

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        logo = b"" if data["remove_logo"] and data["logo"] is None else data["logo"]
        return {"confidentiality": data["confidentiality"], "logo": logo}


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.VIEWER)
def document_settings_page(request: MemberRequest) -> HttpResponse:
    """Show the settings; administrators change them."""
    stored = settings_of(request.membership.organization)
    if request.method != "POST":
        return show_settings(request, stored, initial_form(stored))
    require_role(request, Role.ADMIN)
    form, status = DocumentSettingsForm(request.POST, request.FILES), 400
    if form.is_valid():
        try:
            update_settings(
                actor=request.membership.user,
                instance=stored,
                version=form.cleaned_data["version"],
                **form.values(),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
            stored.refresh_from_db()
            form.show_version(stored.version)
        else:
            messages.success(request, _("Saved."))
            return redirect("settings-documents", request.organization_slug)
    return show_settings(request, stored, form, status)


def initial_form(stored: DocumentSettings) -> DocumentSettingsForm:
    values = {"confidentiality": stored.confidentiality, "version": stored.version}
    return DocumentSettingsForm(initial=values)


def show_settings(
    request: MemberRequest, stored: DocumentSettings, form: DocumentSettingsForm, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "stored": stored,
        "may_change": request.membership.has_role(Role.ADMIN),
    }
    return render(request, "dashboards/reports/document_settings.html", context, status=status)


@require_safe
@member_required(Role.VIEWER)
def logo_image(request: MemberRequest) -> HttpResponse:
    logo = look_of(request.membership.organization).logo
    if not logo:
        raise Http404
    return HttpResponse(logo, content_type="image/png")
