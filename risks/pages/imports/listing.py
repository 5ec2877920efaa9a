"""The list of imports, and the upload of a file."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from openrisk.accounts.models import Role
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.models import ImportRun, Source
from risks.pages.imports.reading import UploadRegisterForm
from risks.pages.imports.run_state import state_of
from risks.registers.options import DEFAULT_OPTIONS
from risks.registers.results import ImportFileError
from risks.tasks import upload_import

PAGE_SIZE = 25


@require_safe
@member_required(Role.VIEWER)
def import_list(request: MemberRequest) -> HttpResponse:
    """List the imports of files: who, when, what and in which state."""
    runs = ImportRun.objects.for_organization(request.membership.organization)
    files = runs.filter(source=Source.IMPORT).select_related("actor", "applied_by")
    unread = ("mapping", "guesses", "notes", "contents", "options")
    paginator = Paginator(files.defer(*unread).order_by("-created_at", "-id"), PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "page": page,
        "runs": [(run, *state_of(run), summarize_counts(run)) for run in page],
        "previous_url": f"?page={page.number - 1}" if page.has_previous() else "",
        "next_url": f"?page={page.number + 1}" if page.has_next() else "",
        "may_import": request.membership.has_role(Role.ANALYST),
        "form": UploadRegisterForm(),
    }
    return render(request, "risks/imports/list.html", context)


def summarize_counts(run: ImportRun) -> str:
    """Return "12 new, 3 changed, 1 in error": what the file does to risks."""
    counts = run.counts.get("risks", {})
    parts = (
        ("create", _("%(count)s new")),
        ("update", _("%(count)s changed")),
        ("unchanged", _("%(count)s unchanged")),
        ("error", _("%(count)s in error")),
    )
    texts = [text % {"count": counts[name]} for name, text in parts if counts.get(name)]
    return ", ".join(texts)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def new_import(request: MemberRequest) -> HttpResponse:
    """Take a file and show its preview; the register stays as it is."""
    if request.method != "POST":
        return show_upload(request, UploadRegisterForm())
    form = UploadRegisterForm(request.POST, request.FILES)
    if not form.is_valid():
        return show_upload(request, form, 400)
    upload: Any = form.cleaned_data["file"]
    try:
        run = upload_import(
            actor=request.membership.user,
            organization=request.membership.organization,
            file=upload,
            file_name=upload.name,
            options=DEFAULT_OPTIONS,
        )
    except ImportFileError as error:
        form.add_error("file", error.located_message)
        return show_upload(request, form, 400)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return show_upload(request, form, status_of(refusal))
    return redirect_to_created("import", request.organization_slug, run.pk)


def show_upload(
    request: MemberRequest, form: UploadRegisterForm, status: int = 200
) -> HttpResponse:
    return render(request, "risks/imports/upload.html", {"form": form}, status=status)
