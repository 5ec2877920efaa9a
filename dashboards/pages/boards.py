"""Boards: pages of figures that people compose, arrange and share."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboards.api.views import EXECUTIVE_READS
from dashboards.boards import editing
from dashboards.figures.scope import FILTERS, FigureScope
from dashboards.models import Board
from dashboards.pages.executive import invalid_query_page, page_context
from dashboards.pages.query import DEFAULT_PERIOD, PERIOD_LABELS, InvalidQuery, parse_query
from dashboards.pages.widgets import CATALOGUE, WidgetContext, render_widget
from openrisk.accounts.models import Organization, Role
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, PageForm, VersionField, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.pages.listing import filter_choices
from risks.services.deletion import describe_parts
from risks.services.matrix import matrix_of

GROUPS = {
    "number": "Numbers",
    "matrix": "Heat maps",
    "timeline": "Trends",
    "top-risks": "Top risks",
    "breakdown": "Breakdowns",
}


class NameForm(PageForm):
    name = forms.CharField(max_length=80)


@require_safe
@member_required(Role.VIEWER)
def board_list_page(request: MemberRequest) -> HttpResponse:
    visible = editing.visible_to(request.membership).select_related("owner")
    context = {"boards": visible, "form": NameForm(), "me": request.user}
    return render(request, "dashboards/boards.html", context)


@form_on("boards")
@require_POST
@member_required(Role.VIEWER)
@create_once
def create_board_page(request: MemberRequest) -> HttpResponse:
    form, status, board = NameForm(request.POST), 400, None
    if form.is_valid():
        try:
            board = editing.create_board(request.membership, form.cleaned_data["name"])
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
    if board is None:
        visible = editing.visible_to(request.membership).select_related("owner")
        context = {"boards": visible, "form": form, "me": request.user}
        return render(request, "dashboards/boards.html", context, status=status)
    return redirect_to_created("board-edit", request.organization_slug, board.slug)


@require_safe
@member_required(Role.VIEWER)
def board_page(request: MemberRequest, slug: str) -> HttpResponse:
    """The board's filters hold where the address says nothing else."""
    board = _board(request, slug)
    query = QueryDict(mutable=True)
    query.update({**board.filters, **request.GET.dict()})
    try:
        wanted = parse_query(query, request.membership.organization)
        name = f"board {board.pk} {board.version}"
        figures = wanted.figures(name, _computed(board), EXECUTIVE_READS)
    except InvalidQuery as reason:
        return invalid_query_page(request, str(reason), board=board)
    levels = matrix_of(request.membership.organization)
    widgets = [
        render_widget(
            widget["name"],
            WidgetContext(wanted, figures["widgets"].get(widget["name"], {}), levels),
        )
        | {"wide": widget.get("wide", False)}
        for widget in board.widgets
    ]
    context = {
        **page_context(wanted, figures),
        "board": board,
        "cards": widgets,
        "may_edit": editing.can_edit(request.membership, board),
    }
    return render(request, "dashboards/board.html", context)


def _computed(board: Board) -> Any:
    names = {widget["name"] for widget in board.widgets} & CATALOGUE.keys()

    def compute(scope: FigureScope, period: str) -> dict[str, Any]:
        levels = matrix_of(scope.organization)
        return {
            "widgets": {
                name: CATALOGUE[name].compute(scope, period, levels) for name in sorted(names)
            }
        }

    return compute


# --- Composing --------------------------------------------------------------------------------
class BoardForm(PageForm):
    """Name, filters and sharing. They are saved with whatever else is done in the editor."""

    name = forms.CharField(max_length=80)
    period = forms.ChoiceField(
        label="Compared with",
        choices=[(value, f"{label} before") for value, label in PERIOD_LABELS.items()],
        required=False,
    )
    category = forms.ChoiceField(required=False)
    owner = forms.ChoiceField(required=False)
    asset = forms.ChoiceField(required=False)
    tag = forms.CharField(max_length=50, required=False)
    shared = forms.BooleanField(required=False)
    version = VersionField()

    def __init__(self, data: Any, *, board: Board, organization: Organization) -> None:
        filters = {"period": DEFAULT_PERIOD, **board.filters}
        values = {"name": board.name, "shared": board.shared, "version": board.version}
        super().__init__(data, initial={**filters, **values}, auto_id="%s")
        self.organization = organization
        self.fields["shared"].label = f"Share with everyone in {organization}"
        for name, choices in filter_choices(organization, _asset(board)).items():
            self.fields[name].choices = [("", "Any"), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse what no page could show."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            parse_query(QueryDict(urlencode(self._filters())), self.organization)
        except InvalidQuery as reason:
            raise ValidationError(str(reason)) from None
        return data

    def settings(self) -> dict[str, Any]:
        name = " ".join(self.cleaned_data["name"].split())
        return {"name": name, "shared": self.cleaned_data["shared"], "filters": self._filters()}

    def _filters(self) -> dict[str, Any]:
        given = {name: self.cleaned_data.get(name) for name in ("period", *FILTERS)}
        return {name: value for name, value in given.items() if value}


@form_on()
@member_required(Role.VIEWER)
def edit_board_page(request: MemberRequest, slug: str) -> HttpResponse:
    board = _board(request, slug)
    if not editing.can_edit(request.membership, board):
        raise Http404
    organization = request.membership.organization
    if request.method != "POST":
        return _editor(request, board, BoardForm(None, board=board, organization=organization))
    form = BoardForm(request.POST, board=board, organization=organization)
    if is_cancelled(request):
        return _editor(request, board, form)
    if request.POST.get("action") == "delete":
        return _delete(request, board)
    status = 400
    if form.is_valid():
        try:
            return _edited(request, board, form)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
    board.refresh_from_db()
    return _editor(request, board, form, status)


def _editor(
    request: MemberRequest, board: Board, form: BoardForm, status: int = 200
) -> HttpResponse:
    """What was typed stays; sent again it replaces what is stored now."""
    if form.is_bound:
        data = request.POST.copy()
        data["version"] = str(board.version)
        form.data = data
    context = {
        "board": board,
        "form": form,
        "widgets": [
            {"name": w["name"], "title": _title(w["name"]), "wide": w.get("wide")}
            for w in board.widgets
        ],
        "catalogue": _catalogue(),
        "adding": request.POST.get("widget", ""),
    }
    return render(request, "dashboards/board_edit.html", context, status=status)


def _edited(request: MemberRequest, board: Board, form: BoardForm) -> HttpResponse:
    """Save the settings, and the widgets as the button says."""
    action, _, place = request.POST.get("action", "").partition(":")
    changes = form.settings()
    if action == "add" and request.POST.get("widget") in CATALOGUE:
        changes["widgets"] = editing.add_widget(board, request.POST["widget"])
    elif action in editing.ARRANGEMENTS and place.isdigit() and int(place) < len(board.widgets):
        changes["widgets"] = editing.ARRANGEMENTS[action](board.widgets, int(place))
    editing.update_board(board, form.cleaned_data["version"], **changes)
    messages.success(request, "Saved.")
    if "widgets" in changes:
        return redirect("board-edit", request.organization_slug, board.slug)
    return redirect("board", request.organization_slug, board.slug)


def _delete(request: MemberRequest, board: Board) -> HttpResponse:
    shared = f"Everyone in {board.organization} loses it." if board.shared else "It is yours alone."
    figures = f"Its {len(board.widgets)} widgets go with it; the figures and risks stay."
    parts = describe_parts(board)
    question = ask_first(
        request,
        f"Delete the board {board.name}?",
        [shared, figures, *([f"With it go: {parts}."] if parts else []), "This cannot be undone."],
        "Delete this board",
    )
    if question:
        return render(request, "confirm.html", {"question": question})
    board.delete()
    messages.success(request, f"The board {board.name} is deleted.")
    return redirect("boards", request.organization_slug)


def _asset(board: Board) -> UUID | None:
    """The one that is chosen, which the list of the first few may lack."""
    chosen = board.filters.get("asset")
    return UUID(chosen) if chosen else None


def _board(request: MemberRequest, slug: str) -> Board:
    board = editing.visible_to(request.membership).filter(slug=slug).first()
    if board is None:
        raise Http404
    return board


def _title(name: str) -> str:
    return CATALOGUE[name].title if name in CATALOGUE else f"{name} (no longer there)"


def _catalogue() -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, [(name, title)])"""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, widget in CATALOGUE.items():
        group = GROUPS.get(name.partition(":")[0], "Others")
        groups.setdefault(group, []).append((name, widget.title))
    return list(groups.items())
