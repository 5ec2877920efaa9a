"""Actions on many rows, with one service call for each; refusals are shown with their reasons."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import action
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from openrisk.admin.refusals import REFUSALS, refusal_sentence
from risks.services.deletion import deletion_summary
from risks.services.rows import OperationResult, run_operations

MAX_ROWS = 1000  # as in the API's bulk requests
MAX_REASONS_SHOWN = 10  # the others are counted


def bulk_action_page(
    model_admin: Any,
    request: HttpRequest,
    queryset: Any,
    *,
    title: str,
    form: Callable[[Any], forms.Form],
    carry_out: Callable[..., Any],
    deletes: bool = False,
) -> HttpResponse | None:
    """Ask with `form`, then call `carry_out(row, **answers)` for each row.

    None, as admin actions do, once it is done or there is nothing to ask.
    """
    selected = list(queryset.select_related("organization")[: MAX_ROWS + 1])
    if len(selected) > MAX_ROWS:
        text = f"Select at most {MAX_ROWS} rows at once. Use filters to select fewer."
        model_admin.message_user(request, text, messages.ERROR)
        return None
    if not selected:
        model_admin.message_user(
            request, "The selected rows no longer exist. Reload the list.", messages.WARNING
        )
        return None
    bound = form(request.POST if "apply" in request.POST else None)
    if bound.is_valid():
        apply_to_all(
            model_admin, request, selected, lambda row: carry_out(row, **bound.cleaned_data)
        )
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "form": bound,
        "selected": selected,
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "opts": model_admin.opts,
        "counts": deletion_summary(selected)[1].items() if deletes else (),
    }
    return TemplateResponse(request, "risks_admin/bulk.html", context)


def apply_to_all(
    model_admin: Any, request: HttpRequest, selected: list[Any], carry_out: Callable[[Any], Any]
) -> None:
    names = [str(row) for row in selected]

    def attempt(index: int, row: Any) -> OperationResult:
        try:
            carry_out(row)
        except REFUSALS as refusal:
            return OperationResult(index, refusal=refusal_sentence(refusal))
        return OperationResult(index)

    results = run_operations(
        actor=request.user,  # type: ignore[arg-type]
        operations=selected,
        carry_out=attempt,
        atomic=False,
    )
    refused = [f"{names[one.index]}: {one.refusal}" for one in results if one.refusal]
    if done := len(results) - len(refused):
        text = f"Done for {done} of {len(results)} rows."
        model_admin.message_user(request, text, messages.SUCCESS)
    for reason in refused[:MAX_REASONS_SHOWN]:
        model_admin.message_user(request, reason, messages.ERROR)
    if len(refused) > MAX_REASONS_SHOWN:
        text = f"{len(refused) - MAX_REASONS_SHOWN} more rows were refused."
        model_admin.message_user(request, text, messages.ERROR)


@action(description="Delete…", permissions=["delete"])
def delete_selected(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
    return bulk_action_page(
        model_admin,
        request,
        queryset,
        title=f"Delete {model_admin.opts.verbose_name_plural}",
        form=forms.Form,
        carry_out=lambda row: type(model_admin).delete(actor=request.user, instance=row),
        deletes=True,
    )
