"""The buttons above the form of a row, such as "Move to In treatment".

A button whose step is not possible yet is disabled, with the reasons. On a page with a form the
buttons belong to that form: what was typed there is saved first, and shown again after a refusal.
Enter in a field saves; it never takes a step.
"""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from openrisk.admin.refusals import REFUSALS, refusal_sentence
from openrisk.admin.site import ModelAdmin
from openrisk.pages import drafts
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.forms import parse_version
from risks.history import recorded

MAX_REASON_LENGTH = 5000


@dataclass(frozen=True)
class StepButton:
    """A step that can be taken with a row; its button is disabled while there are `reasons`.

    A step with a `warning` is hard to take back, so a page asks for confirmation first.
    """

    name: str
    label: str
    reasons: list[str] = field(default_factory=list)
    warning: str = ""


class StepAdmin(ModelAdmin):
    """A subclass lists its `step_buttons` and implements `take_step`."""

    change_form_outer_before_template = "risks_admin/steps.html"
    step_comment = True  # whether a reason can be given for a step
    step_in_form = False  # whether the page has a form to save first

    def step_buttons(self, obj: Any) -> list[StepButton]:
        """The buttons for this row as it is now."""
        return []

    def take_step(self, request: HttpRequest, obj: Any, name: str, **known: Any) -> None:
        """Call the service with `comment` and `version`; its refusals are shown to the person."""
        raise NotImplementedError

    def step_inputs(self, obj: Any) -> dict[str, Any]:
        """Further values that the buttons send with the version of the row, by name."""
        return {}

    def may_step(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj)

    def render_change_form(self, request: HttpRequest, context: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        if obj is not None and self.may_step(request, obj):
            context["steps"] = self.step_buttons(obj)
            context["step_comment"] = self.step_comment
            context["step_inputs"] = self.step_inputs(obj)
            draft = drafts.draft_fields(request).get("step_comment", [""])[0]
            context["typed_step_comment"] = request.POST.get("step_comment", draft)
            if self.step_in_form:
                context["step_form"] = f"{self.opts.model_name}_form"
            else:
                context["step_url"] = reverse(f"{self._url_name}_step", args=[obj.pk])
        return super().render_change_form(request, context, **kwargs)

    @property
    def _url_name(self) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}"

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        view = self.admin_site.admin_view(self.step_view)
        return [path("<path:object_id>/step/", view, name=name), *super().get_urls()]

    def step_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a step on a page without a form."""
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.may_step(request, obj):
            raise PermissionDenied
        change_page = redirect(reverse(f"{self._url_name}_change", args=[obj.pk]))
        if is_cancelled(request):
            return change_page
        step = self.find_step(obj, request.POST.get("step", ""))
        if step is None:
            self.message_user(request, "Choose one of the buttons.", messages.ERROR)
        elif question := self.ask_before(request, obj, step):
            return question
        else:
            try:
                version = parse_version(request.POST.get("version", ""))
                self.record_step(request, obj, step, version)
            except REFUSALS as refusal:
                text = f"{step.label}: {refusal_sentence(refusal)}"
                self.message_user(request, text, messages.ERROR)
        return change_page

    def find_step(self, obj: Any, name: str) -> StepButton | None:
        return next((step for step in self.step_buttons(obj) if step.name == name), None)

    def ask_before(self, request: HttpRequest, obj: Any, step: StepButton) -> HttpResponse | None:
        """The page that asks for confirmation; None if the step needs none, or has it."""
        if not step.warning:
            return None
        question = ask_first(request, f"{step.label}: {obj}?", [step.warning], step.label)
        if question is None:
            return None
        context = {
            **self.admin_site.each_context(request),
            "question": question,
            "title": question.title,
            "opts": self.opts,
        }
        return TemplateResponse(request, "risks_admin/confirm.html", context)

    def record_step(self, request: HttpRequest, obj: Any, step: StepButton, version: int) -> None:
        """Take the step, record its reason, and report it; let refusals of the service through."""
        comment = request.POST.get("step_comment", "").replace("\0", "").strip()[:MAX_REASON_LENGTH]
        with recorded(actor=request.user, comment=comment):  # type: ignore[arg-type]
            self.take_step(request, obj, step.name, comment=comment, version=version)
        self.message_user(request, f"{obj}: {step.label}.", messages.SUCCESS)


NOT_OFFERED = ValidationError(_("This step is not possible now. Choose one of the buttons."))
CANCELLED = ValidationError(_("Cancelled. Nothing was saved; what you typed is still here."))
