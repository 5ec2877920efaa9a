"""Import of assets from a spreadsheet: upload it, look at the preview, apply it, undo it."""

import hashlib
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openrisk.accounts.models import Role
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, PageForm, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.api.import_access import apply_reason, undo_reason
from risks.import_runs import lifecycle, undo
from risks.import_runs.importers.inventory import INVENTORY, is_inventory
from risks.models import Asset, AssetDependency, ImportRun, RowAction, RunStatus, Source
from risks.registers.inventory.assets import InventoryTable, read_inventory
from risks.registers.results import ImportFileError
from risks.text import shorten_text

PAGE_SIZE = 50
COUNTED = ((Asset, gettext_lazy("Assets")), (AssetDependency, gettext_lazy("Dependencies")))
ACTIONS = {
    RowAction.CREATE: gettext_lazy("new"),
    RowAction.UPDATE: gettext_lazy("changed"),
    RowAction.UNCHANGED: gettext_lazy("unchanged"),
    RowAction.ERROR: gettext_lazy("in error"),
}


class AssetFileForm(PageForm):
    file = forms.FileField(
        label=gettext_lazy("CSV or XLSX file"),
        widget=forms.FileInput({"accept": ".csv,.xlsx"}),
        help_text=gettext_lazy("With a header row; the column of the assets is called Name"),
    )


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def import_assets(request: MemberRequest) -> HttpResponse:
    """Read a file and preview what it would do. Nothing is changed yet."""
    form = AssetFileForm(request.POST or None, request.FILES or None)
    status = 200
    if form.is_valid():
        try:
            run = preview_file(request, form.cleaned_data["file"])
        except ImportFileError as error:
            form.add_error("file", error.located_message)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            return redirect_to_created("asset-import-run", request.organization_slug, run.pk)
    status = 400 if form.errors and status == 200 else status
    return render(request, "risks/assets/import.html", {"form": form}, status=status)


def preview_file(request: MemberRequest, file: Any) -> ImportRun:
    data = file.read()
    name = shorten_text(PurePath(file.name.replace("\\", "/")).name, 255)
    table = read_inventory(data, name)
    run = ImportRun(
        organization=request.membership.organization,
        source=Source.IMPORT,
        source_name=shorten_text(PurePath(name).stem, 150),
        file_name=name,
        file_size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        options={INVENTORY: True},
        notes=notes_on(table),
    )
    return lifecycle.start_run(actor=request.membership.user, run=run, records=table.records)


def notes_on(table: InventoryTable) -> list[str]:
    left_out = [header for header, name in table.columns if not name]
    if not left_out:
        return []
    text = _("Columns that are not read: %(names)s.")
    return [text % {"names": ", ".join(left_out)[:500]}]


def find_run(request: MemberRequest, pk: UUID) -> ImportRun:
    """Return an import of assets of the member's organization, or 404."""
    runs = ImportRun.objects.for_organization(request.membership.organization)
    run: ImportRun = get_object_or_404(runs, pk=pk)
    if not is_inventory(run):
        raise Http404
    run.organization = request.membership.organization
    return run


@require_safe
@member_required(Role.ANALYST)
def run_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    run = find_run(request, pk)
    action = request.GET.get("action", "")
    rows = run.rows.order_by("row_number", "id")
    if action in RowAction.values:
        rows = rows.filter(action=action)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    query = f"action={action}&" if action else ""
    context = {
        "run": run,
        "figures": list_figures(run),
        "rows": [(row, ACTIONS[RowAction(row.action)]) for row in page],
        "page": page,
        "previous_url": f"?{query}page={page.number - 1}" if page.has_previous() else "",
        "next_url": f"?{query}page={page.number + 1}" if page.has_next() else "",
        "has_errors": run.rows.filter(action=RowAction.ERROR).exists(),
        "may_apply": run.status == RunStatus.PREVIEWED
        and not apply_reason(request.membership, run),
        "may_undo": run.status == RunStatus.APPLIED and not undo_reason(request.membership, run),
    }
    return render(request, "risks/assets/import_run.html", context)


def list_figures(run: ImportRun) -> list[tuple[Any, list[tuple[int, Any, str]]]]:
    """Return the models of the run with (number, word, action) of what happens to their rows."""
    figures = []
    for model, label in COUNTED:
        counts = run.counts.get(model._meta.label_lower, {})
        numbers = [
            (counts[action], word, str(action.value))
            for action, word in ACTIONS.items()
            if counts.get(action)
        ]
        if numbers:
            figures.append((label, numbers))
    return figures


@require_POST
@member_required(Role.ANALYST)
def apply_assets(request: MemberRequest, pk: UUID) -> HttpResponse:
    run = find_run(request, pk)
    answer = redirect("asset-import-run", request.organization_slug, pk)
    if reason := apply_reason(request.membership, run):
        messages.error(request, reason)
        return answer
    try:
        lifecycle.apply_run(
            actor=request.membership.user,
            run=run,
            skip_errors=request.POST.get("skip_errors") == "yes",
        )
    except lifecycle.PreviewOutdated as refusal:
        lifecycle.refresh_preview(actor=request.membership.user, run=run)
        messages.error(request, refusal_sentence(refusal))
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    else:
        count = run.counts.get(Asset._meta.label_lower, {}).get(RowAction.CREATE, 0)
        text = ngettext("%(count)s new asset imported.", "%(count)s new assets imported.", count)
        messages.success(request, text % {"count": f"{count:,}"})
    return answer


@require_POST
@member_required(Role.ANALYST)
def undo_assets(request: MemberRequest, pk: UUID) -> HttpResponse:
    run = find_run(request, pk)
    if reason := undo_reason(request.membership, run):
        messages.error(request, reason)
    else:
        try:
            undo.undo_run(actor=request.membership.user, run=run)
        except REFUSALS as refusal:
            messages.error(request, refusal_sentence(refusal))
        else:
            messages.success(request, _("The import is undone."))
    return redirect("asset-import-run", request.organization_slug, pk)
