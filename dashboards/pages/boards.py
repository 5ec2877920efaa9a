"""Boards: pages of figures that people compose, arrange and share."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from dashboards import reads
from dashboards.boards import editing
from dashboards.figures.scope import FILTERS, FigureScope
from dashboards.models import Board
from dashboards.pages.executive import invalid_query_page, page_context
from dashboards.pages.query import parse_board_query, parse_query
from dashboards.pages.widgets import CATALOGUE, WidgetContext, render_widget
from dashboards.periods import DEFAULT_PERIOD, PERIOD_LABELS
from openrisk.accounts.models import Organization, Role
from openrisk.errors import InvalidParameters
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, PageForm, VersionField, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.pages.register.filters.choices import filter_choices
from risks.pages.workspace.deleted import (
    offer_restore,
    register_address,
    restorable_sentence,
)
from risks.services.deletion import describe_parts
from risks.services.matrix import matrix_of

GROUPS = {
    "number": gettext_lazy("Numbers"),
    "matrix": gettext_lazy("Heat maps"),
    "timeline": gettext_lazy("Trends"),
    "top-risks": gettext_lazy("Top risks"),
    "breakdown": gettext_lazy("Breakdowns"),
}


register_address("dashboards.board", lambda slug, board: reverse("board", args=[slug, board.slug]))


# --- The list -------------------------------------------------------------------------------------
class NameForm(PageForm):
    name = forms.CharField(max_length=80)


@require_safe
@member_required(Role.VIEWER)
def board_list_page(request: MemberRequest) -> HttpResponse:
    return render_board_list(request, NameForm())


@form_on("boards")
@require_POST
@member_required(Role.VIEWER)
@create_once
def create_board_page(request: MemberRequest) -> HttpResponse:
    form, status = NameForm(request.POST), 400
    if form.is_valid():
        try:
            board = editing.create_board(request.membership, form.cleaned_data["name"])
            return redirect_to_created("board-edit", request.organization_slug, board.slug)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
    return render_board_list(request, form, status)


def render_board_list(request: MemberRequest, form: NameForm, status: int = 200) -> HttpResponse:
    visible = editing.visible_to(request.membership).select_related("owner")
    context = {"boards": visible, "form": form, "me": request.user}
    return render(request, "dashboards/boards.html", context, status=status)


# --- A board --------------------------------------------------------------------------------------
@require_safe
@member_required(Role.VIEWER)
def board_page(request: MemberRequest, slug: str) -> HttpResponse:
    """The widgets of a board, with its saved filters, which the address overrides."""
    board = get_object_or_404(editing.visible_to(request.membership), slug=slug)
    names = {widget["name"] for widget in board.widgets} & CATALOGUE.keys()

    def compute(scope: FigureScope, period: str) -> dict[str, Any]:
        matrix = matrix_of(scope.organization)
        return {
            "widgets": {
                name: CATALOGUE[name].compute(scope, period, matrix) for name in sorted(names)
            }
        }

    try:
        query = parse_board_query(board, request.GET.dict())
        name = f"board {board.pk} {board.version}"
        figures = query.cached_figures(name, compute, reads.EXECUTIVE)
    except InvalidParameters as error:
        return invalid_query_page(request, error, board=board)
    matrix = matrix_of(board.organization)
    widgets = []
    for widget in board.widgets:
        data = figures["widgets"].get(widget["name"], {})
        rendered = render_widget(widget["name"], WidgetContext(query, data, matrix))
        widgets.append({**rendered, "wide": widget.get("wide", False)})
    context = {
        **page_context(query, figures),
        "board": board,
        "widgets": widgets,
        "may_edit": editing.can_edit(request.membership, board),
    }
    return render(request, "dashboards/board.html", context)


# --- The editor -----------------------------------------------------------------------------------
class BoardForm(PageForm):
    """Name, filters and sharing. Every button of the editor saves them too."""

    name = forms.CharField(max_length=80)
    period = forms.ChoiceField(
        label=gettext_lazy("Compared with"),
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
        self.fields["shared"].label = _("Share with everyone in %(organization)s") % {
            "organization": organization
        }
        # The chosen asset, which may not be among the first few that are offered.
        asset = UUID(board.filters["asset"]) if board.filters.get("asset") else None
        for name, choices in filter_choices(organization, asset).items():
            self.fields[name].choices = [("", _("Any")), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse filters that the board's page could not show."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            parse_query(QueryDict(urlencode(self.chosen_filters())), self.organization)
        except InvalidParameters as error:
            raise ValidationError(error.reasons[0]) from None
        return data

    def board_fields(self) -> dict[str, Any]:
        name = " ".join(self.cleaned_data["name"].split())
        shared = self.cleaned_data["shared"]
        return {"name": name, "shared": shared, "filters": self.chosen_filters()}

    def chosen_filters(self) -> dict[str, Any]:
        values = {name: self.cleaned_data.get(name) for name in ("period", *FILTERS)}
        return {name: value for name, value in values.items() if value}


@form_on()
@member_required(Role.VIEWER)
def edit_board_page(request: MemberRequest, slug: str) -> HttpResponse:
    board = get_object_or_404(editing.visible_to(request.membership), slug=slug)
    if not editing.can_edit(request.membership, board):
        raise Http404
    organization = request.membership.organization
    if request.method != "POST":
        form = BoardForm(None, board=board, organization=organization)
        return render_editor(request, board, form)
    form = BoardForm(request.POST, board=board, organization=organization)
    if is_cancelled(request):
        return render_editor(request, board, form)
    if request.POST.get("action") == "delete":
        return delete_board(request, board)
    status = 400
    if form.is_valid():
        try:
            return save_board(request, board, form)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
    board.refresh_from_db()
    return render_editor(request, board, form, status)


def render_editor(
    request: MemberRequest, board: Board, form: BoardForm, status: int = 200
) -> HttpResponse:
    """Show the editor. A form that was refused keeps its input; sent again, it replaces the
    version that is stored now."""
    if form.is_bound:
        data = request.POST.copy()
        data["version"] = str(board.version)
        form.data = data
    widgets = []
    for widget in board.widgets:
        name = widget["name"]
        title = CATALOGUE[name].title if name in CATALOGUE else f"{name} (not available)"
        widgets.append({"name": name, "title": title, "wide": widget.get("wide")})
    catalogue: dict[str, list[tuple[str, str]]] = {}
    for name, entry in CATALOGUE.items():
        group = str(GROUPS.get(name.partition(":")[0], _("Others")))
        catalogue.setdefault(group, []).append((name, entry.title))
    context = {
        "board": board,
        "form": form,
        "widgets": widgets,
        "catalogue": list(catalogue.items()),
        "adding": request.POST.get("widget", ""),
    }
    return render(request, "dashboards/board_edit.html", context, status=status)


def save_board(request: MemberRequest, board: Board, form: BoardForm) -> HttpResponse:
    """Save the form, and do to the widgets what the button says: `add:`, or `up:2` and its like."""
    action, _separator, position = request.POST.get("action", "").partition(":")
    fields = form.board_fields()
    if action == "add" and request.POST.get("widget") in CATALOGUE:
        fields["widgets"] = editing.add_widget(board, request.POST["widget"])
    elif action in editing.ARRANGEMENTS and position.isdecimal():
        fields["widgets"] = editing.ARRANGEMENTS[action](board.widgets, int(position))
    editing.update_board(board, form.cleaned_data["version"], **fields)
    messages.success(request, _("Saved."))
    page = "board-edit" if "widgets" in fields else "board"
    return redirect(page, request.organization_slug, board.slug)


def delete_board(request: MemberRequest, board: Board) -> HttpResponse:
    consequences = [
        _("Everyone in %(organization)s loses it.") % {"organization": board.organization}
        if board.shared
        else _("Only you use it."),
        ngettext(
            "Deleted with it: %(count)s widget. Figures and risks stay.",
            "Deleted with it: %(count)s widgets. Figures and risks stay.",
            len(board.widgets),
        )
        % {"count": len(board.widgets)},
    ]
    if parts := describe_parts(board):
        consequences.append(_("Also deleted: %(parts)s.") % {"parts": parts})
    consequences.append(restorable_sentence())
    question = ask_first(
        request,
        _("Delete the board %(name)s?") % {"name": board.name},
        consequences,
        _("Delete this board"),
    )
    if question:
        return render(request, "confirm.html", {"question": question})
    try:
        offer_restore(request, editing.delete_board(request.membership, board))
    except REFUSALS as refusal:  # someone else deleted it, or used it, at this moment
        messages.error(request, refusal_sentence(refusal))
    return redirect("boards", request.organization_slug)
