"""Imports of registers in the admin: upload a file, see the preview, apply it, undo it."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator

from openrisk.accounts.members.access import get_access
from openrisk.admin.refusals import refusal_sentence
from openrisk.admin.site import RelatedFilter, site
from openrisk.errors import Conflict
from openrisk.pages.drafts import form_on
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.admin.history import model_label
from risks.admin.imports.forms import ReadAgainForm, UploadForm, initial_of
from risks.admin.steps import StepAdmin, StepButton
from risks.api.views.exports import xlsx_response
from risks.import_runs import lifecycle, undo
from risks.import_runs.summary import finding_sections, summarize_run
from risks.models import ImportRun, RowAction, RunStatus, Source
from risks.registers import upload
from risks.registers.annotated import annotate_file, marked_name
from risks.registers.options import ReadingOptions
from risks.registers.results import ImportFileError

ROWS_PER_PAGE = 100
# What the form changes; the rest is chosen in the pages.
OWN_OPTIONS = {*ReadAgainForm.base_fields, "mapping"}
APPLY_WARNING = (
    "The rows are written into the register as the preview shows. You can undo this until someone "
    "edits these rows."
)
UNDO_WARNING = (
    "Rows that the import created are deleted, and rows that it changed get their old values. This "
    "is refused if someone has edited them since."
)


@admin.register(ImportRun, site=site)
class ImportRunAdmin(StepAdmin):
    """A run is uploaded, applied and undone by buttons, and never edited."""

    change_role = None
    step_comment = False
    actions = None
    change_form_outer_after_template = "risks_admin/import_report.html"
    list_display = (
        *("file_name", "source_name", "status", "outcome", "actor_label", "uploaded_at"),
        "organization",
    )
    list_select_related = ("actor",)
    list_filter = ("status", ("organization", RelatedFilter))
    search_fields = ("file_name", "source_name")
    ordering = ("-created_at", "-id")
    fields = (
        *("file_name", "source_name", "status", "belongs_to"),
        *("uploaded", "applied", "undone"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        """Leave out runs of connectors and packs, which the marketplace shows."""
        return super().get_queryset(request).filter(source=Source.IMPORT)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_access(request).has_role(self.view_role)

    def may_step(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_view_permission(request, obj)

    def shows_history(self, request: HttpRequest) -> bool:
        """No history: the changes of a run are in the history of the rows it wrote."""
        return False

    # --- the list
    @admin.display(description="risks")
    def outcome(self, run: ImportRun) -> str:
        counts = run.counts.get("risks", {})
        parts = [f"{counts[action]} {action}" for action in RowAction.values if counts.get(action)]
        return ", ".join(parts) or "-"

    @admin.display(description="who")
    def actor_label(self, run: ImportRun) -> str:
        return str(run.actor or "System")

    @admin.display(description="uploaded", ordering="created_at")
    def uploaded_at(self, run: ImportRun) -> Any:
        return run.created_at

    # --- the page
    @admin.display(description="organization")
    def belongs_to(self, run: ImportRun) -> str:
        return str(run.organization)

    def uploaded(self, run: ImportRun) -> str:
        return moment_and_person(run.created_at, run.actor)

    def applied(self, run: ImportRun) -> str:
        return moment_and_person(run.applied_at, run.applied_by)

    def undone(self, run: ImportRun) -> str:
        return moment_and_person(run.undone_at, run.undone_by)

    def step_buttons(self, run: ImportRun) -> list[StepButton]:
        if run.status == RunStatus.APPLIED:
            return [StepButton("undo", "Undo this import", warning=UNDO_WARNING)]
        if run.status == RunStatus.UNDONE:
            return []
        if run.question:
            answers = enumerate(run.question["answers"])
            buttons = [StepButton(f"answer-{i}", answer["label"]) for i, answer in answers]
            return [StepButton("apply", "Import", [run.question["text"]]), *buttons]
        errors = run.rows.filter(action=RowAction.ERROR).count()
        if not errors:
            apply = StepButton("apply", "Import", warning=APPLY_WARNING)
            return [apply, StepButton("preview", "Preview again")]
        rows = "1 row is" if errors == 1 else f"{errors} rows are"
        reason = f"{rows} in error: correct the file and upload it again, or leave them out"
        return [
            StepButton("apply", "Import", [reason]),
            StepButton("skip_errors", "Import without the rows in error", warning=APPLY_WARNING),
            StepButton("preview", "Preview again"),
        ]

    def take_step(self, request: HttpRequest, obj: ImportRun, name: str, **known: Any) -> None:
        arguments: dict[str, Any] = {"actor": request.user, "run": obj}
        if name == "undo":
            undo.undo_run(**arguments)
        elif name == "preview":
            self.read_again(**arguments)
        elif name.startswith("answer-"):
            question: Any = obj.question
            answer = question["answers"][int(name.removeprefix("answer-"))]
            self.read_again(**arguments, **answer["options"])
        else:
            lifecycle.apply_run(**arguments, skip_errors=name == "skip_errors")
        obj.refresh_from_db()  # its name shows the status

    def read_again(self, **arguments: Any) -> None:
        try:
            upload.preview_again(**arguments)
        except ImportFileError as error:
            raise ValidationError(error.located_message) from None

    def render_change_form(self, request: HttpRequest, context: Any, **kwargs: Any) -> Any:
        if run := kwargs.get("obj"):
            rows = Paginator(run.rows.order_by("row_number", "id"), ROWS_PER_PAGE)
            context["summary"] = summarize_run(run)
            context["sections"] = reversed(finding_sections(context["summary"]))
            context["reads_again"] = run.status == RunStatus.PREVIEWED and self.may_step(
                request, run
            )
            context["page"] = rows.get_page(request.GET.get("p"))
            context["rows"] = [(row, model_label(row.model)) for row in context["page"]]
        return super().render_change_form(request, context, **kwargs)

    # --- the upload
    @form_on()
    @method_decorator(create_once)
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        form = UploadForm(
            *((request.POST, request.FILES) if request.method == "POST" else ()),
            organizations=get_access(request).query(self.view_role),
        )
        if form.is_valid():
            data = form.cleaned_data
            try:
                run = upload.upload_register(
                    actor=request.user,  # type: ignore[arg-type]
                    organization=data["organization"],
                    file=data["file"],
                    file_name=data["file"].name,
                    options=form.reading_options(),
                )
            except ImportFileError as error:
                form.add_error("file", error.located_message)
            else:
                return redirect_to_created("admin:risks_importrun_change", run.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Import a register",
            "form": form,
            "opts": self.opts,
            "cancel_url": reverse("admin:risks_importrun_changelist"),
        }
        return TemplateResponse(request, "risks_admin/upload.html", context)

    # --- the same file, read otherwise
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.read_again_view)
        again = path("<uuid:object_id>/read/", view, name="risks_importrun_read")
        view = self.admin_site.admin_view(self.annotated_view)
        marked = path("<uuid:object_id>/annotated/", view, name="risks_importrun_annotated")
        return [again, marked, *super().get_urls()]

    def annotated_view(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        run = self.get_object(request, str(object_id))
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))
        try:
            content = annotate_file(run)
        except Conflict as conflict:
            self.message_user(request, refusal_sentence(conflict), messages.ERROR)
            return redirect("admin:risks_importrun_change", run.pk)
        return xlsx_response(lambda file: file.write(content), marked_name(run))

    def read_again_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        run = self.get_object(request, str(object_id))
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))
        if not self.may_step(request, run):
            raise PermissionDenied
        options = ReadingOptions.from_json(run.options)
        form = ReadAgainForm(request.POST or None, initial=initial_of(options))
        if form.is_valid():
            read = asdict(form.reading_options())
            changes = {name: read[name] for name in read if name in OWN_OPTIONS}
            try:
                upload.preview_again(actor=request.user, run=run, **changes)  # type: ignore[arg-type]
            except ImportFileError as error:
                form.add_error(None, error.located_message)
            except Conflict as conflict:
                form.add_error(None, refusal_sentence(conflict))
            else:
                return redirect("admin:risks_importrun_change", run.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Read {run.file_name} again",
            "form": form,
            "opts": self.opts,
            "cancel_url": reverse("admin:risks_importrun_change", args=[run.pk]),
        }
        return TemplateResponse(request, "risks_admin/upload.html", context)


def moment_and_person(at: Any, person: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC, {person or 'System'}" if at else "-"
