"""The page of one file's import: how it is read, what it would do, what it did."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Role
from openrisk.errors import Conflict
from openrisk.pages.forms import refusal_sentence
from openrisk.pages.guards import MemberRequest, member_required
from risks.api.import_access import apply_reason, change_reason, undo_reason
from risks.api.views.exports import xlsx_response
from risks.import_runs.importers.inventory import is_inventory
from risks.models import ImportFile, ImportRun, ImportSource, RunStatus, Source
from risks.pages.imports.columns import list_columns
from risks.pages.imports.reading import ReadingForm, note_shown
from risks.pages.imports.rows import count_filters, list_figures, list_rows
from risks.pages.imports.run_page import RunLink, RunPage, RunStep, RunTab
from risks.pages.imports.run_state import describe_task, is_unread, state_of
from risks.pages.imports.texts import without_arguments
from risks.registers.annotated import annotate_file, marked_name
from risks.services.matrix import matrix_of

COLUMNS, ROWS = "columns", "preview"
MOST_SOURCES = 50  # that the source's name is suggested from


@dataclass(frozen=True)
class FileRunLoader:
    """Builds the page of a run for a member, each part from what it shows only."""

    request: MemberRequest
    run: ImportRun

    @property
    def slug(self) -> str:
        return self.request.organization_slug

    @property
    def tab(self) -> str:
        """The part that is shown: what a person may still change comes first."""
        asked = self.request.GET.get("tab")
        if is_unread(self.run):
            return COLUMNS
        if asked in {COLUMNS, ROWS}:
            return asked
        if "rows" in self.request.GET or "page" in self.request.GET or self.run.problem:
            return ROWS
        return COLUMNS if self.run.status == RunStatus.PREVIEWED else ROWS

    def url(self, step: str = "") -> str:
        return reverse(f"import-{step}" if step else "import", args=[self.slug, self.run.pk])

    def build(self) -> RunPage:
        run = self.run
        state, tone = state_of(run)
        page = RunPage(
            title=run.file_name,
            address=self.url(),
            crumbs=[(_("Imports"), reverse("imports", args=[self.slug]))],
            state=state,
            tone=tone,
            revision=run.revision,
            facts=self.list_facts(),
            problem=[] if run.task else list_problems(run),
            waits=describe_task(run),
            waits_since=run.task_started_at,
        )
        if run.task:
            return page
        page.steps = self.list_steps()
        page.links = self.list_links()
        if run.question and run.status == RunStatus.PREVIEWED:
            page.question = run.question["text"]
            page.answers = self.list_answers()
        if not is_unread(run):
            page.figures = list_figures(run)
            page.tabs = self.list_tabs()
        if self.tab == ROWS:
            page.rows = list_rows(self.request, run)
        return page

    def list_facts(self) -> list[tuple[str, str]]:
        run = self.run
        facts = [(_("Source name"), run.source_name)]
        if run.file_size:
            facts.append((_("Size"), filesizeformat(run.file_size)))
        facts.append((_("Uploaded"), describe_moment(run.created_at, run.actor)))
        if run.applied_at:
            facts.append((_("Imported"), describe_moment(run.applied_at, run.applied_by)))
        if run.undone_at:
            facts.append((_("Undone"), describe_moment(run.undone_at, run.undone_by)))
        return facts

    def list_steps(self) -> list[RunStep]:
        run, member = self.run, self.request.membership
        if run.status == RunStatus.UNDONE:
            return []
        if run.status == RunStatus.APPLIED:
            reason = undo_reason(member, run)
            return [RunStep(_("Undo this import"), self.url("undo"), icon="undo-2", reason=reason)]
        if is_unread(run):
            return []
        reason = change_reason(member, run)
        again = RunStep(_("Preview again"), self.url("preview"), icon="refresh-cw", reason=reason)
        if run.problem:
            return [again]
        if run.question:
            return []
        reason = apply_reason(member, run)
        errors = count_filters(run)["errors"]
        count = run.counts.get("risks", {})
        number = count.get("create", 0) + count.get("update", 0)
        label = ngettext("Import %(n)s risk", "Import %(n)s risks", number) % {"n": number}
        if errors:
            label = ngettext(
                "Import %(n)s risk without the errors",
                "Import %(n)s risks without the errors",
                number,
            ) % {"n": number}
        apply = RunStep(
            label,
            self.url("apply"),
            name="skip_errors",
            value="yes" if errors else "",
            kind="primary",
            reason=reason,
        )
        return [apply, again]

    def list_answers(self) -> list[RunStep]:
        question: Any = self.run.question
        reason = change_reason(self.request.membership, self.run)
        return [
            RunStep(answer["label"], self.url("answer"), "answer", str(number), reason=reason)
            for number, answer in enumerate(question["answers"])
        ]

    def list_links(self) -> list[RunLink]:
        run, links = self.run, []
        if run.status == RunStatus.APPLIED:
            query = urlencode({"source_name": run.source_name})
            risks = reverse("risk-list", args=[self.slug])
            links.append(RunLink(_("See the risks"), f"{risks}?{query}", "triangle-alert"))
            links.append(
                RunLink(_("See the heat map"), reverse("home", args=[self.slug]), "grid-3x3")
            )
        if not is_unread(run):
            links.append(RunLink(_("File with marks"), self.url("annotated"), "download"))
        return links

    def list_tabs(self) -> list[RunTab]:
        return [
            RunTab(_("Columns"), f"?tab={COLUMNS}", self.tab == COLUMNS, len(self.run.mapping)),
            RunTab(
                _("Preview") if self.run.status == RunStatus.PREVIEWED else _("Rows"),
                f"?tab={ROWS}",
                self.tab == ROWS,
            ),
        ]

    def reading_context(self, form: ReadingForm | None) -> dict[str, Any]:
        """Return the columns, and the form that changes how they are read."""
        run = self.run
        columns = list_columns(run, matrix_of(self.request.membership.organization))
        may_change = run.status == RunStatus.PREVIEWED and not change_reason(
            self.request.membership, run
        )
        has_file = ImportFile.objects.filter(run=run).exists()
        form = form or ReadingForm(run)
        sources = ImportSource.objects.for_organization(run.organization).order_by("name")
        return {
            "columns": columns,
            "form": form,
            "shown": note_shown(columns),
            "may_change": may_change and has_file,
            "is_forgotten": may_change and not has_file,
            "notes": [without_arguments(note) for note in run.notes],
            "general_guesses": [
                without_arguments(guess["detail"]) for guess in run.guesses if not guess["column"]
            ],
            "sources": list(sources.values_list("name", flat=True)[:MOST_SOURCES]),
            "is_changed": any(
                run.options.get(name)
                for name in ("mapping", "words", "meanings", "sheet", "header_row", "encoding")
            ),
        }


def describe_moment(at: Any, person: Any) -> str:
    moment = date_format(at, "DATETIME_FORMAT")
    return _("%(moment)s by %(person)s") % {"moment": moment, "person": person or _("System")}


def list_problems(run: ImportRun) -> list[str]:
    return [without_arguments(text) for text in run.problem.split("\n") if text]


def find_run(request: MemberRequest, pk: UUID) -> ImportRun:
    """Return a file's run of the organization, or 404."""
    runs = ImportRun.objects.for_organization(request.membership.organization)
    people = ("actor", "applied_by", "undone_by")
    run: ImportRun = get_object_or_404(runs.select_related(*people), pk=pk, source=Source.IMPORT)
    run.organization = request.membership.organization
    return run


def reload_run(request: MemberRequest, run: ImportRun) -> ImportRun:
    """Return the run as it is by now, after a step was refused."""
    run.refresh_from_db()
    run.organization = request.membership.organization
    return run


def show_run(
    request: MemberRequest, run: ImportRun, form: ReadingForm | None = None, status: int = 200
) -> HttpResponse:
    loader = FileRunLoader(request, run)
    context: dict[str, Any] = {"run": loader.build()}
    if loader.tab == COLUMNS and not run.task:
        context |= loader.reading_context(form)
    return render(request, "risks/imports/file.html", context, status=status)


@require_safe
@member_required(Role.VIEWER)
def import_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    run = find_run(request, pk)
    if is_inventory(run):
        return redirect("asset-import-run", request.organization_slug, pk)
    return show_run(request, run)


@require_safe
@member_required(Role.VIEWER)
def download_annotated(request: MemberRequest, pk: UUID) -> HttpResponseBase:
    """Send the file with a colour and a comment on each cell, as it was read."""
    run = find_run(request, pk)
    try:
        content = annotate_file(run)
    except Conflict as conflict:
        messages.error(request, refusal_sentence(conflict))
        return redirect("import", request.organization_slug, pk)
    return xlsx_response(lambda file: file.write(content), marked_name(run))
