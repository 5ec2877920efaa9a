"""Actions on many rows; refusals are shown with their reasons.

`bulk_action_page` asks, then lets `apply` do it: `apply_to_all` by one service call for each row,
or `change_risks`, a bulk change as the pages make it, which can be undone.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import action
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from openrisk.admin.refusals import REFUSALS, refusal_sentence
from risks.models import BulkChange, BulkKind, Risk
from risks.services.bulk_changes import lifecycle
from risks.services.bulk_changes.wording import done_sentence, refused_sentence, same_sentence
from risks.services.deletion import deletion_summary
from risks.services.rows import OperationResult, run_operations
from risks.tasks import apply_bulk_change

MAX_ROWS = 1000  # as in the API's bulk requests
MAX_REASONS_SHOWN = 10  # the others are counted


def bulk_action_page(
    model_admin: Any,
    request: HttpRequest,
    queryset: Any,
    *,
    title: Callable[[int], str],
    form: Callable[[Any], forms.Form],
    apply: Callable[[list[Any], dict[str, Any]], None],
    deletes: bool = False,
) -> HttpResponse | None:
    """Ask with `form`, then call `apply(rows, answers)`. `title` gets the number of rows.

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
        apply(selected, bound.cleaned_data)
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title(len(selected)),
        "form": bound,
        "selected": selected,
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "opts": model_admin.opts,
        "counts": deletion_summary(selected)[1].items() if deletes else (),
    }
    return TemplateResponse(request, "risks_admin/bulk.html", context)


def change_risks(
    model_admin: Any, request: HttpRequest, selected: list[Any], kind: str, answers: dict[str, Any]
) -> None:
    """Make one bulk change in each organization of the risks, without those that are refused."""
    actor: Any = request.user
    comment = answers.pop("comment", "")
    value = next(iter(answers.values()), None)
    by_organization: dict[Any, list[Any]] = defaultdict(list)
    for risk in selected:
        by_organization[risk.organization].append(risk)
    for organization, risks in by_organization.items():
        chosen = Risk.objects.for_organization(organization)
        try:
            change = lifecycle.preview_change(
                actor=actor,
                organization=organization,
                kind=kind,
                value=value,
                rows=chosen.filter(pk__in=[risk.pk for risk in risks]),
                comment=comment,
            )
            counts = change.summary["counts"]
            if counts["changed"]:
                apply_bulk_change(
                    actor=actor, change=change, digest=change.digest, leave_out_refused=True
                )
        except REFUSALS as refusal:
            text = f"{organization}: {refusal_sentence(refusal)}"
            model_admin.message_user(request, text, messages.ERROR)
        else:
            show_outcome(model_admin, request, change)


def show_outcome(model_admin: Any, request: HttpRequest, change: BulkChange) -> None:
    counts, refusals = change.summary["counts"], change.summary["refusals"]
    if counts["changed"]:
        address = reverse("admin:risks_bulkchange_change", args=[change.pk])
        text = done_sentence(change.kind, counts["changed"], change.subject)
        link = format_html('{} <a href="{}">{}</a>', text, address, _("Look at it or undo it"))
        model_admin.message_user(request, link, messages.SUCCESS)
    if counts["same"]:
        model_admin.message_user(request, same_sentence(counts["same"]), messages.INFO)
    for group in refusals[:MAX_REASONS_SHOWN]:
        names = ", ".join(group["references"][:MAX_REASONS_SHOWN])
        more = " …" if group["count"] > MAX_REASONS_SHOWN else ""
        text = f"{refused_sentence(change.kind, group['count'])} ({names}{more}): {group['reason']}"
        model_admin.message_user(request, text, messages.ERROR)


def apply_to_all(
    model_admin: Any,
    request: HttpRequest,
    selected: list[Any],
    carry_out: Callable[[Any], Any],
    participle: str,
) -> None:
    """Carry out the same for each row, and say "3 risks reviewed."."""
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
        noun = model_admin.opts.verbose_name if done == 1 else model_admin.opts.verbose_name_plural
        text = f"{done} {noun} {participle}."
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
        title=lambda count: f"Delete {count} {model_admin.opts.verbose_name_plural}",
        form=forms.Form,
        apply=lambda rows, answers: delete_all(model_admin, request, rows),
        deletes=True,
    )


def delete_all(model_admin: Any, request: HttpRequest, rows: list[Any]) -> None:
    """Delete the rows; risks by a bulk change, which can be undone as one."""
    if model_admin.model is Risk:
        change_risks(model_admin, request, rows, BulkKind.DELETE, {})
        return
    delete = type(model_admin).delete
    apply_to_all(
        model_admin, request, rows, lambda row: delete(actor=request.user, instance=row), "deleted"
    )
