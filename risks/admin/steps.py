"""Buttons above the form of a row: what can be done with it now, and why the rest is shut."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from openrisk.admin_site import ModelAdmin
from risks.admin.refusals import REFUSALS, sentence
from risks.history import recorded


@dataclass(frozen=True)
class Step:
    """Something that can be done with a row, as a button; shut while there are `reasons`."""

    name: str
    label: str
    reasons: list[str] = field(default_factory=list)


class StepAdmin(ModelAdmin):
    """A subclass says what `steps` there are, and how to `take_step`."""

    change_form_outer_before_template = "risks_admin/steps.html"
    step_comment = True  # whether a step can say why

    def steps(self, obj: Any) -> list[Step]:
        """What can be done with the row now."""
        return []

    def take_step(self, request: HttpRequest, obj: Any, name: str, **known: Any) -> None:
        """Do it, given `comment` and `version`; raises what the service refuses."""
        raise NotImplementedError

    def may_step(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj)

    def render_change_form(self, request: HttpRequest, context: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        if obj is not None and self.may_step(request, obj):
            context["steps"] = self.steps(obj)
            context["step_comment"] = self.step_comment
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
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.may_step(request, obj):
            raise PermissionDenied
        offered = {step.name: step for step in self.steps(obj)}
        step = offered.get(request.POST.get("step", ""))
        if step is None:
            self.message_user(request, "Choose one of the buttons.", messages.ERROR)
        else:
            self._take(request, obj, step)
        return redirect(reverse(f"{self._url_name}_change", args=[obj.pk]))

    def _take(self, request: HttpRequest, obj: Any, step: Step) -> None:
        seen = request.POST.get("version", "")
        comment = request.POST.get("comment", "").replace("\0", "")[:5000]
        version = int(seen) if seen.isdecimal() and len(seen) < 10 else -1
        try:
            with recorded(actor=request.user, comment=comment):  # type: ignore[arg-type]
                self.take_step(request, obj, step.name, comment=comment, version=version)
        except REFUSALS as refusal:
            self.message_user(request, f"{step.label}: {sentence(refusal)}", messages.ERROR)
        else:
            self.message_user(request, f"{obj}: {step.label}.", messages.SUCCESS)
