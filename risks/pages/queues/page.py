"""The pages of a queue: one item after another, the list of all, and the decision."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from openrisk.accounts.models import Role
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, status_of
from openrisk.pages.guards import MemberRequest, member_required, require_role
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.models import Mitigation, Risk, ScoreChange
from risks.models.mitigations import progress_of
from risks.pages.queues.base import Queue, QueueAction
from risks.pages.queues.heat_map import draw_ratings
from risks.pages.queues.kinds import QUEUES, count_waiting
from risks.pages.risk.loading import score_row
from risks.pages.treatment.mitigation import safe_next
from risks.scoring import KINDS
from risks.services.matrix import matrix_of

MOST_ITEMS = 500
MOST_SCORES = 6


@dataclass(frozen=True)
class Position:
    """The place of an item in its queue: `number` is 0 for one that is not in it any more."""

    ids: list[UUID]
    pk: UUID

    @property
    def number(self) -> int:
        return self.ids.index(self.pk) + 1 if self.pk in self.ids else 0

    @property
    def next(self) -> UUID | None:
        """The item after this one, or the first one after the last."""
        others = self.ids[self.number :] + self.ids[: max(0, self.number - 1)]
        return others[0] if others else None

    @property
    def previous(self) -> UUID | None:
        others = self.ids[self.number :] + self.ids[: max(0, self.number - 1)]
        return others[-1] if others else None


def find_queue(request: MemberRequest, kind: str) -> Queue:
    """The queue of this name, or 404; PermissionDenied for those who do not decide there."""
    queue = QUEUES.get(kind)
    if queue is None:
        raise Http404
    require_role(request, queue.role)
    return queue


def list_ids(request: MemberRequest, queue: Queue) -> list[UUID]:
    rows = queue.rows(request.membership).order_by(*queue.order)
    return list(rows.values_list("pk", flat=True)[:MOST_ITEMS])


@require_safe
@member_required(Role.ANALYST)
def queue_overview(request: MemberRequest) -> HttpResponse:
    """Show the queues of the person, with how much waits in each."""
    context = {"queues": count_waiting(request.membership)}
    return render(request, "risks/queues/overview.html", context)


@require_safe
@member_required(Role.ANALYST)
def queue_start(request: MemberRequest, kind: str) -> HttpResponse:
    """Lead to the first item, or say that there is none."""
    queue = find_queue(request, kind)
    first = queue.rows(request.membership).order_by(*queue.order).first()
    if first is None:
        return render(request, "risks/queues/empty.html", {"queue": queue})
    return redirect("queue-item", request.organization_slug, kind, first.pk)


@require_safe
@member_required(Role.ANALYST)
def queue_list(request: MemberRequest, kind: str) -> HttpResponse:
    queue = find_queue(request, kind)
    rows = queue.rows(request.membership).order_by(*queue.order)[:MOST_ITEMS]
    items = [(row.pk, *queue.list_fields(row)) for row in rows]
    return render(request, "risks/queues/list.html", {"queue": queue, "items": items})


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def queue_item(request: MemberRequest, kind: str, pk: UUID) -> HttpResponse:
    """Show one item, or decide about it and lead to the next."""
    queue = find_queue(request, kind)
    position = Position(list_ids(request, queue), pk)
    row = queue.rows(request.membership).filter(pk=pk).first()
    if row is None:
        context = {"queue": queue, "position": position}
        return render(
            request, "risks/queues/gone.html", context, status=409 if request.POST else 200
        )
    row.organization = request.membership.organization
    if (risk := queue.risk_of(row)) is not None:
        risk.organization = request.membership.organization
    if request.method == "POST":
        return decide(request, queue, row, position)
    return show_item(request, queue, row, position)


def decide(request: MemberRequest, queue: Queue, row: Any, position: Position) -> HttpResponse:
    """Carry out the decision that was posted, then lead to the next item."""
    form = queue.form(row, request.POST)
    action = next((a for a in queue.actions if a.name == request.POST.get("decision")), None)
    if is_cancelled(request):
        return show_item(request, queue, row, position, form)
    if action is None:
        form.add_error(None, _("Choose one of the buttons."))
    if not form.is_valid() or action is None:
        return show_item(request, queue, row, position, form, status=400)
    fields = {"actor": request.membership.user, **form.cleaned_data}
    if action.warning and fields["version"] == row.version:
        button = str(action.label).rstrip("…")
        title = _("%(button)s: %(item)s?") % {"button": button, "item": queue.name_of(row)}
        if question := ask_first(request, title, [str(action.warning)], button):
            return render(request, "confirm.html", {"question": question})
    return carry_out(request, queue, row, position, form, action, fields)


def carry_out(
    request: MemberRequest,
    queue: Queue,
    row: Any,
    position: Position,
    form: Any,
    action: QueueAction,
    fields: dict[str, Any],
) -> HttpResponse:
    name = queue.name_of(row)
    try:
        action.carry_out(row, fields)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        row.refresh_from_db()
        row.organization = request.membership.organization
        if (risk := queue.risk_of(row)) is not None:
            risk.refresh_from_db()
            risk.organization = request.membership.organization
        return show_item(request, queue, row, position, form, status=status_of(refusal))
    messages.success(request, str(action.done) % {"item": name})
    if address := safe_next(request):
        return redirect_to_created(address)
    slug = request.organization_slug
    if position.next is None:
        return redirect_to_created("queue", slug, queue.slug)
    return redirect_to_created("queue-item", slug, queue.slug, position.next)


def show_item(
    request: MemberRequest,
    queue: Queue,
    row: Any,
    position: Position,
    form: Any = None,
    status: int = 200,
) -> HttpResponse:
    risk = queue.risk_of(row)
    if form is not None:
        form.data = form.data.copy()
        form.data["version"] = str(row.version)
        form.data["seen_risk"] = str(risk.version) if risk else ""
    slug = request.organization_slug
    context = {
        "queue": queue,
        "row": row,
        "risk": risk,
        "position": position,
        "count": len(position.ids),
        "is_more": len(position.ids) == MOST_ITEMS,
        "form": form or queue.form(row),
        "next_url": item_url(slug, queue, position.next),
        "previous_url": item_url(slug, queue, position.previous),
        "template": f"risks/queues/_{queue.slug}.html",
        **(risk_context(risk) if risk else {}),
        **queue.context(row),
    }
    return render(request, "risks/queues/item.html", context, status=status)


def item_url(slug: str, queue: Queue, pk: UUID | None) -> str:
    return reverse("queue-item", args=[slug, queue.slug, pk]) if pk else ""


def risk_context(risk: Risk) -> dict[str, Any]:
    """The risk in short: its ratings, mitigations and the history of its score."""
    matrix = matrix_of(risk.organization)
    mitigations = list(
        Mitigation.objects.filter(risk=risk)
        .with_progress()
        .order_by("number")
        .values("reference", "title", "status", "due_date", "actions_done", "actions_total")[:20]
    )
    for mitigation in mitigations:
        counts = mitigation["actions_done"], mitigation["actions_total"]
        mitigation["percent"] = progress_of(mitigation["status"], *counts)
    return {
        "scores": [score_row(risk, kind, matrix) for kind in KINDS],
        "matrix_rows": draw_ratings(risk, matrix),
        "mitigations": mitigations,
        "score_history": load_scores(risk),
    }


def load_scores(risk: Risk) -> list[dict[str, Any]]:
    """Return the current score as it changed, the latest first."""
    ledger = ScoreChange.objects.filter(risk=risk, deleted=False).order_by("-id")
    changes: list[dict[str, Any]] = []
    for row in ledger.values("at", "current_score", "current_level")[:50]:
        if changes and changes[-1]["current_score"] == row["current_score"]:
            changes[-1] = row  # it had this score since then
        elif len(changes) == MOST_SCORES:
            break
        else:
            changes.append(row)
    return changes
