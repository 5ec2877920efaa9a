"""Changes of many risks: choose a value, look at the preview, apply it, undo it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openrisk.accounts.models import Role
from openrisk.errors import Conflict
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.api.bulk_access import changes_of, find_own, require_kind
from risks.models import BulkChange, BulkKind, BulkRowOutcome, BulkState
from risks.pages.bulk_changes.forms import BulkForm, ConsentForm
from risks.pages.bulk_changes.selection import list_matching
from risks.services.bulk_changes import lifecycle
from risks.services.bulk_changes.wording import (
    done_sentence,
    left_out_sentence,
    refused_sentence,
    same_sentence,
    title_of,
    undone_sentence,
)
from risks.tasks import apply_bulk_change, undo_bulk_change

PAGE_SIZE = 25
MOST_SHOWN = 50  # rows of a result


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def bulk_change(request: MemberRequest) -> HttpResponse:
    """Ask for the value of a change; then preview it for the chosen risks."""
    kind = request.GET.get("kind") or request.POST.get("kind", "")
    if kind not in BulkKind.values or kind == BulkKind.REPLACE_TAGS:  # in the settings
        messages.error(request, _("Choose what is to be changed."))
        return redirect("risk-list", request.organization_slug)
    organization = request.membership.organization
    require_kind(request.membership, kind, None)
    if "comment" not in request.POST:  # the selection, as the list sends it
        return ask_for_value(request, kind)
    form = BulkForm(kind, organization, request.POST)
    if not form.is_valid():
        return show_form(request, form, 400)
    fields = form.cleaned_data
    value = None if fields.get("empty") else fields.get("value")
    try:
        require_kind(request.membership, kind, value)
        risks, references = choose_risks(request, form)
        change = lifecycle.preview_change(
            actor=request.membership.user,
            organization=organization,
            kind=kind,
            value=value,
            risks=risks,
            comment=fields["comment"],
            query=fields["query"],
            references=references,
        )
    except PermissionDenied as refusal:
        form.add_error("value", str(refusal))
        return show_form(request, form, 403)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return show_form(request, form, status_of(refusal))
    return redirect_to_created("risk-change", request.organization_slug, change.pk)


def ask_for_value(request: MemberRequest, kind: str) -> HttpResponse:
    chosen = request.POST.getlist("risk")
    everything = request.POST.get("all") == "yes"
    if request.method == "POST" and not chosen and not everything:
        messages.error(request, _("Select at least one risk first."))
        return redirect("risk-list", request.organization_slug)
    form = BulkForm(
        kind,
        request.membership.organization,
        references=" ".join(chosen),
        all=everything,
        query=request.POST.get("query", ""),
    )
    return show_form(request, form)


def show_form(request: MemberRequest, form: BulkForm, status: int = 200) -> HttpResponse:
    everything = form.fields["all"].to_python(form["all"].value())
    references = str(form["references"].value() or "")
    count = len(references.replace(",", " ").split())
    if everything or (references and "references" not in form.errors):
        form.hide_selection()
    if everything:
        try:
            query = str(form["query"].value() or "")
            count = list_matching(request.membership, query).risks.order_by().count()
        except REFUSALS as refusal:
            form.full_clean()
            messages.error(request, refusal_sentence(refusal))
    context = {
        "form": form,
        "count": count,
        "everything": everything,
        "title": title_of(form.kind, count) if count else form.kind.label,
    }
    return render(request, "risks/register/bulk.html", context, status=status)


def choose_risks(request: MemberRequest, form: BulkForm) -> tuple[Any, list[str]]:
    """Return the chosen risks, and the references by which they were chosen."""
    organization = request.membership.organization
    if form.cleaned_data["all"]:
        return list_matching(request.membership, form.cleaned_data["query"]).risks, []
    return lifecycle.find_by_references(organization, form.chosen_references)


# --- one change


@require_safe
@member_required(Role.ANALYST)
def change_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    return show_change(request, find_change(request, pk))


def find_change(request: MemberRequest, pk: UUID) -> BulkChange:
    """Return a change that the member may see, or 404."""
    found = changes_of(request.membership).select_related("actor", "undone_by")
    change: BulkChange = get_object_or_404(found, pk=pk)
    change.organization = request.membership.organization
    return change


def show_change(
    request: MemberRequest, change: BulkChange, form: ConsentForm | None = None, status: int = 200
) -> HttpResponse:
    """Show the preview, the progress or the result."""
    counts = change.summary["counts"]
    context: dict[str, Any] = {
        "change": change,
        "counts": counts,
        "title": title_of(change.kind, counts["changed"]),
        "refusals": [
            (
                refused_sentence(change.kind, group["count"])
                if change.state == BulkState.PREVIEWED
                else left_out_sentence(group["count"]),
                group,
            )
            for group in change.summary["refusals"]
        ],
        "same": same_sentence(counts["same"]) if counts["same"] else "",
        "is_own": change.actor_id == request.membership.user.pk,
    }
    if change.state == BulkState.PREVIEWED:
        context["form"] = form or ConsentForm(initial={"digest": change.digest})
        outdated = lifecycle.find_outdated(change)
        context["outdated"] = outdated[: lifecycle.MAX_LISTED]
        context["more_outdated"] = len(outdated) > lifecycle.MAX_LISTED
        template = "risks/register/bulk_preview.html"
    elif change.is_running:
        context["percent"] = 100 * change.done // max(1, change.total)
        template = "risks/register/bulk_progress.html"
    else:
        context |= describe_result(change)
        template = "risks/register/bulk_result.html"
    return render(request, template, context, status=status)


def describe_result(change: BulkChange) -> dict[str, Any]:
    """Return the sentence on what was done, and the rows that were left out of it."""
    numbers = dict.fromkeys(BulkRowOutcome.values, 0)
    counted = change.rows.order_by().values_list("outcome").annotate(number=Count("pk"))
    numbers.update(counted)
    left = (BulkRowOutcome.LEFT, BulkRowOutcome.KEPT)
    undone = change.state == BulkState.UNDONE
    changed = change.rows.filter(outcome=BulkRowOutcome.CHANGED)
    written = sum(numbers.values()) - numbers[BulkRowOutcome.LEFT]
    return {
        "sentence": undone_sentence(numbers[BulkRowOutcome.RESTORED])
        if undone
        else done_sentence(change.kind, written),
        "left": list(change.rows.filter(outcome__in=left).order_by("reference")[:MOST_SHOWN]),
        "left_count": sum(numbers[outcome] for outcome in left),
        "undoable": numbers[BulkRowOutcome.CHANGED],
        "changed": list(changed.order_by("reference")[:MOST_SHOWN]),
    }


@require_POST
@member_required(Role.ANALYST)
@create_once
def apply_change(request: MemberRequest, pk: UUID) -> HttpResponse:
    change = find_own(request.membership, pk)
    require_kind(request.membership, change.kind, change.value)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return show_change(request, change, form, 400)
    try:
        apply_bulk_change(actor=request.membership.user, change=change, **form.cleaned_data)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        change.refresh_from_db()
        return show_change(request, change, form, status_of(refusal))
    return redirect_to_created("risk-change", request.organization_slug, pk)


@require_POST
@member_required(Role.ANALYST)
def preview_again(request: MemberRequest, pk: UUID) -> HttpResponse:
    try:
        change = find_own(request.membership, pk)
        lifecycle.preview_again(actor=request.membership.user, change=change)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    return redirect("risk-change", request.organization_slug, pk)


@require_POST
@member_required(Role.ANALYST)
@create_once
def undo_change(request: MemberRequest, pk: UUID) -> HttpResponse:
    change = find_change(request, pk)
    require_kind(request.membership, change.kind, change.value)
    try:
        undo_bulk_change(actor=request.membership.user, change=change)
    except Conflict as refusal:
        messages.error(request, refusal_sentence(refusal))
        return redirect("risk-change", request.organization_slug, pk)
    return redirect_to_created("risk-change", request.organization_slug, pk)


# --- all changes


@require_safe
@member_required(Role.ANALYST)
def change_list(request: MemberRequest) -> HttpResponse:
    """List the changes of the person; managers may look at those of all."""
    membership = request.membership
    is_manager = membership.has_role(Role.MANAGER)
    shows_all = is_manager and request.GET.get("of") == "all"
    changes = changes_of(membership).exclude(state=BulkState.PREVIEWED)
    if not shows_all:
        changes = changes.filter(actor=membership.user)
    rows = changes.select_related("actor").defer("selection").order_by("-created_at", "-id")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "is_manager": is_manager, "shows_all": shows_all}
    return render(request, "risks/register/bulk_changes.html", context)
