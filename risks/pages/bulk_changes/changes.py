"""Changes of many rows: choose a value, look at the preview, apply it, undo it."""

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
from risks.models import BulkChange, BulkKind, BulkRowOutcome, BulkState, BulkSubject
from risks.pages.bulk_changes.forms import BulkForm, ConsentForm
from risks.pages.bulk_changes.subjects import PAGES
from risks.services.bulk_changes import lifecycle
from risks.services.bulk_changes.kinds import KINDS_OF
from risks.services.bulk_changes.subjects import SUBJECTS
from risks.services.bulk_changes.wording import (
    done_sentence,
    left_out_sentence,
    refused_sentence,
    same_sentence,
    title_of,
    undone_sentence,
)
from risks.tasks import apply_bulk_change, undo_bulk_change

# Kinds that are previewed elsewhere: in the settings, from a file, and beside the other asset.
ON_OTHER_PAGES = (
    BulkKind.REPLACE_TAGS,
    BulkKind.STATEMENT,
    BulkKind.EXTRA_COLUMN,
    BulkKind.MERGE,
)
PAGE_SIZE = 25
MOST_SHOWN = 50  # rows of a result


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def bulk_change(request: MemberRequest, subject: str = BulkSubject.RISK) -> HttpResponse:
    """Ask for the value of a change; then preview it for the chosen rows."""
    kind = request.GET.get("kind") or request.POST.get("kind", "")
    if kind not in KINDS_OF[subject] or kind in ON_OTHER_PAGES:
        messages.error(request, _("Choose what is to be changed."))
        return redirect(PAGES[subject].list_route, request.organization_slug)
    organization = request.membership.organization
    require_kind(request.membership, kind, None, subject)
    if "comment" not in request.POST:  # the selection, as the list sends it
        return ask_for_value(request, kind, subject)
    form = BulkForm(kind, organization, request.POST, subject)
    if not form.is_valid():
        return show_form(request, form, 400)
    fields = form.cleaned_data
    value = form.chosen_value
    try:
        require_kind(request.membership, kind, value, subject)
        rows, references = choose_rows(request, form)
        change = lifecycle.preview_change(
            actor=request.membership.user,
            organization=organization,
            kind=kind,
            value=value,
            rows=rows,
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


def ask_for_value(request: MemberRequest, kind: str, subject: str) -> HttpResponse:
    pages = PAGES[subject]
    chosen = request.POST.getlist(pages.box) or request.POST.get("references", "").split()
    everything = request.POST.get("all") in ("yes", "True")
    if request.method == "POST" and not chosen and not everything:
        messages.error(request, str(pages.select_first))
        return redirect(pages.list_route, request.organization_slug)
    form = BulkForm(
        kind,
        request.membership.organization,
        subject=subject,
        references=" ".join(chosen),
        all=everything,
        query=request.POST.get("query", ""),
        key=request.POST.get("key", ""),
    )
    if subject == BulkSubject.FINDING and request.method == "POST":
        try:
            form.suggest(find_chosen(request, form, chosen), request.membership.organization)
        except REFUSALS as refusal:
            messages.error(request, refusal_sentence(refusal))
            return redirect(pages.list_route, request.organization_slug)
    return show_form(request, form)


def find_chosen(request: MemberRequest, form: BulkForm, chosen: list[str]) -> Any:
    """Return the rows that the list has sent."""
    if form.initial["all"]:
        return PAGES[form.subject].match(request.membership, form.initial["query"])
    subject = SUBJECTS[form.subject]
    return lifecycle.find_by_references(request.membership.organization, chosen, subject)[0]


def show_form(request: MemberRequest, form: BulkForm, status: int = 200) -> HttpResponse:
    everything = form.fields["all"].to_python(form["all"].value())
    references = str(form["references"].value() or "")
    count = len(references.replace(",", " ").split())
    if everything or (references and "references" not in form.errors):
        form.hide_selection()
    if everything:
        try:
            query = str(form["query"].value() or "")
            count = PAGES[form.subject].match(request.membership, query).order_by().count()
        except REFUSALS as refusal:
            form.full_clean()
            messages.error(request, refusal_sentence(refusal))
    context = {
        "form": form,
        "count": count,
        "everything": everything,
        "title": title_of(form.kind, count, form.subject) if count else form.kind.label,
        "pages": PAGES[form.subject],
        "list_url": PAGES[form.subject].list_url(request.organization_slug),
    }
    return render(request, "risks/register/bulk.html", context, status=status)


def choose_rows(request: MemberRequest, form: BulkForm) -> tuple[Any, list[str]]:
    """Return the chosen rows, and the references by which they were chosen."""
    organization = request.membership.organization
    if form.cleaned_data["all"]:
        query = form.cleaned_data["query"]
        return PAGES[form.subject].match(request.membership, query), []
    return lifecycle.find_by_references(
        organization, form.chosen_references, SUBJECTS[form.subject]
    )


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
        "title": title_of(change.kind, counts["changed"], change.subject),
        "pages": PAGES[change.subject],
        "list_url": PAGES[change.subject].list_url(request.organization_slug),
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
        context |= describe_result(change, request.organization_slug)
        template = "risks/register/bulk_result.html"
    return render(request, template, context, status=status)


def describe_result(change: BulkChange, organization_slug: str) -> dict[str, Any]:
    """Return the sentence on what was done, and the rows that were left out of it, each
    with the address of its page."""
    numbers = dict.fromkeys(BulkRowOutcome.values, 0)
    counted = change.rows.order_by().values_list("outcome").annotate(number=Count("pk"))
    numbers.update(counted)
    left = (BulkRowOutcome.LEFT, BulkRowOutcome.KEPT)
    undone = change.state == BulkState.UNDONE
    row_url = PAGES[change.subject].row_url

    def with_urls(rows: Any) -> list[tuple[str, Any]]:
        shown = rows.order_by("reference")[:MOST_SHOWN]
        return [(row_url(organization_slug, row.object_id, row.reference), row) for row in shown]

    changed = change.rows.filter(outcome=BulkRowOutcome.CHANGED)
    written = sum(numbers.values()) - numbers[BulkRowOutcome.LEFT]
    return {
        "sentence": undone_sentence(numbers[BulkRowOutcome.RESTORED], change.subject)
        if undone
        else done_sentence(change.kind, written, change.subject),
        "left": with_urls(change.rows.filter(outcome__in=left)),
        "left_count": sum(numbers[outcome] for outcome in left),
        "undoable": numbers[BulkRowOutcome.CHANGED],
        "changed": with_urls(changed),
    }


@require_POST
@member_required(Role.ANALYST)
@create_once
def apply_change(request: MemberRequest, pk: UUID) -> HttpResponse:
    change = find_own(request.membership, pk)
    require_kind(request.membership, change.kind, change.value, change.subject)
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
    require_kind(request.membership, change.kind, change.value, change.subject)
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
