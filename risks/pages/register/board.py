"""The board: risks as cards in a column for each status, moved by drag and drop or by a menu."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from openrisk.accounts.models import Membership, Organization, Role
from openrisk.errors import InvalidParameters
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, StepForm, status_of
from openrisk.pages.guards import MemberRequest, member_required, require_role
from openrisk.pages.submissions import create_once, redirect_to_created
from risks import states
from risks.models import Risk, Status
from risks.overdue import is_review_overdue
from risks.pages.bulk_changes.selection import BOARD_PARAMETERS, list_matching
from risks.pages.register.cells import LEVELS
from risks.pages.register.filters.chips import build_chips
from risks.pages.register.filters.words import names_me
from risks.pages.register.query import DEFAULT_ORDER, ListQuery, list_address
from risks.pages.register.risk_list import READS
from risks.pages.reuse import reuse_or_compute
from risks.pages.risk.detail import find_risk
from risks.querysets import RISK_ORDERS, owner_label
from risks.services.transitions import take_transition

CARDS = 50  # of a column, and of each "more"
CARD_FIELDS = (
    *("id", "number", "reference", "title", "version", "status"),
    *("current_level", "current_score", "next_review_at"),
)


@dataclass
class BoardColumn:
    """One status with its first cards. `exposure` is the sum of the current scores."""

    status: str
    count: int = 0
    exposure: int = 0
    cards: list[dict[str, Any]] = field(default_factory=list)
    more_url: str = ""
    list_url: str = ""

    @property
    def label(self) -> str:
        return str(Status(self.status).label)

    @property
    def targets(self) -> str:
        """Return the statuses that the machine allows from here."""
        return " ".join(states.TRANSITIONS[self.status])


@require_safe
@member_required(Role.VIEWER)
@vary_on_headers("HX-Request", "HX-Target")
def risk_board(request: MemberRequest) -> HttpResponse:
    """Show the board, or more cards of one column for htmx."""
    membership = request.membership
    may_write = membership.has_role(Role.ANALYST)
    column, start = request.GET.get("column", ""), request.GET.get("from", "0")
    query = ListQuery.read(request.GET)
    search = {"search": query.get("search")} if query.get("search") else {}
    filters = {name: value for name, value in query.filters.items() if name not in BOARD_PARAMETERS}
    shown = {**filters, **search}

    def compute() -> dict[str, Any]:
        context = {"organization": membership.organization.slug, "may_write": may_write}
        return render_board(membership, shown, column, start, context)

    whose = membership.user_id if names_me(filters) else ""
    rendered = reuse_or_compute(
        request,
        f"board {may_write} {whose} {column} {start} {sorted(shown.items())}",
        compute,
        reads=READS,
        clock="minute",  # a review becomes overdue
    )
    html = SafeString(rendered["html"])  # a template has escaped it; the cache stores plain text
    if column:
        return HttpResponse(html, status=rendered["status"])
    context = {
        "html": html,
        "may_write": may_write,
        "search": query.get("search"),
        "other_filters": filters,
        "list_query": urlencode(shown),
    }
    return render(request, "risks/register/board.html", context, status=rendered["status"])


def render_board(
    membership: Membership,
    filters: Mapping[str, str],
    column: str,
    start: str,
    context: dict[str, Any],
) -> dict[str, Any]:
    """Render all columns, or the cards of one from `start` on."""
    organization = membership.organization
    context["board_query"] = urlencode(filters)
    try:
        listing = list_matching(membership, context["board_query"])
    except InvalidParameters as refusal:
        context["problems"] = refusal.errors["query"]
        return {"html": render_to_string("risks/register/_board.html", context), "status": 400}
    if not column:
        context["chips"] = build_chips(
            organization, listing.query, listing.filters, partial(board_url, organization)
        )
        context["columns"] = load_columns(organization, listing.risks, filters)
        return {"html": render_to_string("risks/register/_board.html", context), "status": 200}
    if column not in Status.values:
        return {"html": "", "status": 404}
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 8 else 0
    shown = BoardColumn(column, cards=load_cards(listing.risks, column, first, CARDS + 1))
    if len(shown.cards) > CARDS:
        shown.cards.pop()
        shown.more_url = more_url(organization, filters, column, first + CARDS)
        shown.list_url = list_url(organization, filters, column)
    context["column"] = shown
    return {"html": render_to_string("risks/register/_board_cards.html", context), "status": 200}


def board_url(organization: Organization, query: ListQuery) -> str:
    text = query.encode()
    return reverse("risk-board", args=[organization.slug]) + (f"?{text}" if text else "")


def load_columns(
    organization: Organization, risks: Any, filters: Mapping[str, str]
) -> list[BoardColumn]:
    """Return a column for each status, with its count, its exposure and its first cards."""
    columns = {status: BoardColumn(status) for status in Status.values}
    for status, (count, exposure) in count_columns(risks).items():
        column = columns[status]
        column.count, column.exposure = count, exposure
        column.cards = load_cards(risks, status, 0, CARDS)
        if count > CARDS:
            column.more_url = more_url(organization, filters, status, CARDS)
            column.list_url = list_url(organization, filters, status)
    return list(columns.values())


def count_columns(risks: Any) -> dict[str, tuple[int, int]]:
    """Return the number of risks and the sum of their scores, by status.

    Rows are counted, not ids: an index without the id then answers alone.
    """
    sums = {"number": Count("*"), "exposure": Sum("current_score")}
    totals = risks.order_by().values_list("status").annotate(**sums)
    return {status: (count, exposure or 0) for status, count, exposure in totals}


def load_cards(risks: Any, status: str, start: int, count: int) -> list[dict[str, Any]]:
    """Return the cards of a column from `start` on, the highest priority first."""
    ordered = risks.filter(status=status).annotate(_order=RISK_ORDERS["priority"])
    rows = ordered.order_by("-_order", "-id").values(*CARD_FIELDS, owner_text=owner_label())
    cards = list(rows[start : start + count])
    now = timezone.now()
    for card in cards:
        card["overdue"] = is_review_overdue(card["status"], card["next_review_at"], now)
        card["level_label"] = LEVELS.get(card["current_level"], "")
    return cards


def more_url(
    organization: Organization, filters: Mapping[str, str], status: str, start: int
) -> str:
    query = ListQuery({**filters, "column": status, "from": str(start)})
    return board_url(organization, query)


def list_url(organization: Organization, filters: Mapping[str, str], status: str) -> str:
    query = ListQuery({**filters, "status": status, "ordering": DEFAULT_ORDER})
    return list_address(organization.slug, query)


# --- moving a card


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def move_risk(request: MemberRequest, number: int) -> HttpResponseBase:
    """Show where a risk can be moved and what is against the rest; move it.

    The address has the filters of the board that the person came from. The script of the board asks
    for JSON, and sends what a person would by the form of the page.
    """
    risk = find_risk(request, number)
    wants_json = request.headers.get("Accept", "") == "application/json"
    if request.method != "POST":
        return describe_moves(request, risk) if wants_json else show_moves(request, risk)
    to = request.POST.get("to", "")
    if to in states.REQUIRED_ROLE:
        require_role(request, states.REQUIRED_ROLE[to])
    form = StepForm(f"move-{to}", risk.version, request.POST)
    try:
        if form.is_valid():
            moved = take_transition(
                actor=request.membership.user, risk=risk, to=to, **form.cleaned_data
            )
            return answer_moved(request, moved, wants_json)
        status = 400
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        status = status_of(refusal)
    if wants_json:
        reasons = [*form.problems(), *(str(e) for errors in form.errors.values() for e in errors)]
        return JsonResponse({"reasons": list(dict.fromkeys(reasons))}, status=status)
    risk.refresh_from_db()
    return show_moves(request, risk, form, status)


def answer_moved(request: MemberRequest, risk: Risk, wants_json: bool) -> HttpResponseBase:
    text = _("%(reference)s is now %(status)s.") % {
        "reference": risk.reference,
        "status": risk.get_status_display().lower(),
    }
    if not wants_json:
        messages.success(request, text)
        return redirect_to_created(board_of(request))
    return JsonResponse(
        {
            "message": text,
            "version": risk.version,
            "columns": count_columns(shown_risks(request)),
        }
    )


def board_of(request: MemberRequest) -> str:
    """Return the address of the board with the filters of this address."""
    return board_url(request.membership.organization, ListQuery.read(request.GET))


def shown_risks(request: MemberRequest) -> Any:
    """Return the risks that the board shows, all of them where its filters cannot be used."""
    try:
        return list_matching(request.membership, request.GET.urlencode()).risks
    except InvalidParameters:
        return Risk.objects.for_organization(request.membership.organization)


def list_moves(request: MemberRequest, risk: Risk) -> list[dict[str, Any]]:
    """Return every move from the risk's status, with the reasons against it."""
    moves = []
    for transition in states.list_transitions(states.guard_context_of(risk)):
        reasons = list(transition.reasons)
        if not request.membership.has_role(transition.role):
            reasons.append(_("Managers only"))
        moves.append(
            {
                "to": transition.to,
                "label": transition.label,
                "reasons": reasons,
                "warning": states.WARNINGS.get(transition.to, ""),
            }
        )
    return moves


def describe_moves(request: MemberRequest, risk: Risk) -> JsonResponse:
    return JsonResponse({"version": risk.version, "moves": list_moves(request, risk)})


def show_moves(
    request: MemberRequest, risk: Risk, sent_form: StepForm | None = None, status: int = 200
) -> HttpResponse:
    moves = list_moves(request, risk)
    for move in moves:
        key = f"move-{move['to']}"
        form = StepForm(key, risk.version)
        if sent_form is not None and sent_form.key == key:
            sent_form.show_version(risk.version)
            form = sent_form
        move["form"] = form
    context = {
        "risk": risk,
        "moves": moves,
        "sent_form": sent_form,
        "query": ListQuery.read(request.GET).encode(),
        "board_url": board_of(request),
    }
    return render(request, "risks/register/move.html", context, status=status)
