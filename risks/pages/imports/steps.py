"""Steps of a file's import: read it otherwise, preview again, answer, apply, undo."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from openrisk.accounts.models import Role
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, parse_version, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required
from risks.api.import_access import require_may_apply, require_may_change, require_may_undo
from risks.models import ImportRun, RunStatus
from risks.pages.imports.file_run import find_run, reload_run, show_run
from risks.pages.imports.reading import ReadingForm
from risks.registers.results import ImportFileError
from risks.tasks import apply_import, read_import_again, undo_import

# The options of a file of which the person has said nothing.
RECOGNIZED: dict[str, Any] = {
    "mapping": {},
    "scales": {},
    "words": {},
    "meanings": {},
    "sheet": "",
    "header_row": 0,
    "encoding": "",
    "month_first": None,
}


@form_on("import", "pk")
@require_POST
@member_required(Role.ANALYST)
def read_otherwise(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Read the file as the person chose, and show the columns again with the new preview."""
    run = find_run(request, pk)
    require_may_change(request.membership, run)
    form = ReadingForm(run, request.POST)
    if not form.is_valid():
        return show_run(request, run, form, 400)
    changes = RECOGNIZED if "recognize" in request.POST else form.changes()
    if not changes:
        return redirect("import", request.organization_slug, pk)
    try:
        read_import_again(actor=request.membership.user, run=run, **changes)
    except ImportFileError as error:
        form.add_error(None, error.located_message)
        return show_run(request, run, form, 400)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return show_run(request, reload_run(request, run), form, status_of(refusal))
    return redirect("import", request.organization_slug, pk)


@require_POST
@member_required(Role.ANALYST)
def preview_import(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Plan the import again, against the register as it is now."""
    run = find_run(request, pk)
    require_may_change(request.membership, run)
    return preview_and_return(request, run)


@require_POST
@member_required(Role.ANALYST)
def answer_question(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Read the file as the chosen answer says."""
    run = find_run(request, pk)
    require_may_change(request.membership, run)
    answers = run.question["answers"] if run.question else []
    chosen = request.POST.get("answer", "")
    if chosen not in map(str, range(len(answers))):
        messages.error(request, _("The question was answered before. Look at the preview again."))
        return redirect("import", request.organization_slug, pk)
    return preview_and_return(request, run, **answers[int(chosen)]["options"])


def preview_and_return(request: MemberRequest, run: ImportRun, **changes: Any) -> HttpResponse:
    try:
        read_import_again(actor=request.membership.user, run=run, **changes)
    except ImportFileError as error:
        messages.error(request, error.located_message)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    return redirect("import", request.organization_slug, run.pk)


@require_POST
@member_required(Role.ANALYST)
def apply_to_register(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Import what the preview shows."""
    run = find_run(request, pk)
    require_may_apply(request.membership, run)
    try:
        run = apply_import(
            actor=request.membership.user,
            run=run,
            revision=parse_version(request.POST.get("revision", "")),
            skip_errors=request.POST.get("skip_errors") == "yes",
        )
    except REFUSALS as refusal:
        return show_refusal(request, reload_run(request, run), refusal)
    if run.status == RunStatus.APPLIED:
        messages.success(request, applied_sentence(run))
    return redirect("import", request.organization_slug, pk)


def applied_sentence(run: ImportRun) -> str:
    """Return "13 risks imported from hospital.csv."."""
    risks = run.counts.get("risks", {})
    number = risks.get("create", 0) + risks.get("update", 0)
    return ngettext(
        "%(count)s risk imported from %(file)s.", "%(count)s risks imported from %(file)s.", number
    ) % {"count": number, "file": run.file_name}


@form_on("import", "pk")
@require_POST
@member_required(Role.ANALYST)
def undo_whole(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Take an import back, once the person has confirmed it."""
    run = find_run(request, pk)
    require_may_undo(request.membership, run)
    if is_cancelled(request):
        return redirect("import", request.organization_slug, pk)
    consequences = (
        _("Rows that the import created are deleted; rows that it changed get their old values."),
        _("It is refused, with the reasons, if someone has edited any of them since."),
    )
    title = _("Undo the import of %(file)s?") % {"file": run.file_name}
    if question := ask_first(request, title, consequences, _("Undo this import")):
        return render(request, "confirm.html", {"question": question})
    try:
        run = undo_import(actor=request.membership.user, run=run)
    except REFUSALS as refusal:
        return show_refusal(request, reload_run(request, run), refusal)
    if run.status == RunStatus.UNDONE:
        messages.success(request, _("The import of %(file)s is undone.") % {"file": run.file_name})
    return redirect("import", request.organization_slug, pk)


def show_refusal(request: MemberRequest, run: ImportRun, refusal: Exception) -> HttpResponse:
    """Show the page of the run with the reasons, each in a line."""
    reasons = getattr(refusal, "reasons", None) or [refusal_sentence(refusal)]
    run.problem = "\n".join(reasons)
    return show_run(request, run, status=status_of(refusal))
