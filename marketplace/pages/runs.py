"""The page of a connector's run, by the view model that imports of files have too."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from marketplace.models import SyncRun, SyncStatus
from marketplace.sync import runs
from openrisk.accounts.models import Role
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, refusal_sentence
from openrisk.pages.guards import MemberRequest, member_required
from risks.pages.imports.rows import list_figures, list_rows
from risks.pages.imports.run_page import LogLine, RunFigure, RunPage, RunStep

TONES = {
    SyncStatus.APPLIED: "success",
    SyncStatus.PREVIEWED: "info",
    SyncStatus.QUARANTINED: "warning",
    SyncStatus.FAILED: "error",
}
# What may be done with a run: the step, the word on its button, and its kind.
STEPS = {
    SyncStatus.PREVIEWED: ("apply", gettext_lazy("Import now"), "primary"),
    SyncStatus.QUARANTINED: ("apply", gettext_lazy("Import anyway"), "primary"),
    SyncStatus.APPLIED: ("undo", gettext_lazy("Undo"), ""),
}


@require_safe
@member_required(Role.ANALYST)
def run_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    page = build_page(request, find_run(request, pk))
    return render(request, "risks/imports/run.html", {"run": page})


def find_run(request: MemberRequest, pk: UUID) -> SyncRun:
    mine = SyncRun.objects.for_organization(request.membership.organization)
    run = mine.select_related("app", "actor", "import_run").filter(pk=pk).first()
    if run is None:
        raise Http404
    return run


def build_page(request: MemberRequest, sync: SyncRun) -> RunPage:
    slug = request.organization_slug
    page = RunPage(
        title=_("Run of %(name)s") % {"name": sync.app.name},
        address=reverse("run", args=[slug, sync.pk]),
        crumbs=[
            (_("Marketplace"), reverse("marketplace", args=[slug])),
            (sync.app.name, reverse("app", args=[slug, sync.app_id])),
        ],
        state=str(sync.get_status_display()),
        tone=TONES.get(SyncStatus(sync.status), ""),
        facts=list_facts(sync),
        problem=[sync.error] if sync.error else [],
        waits=describe_wait(sync),
        waits_since=sync.created_at,
        log=[LogLine(line["at"][11:19], line["text"]) for line in sync.log],
    )
    step = STEPS.get(SyncStatus(sync.status))
    if step and request.membership.has_role(Role.MANAGER):
        name, label, kind = step
        url = reverse("run-step", args=[slug, sync.pk])
        page.steps = [RunStep(f"{label}…", url, "step", name, kind)]
    if run := sync.import_run:
        run.organization = request.membership.organization
        page.figures = list_figures(run)
        if closed := (sync.counts or {}).get("closed"):
            page.figures.append(RunFigure(closed, _("Closed")))
        page.rows = list_rows(request, run)
    return page


def list_facts(sync: SyncRun) -> list[tuple[str, str]]:
    starter = (
        _("the schedule %(cron)s") % {"cron": sync.schedule}
        if sync.schedule
        else str(sync.actor or _("System"))
    )
    facts = [(_("Source"), sync.file_name or _("its address")), (_("Started by"), starter)]
    if sync.duration:
        facts.append((_("Took"), f"{sync.duration.total_seconds():.1f} s"))
    return facts


def describe_wait(sync: SyncRun) -> str:
    """Return what the run waits for, or ""."""
    if sync.status == SyncStatus.QUEUED:
        return _("The run is waiting for a worker.")
    return _("The report is being read.") if sync.status == SyncStatus.RUNNING else ""


@form_on("run", "pk")
@require_POST
@member_required(Role.MANAGER)
def run_step(request: MemberRequest, pk: UUID) -> HttpResponse:
    sync_run, user = find_run(request, pk), request.membership.user
    steps = {
        "apply": (_("Import now"), runs.APPLY_WARNING, runs.apply_run, _("Imported.")),
        "undo": (_("Undo"), runs.UNDO_WARNING, runs.undo_run, _("Undone.")),
    }
    chosen = steps.get(request.POST.get("step", ""))
    if chosen is None or is_cancelled(request):
        return redirect("run", request.organization_slug, pk)
    button, warning, action, message = chosen
    counts = ", ".join(
        f"{count} {name}" for name, count in (sync_run.counts or {}).items() if count
    )
    consequences = [warning, *([_("This run: %(counts)s.") % {"counts": counts}] if counts else [])]
    title = _("%(button)s: run of %(name)s?") % {"button": button, "name": sync_run.app.name}
    if question := ask_first(request, title, consequences, button):
        return render(request, "confirm.html", {"question": question})
    try:
        action(actor=user, sync_run=sync_run)
        messages.success(request, message)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    return redirect("run", request.organization_slug, pk)
