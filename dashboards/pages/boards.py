"""Boards: pages of figures that people compose, arrange and share."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import APIException

from dashboards import boards
from dashboards.models import Board
from dashboards.pages.front import page, refused
from dashboards.pages.scoping import PERIOD_WORDS, USUAL_PERIOD, BadAddress, asked_by
from dashboards.pages.widgets import CATALOGUE, Shown, drawn
from dashboards.scope import FILTERS, Scope
from dashboards.views import EXECUTIVE_READS
from openrisk.accounts.models import Role
from openrisk.accounts.pages import MemberRequest, member_required
from risks.pages.listing import filter_choices
from risks.services.matrix import matrix_of

GROUPS = {
    "number": "Numbers",
    "matrix": "Heat maps",
    "timeline": "Trends",
    "top-risks": "Top risks",
    "breakdown": "Breakdowns",
}


class NameForm(forms.Form):
    name = forms.CharField(max_length=80)


@require_safe
@member_required(Role.VIEWER)
def board_list(request: MemberRequest) -> HttpResponse:
    visible = boards.visible_to(request.membership).select_related("owner")
    context = {"boards": visible, "form": NameForm(), "me": request.user}
    return render(request, "dashboards/boards.html", context)


@require_POST
@member_required(Role.VIEWER)
def new_board(request: MemberRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        visible = boards.visible_to(request.membership).select_related("owner")
        context = {"boards": visible, "form": form, "me": request.user}
        return render(request, "dashboards/boards.html", context, status=400)
    try:
        board = boards.create(request.membership, form.cleaned_data["name"])
    except APIException as reason:
        messages.error(request, str(reason.detail))
        return redirect("boards", request.organization_slug)
    return redirect("board-edit", request.organization_slug, board.slug)


@require_safe
@member_required(Role.VIEWER)
def board_page(request: MemberRequest, slug: str) -> HttpResponse:
    """The board's filters hold where the address says nothing else."""
    board = _board(request, slug)
    query = QueryDict(mutable=True)
    query.update({**board.filters, **request.GET.dict()})
    try:
        wanted = asked_by(query, request.membership.organization)
        name = f"board {board.pk} {board.version}"
        figures = wanted.figures(name, _computed(board), EXECUTIVE_READS)
    except BadAddress as reason:
        return refused(request, str(reason), board=board)
    levels = matrix_of(request.membership.organization)
    widgets = [
        drawn(widget["name"], Shown(wanted, figures["widgets"].get(widget["name"], {}), levels))
        | {"wide": widget.get("wide", False)}
        for widget in board.widgets
    ]
    context = {
        **page(wanted, figures),
        "board": board,
        "cards": widgets,
        "may_edit": boards.may_edit(request.membership, board),
    }
    return render(request, "dashboards/board.html", context)


def _computed(board: Board) -> Any:
    names = {widget["name"] for widget in board.widgets} & CATALOGUE.keys()

    def compute(scope: Scope, period: str) -> dict[str, Any]:
        levels = matrix_of(scope.organization)
        return {
            "widgets": {
                name: CATALOGUE[name].compute(scope, period, levels) for name in sorted(names)
            }
        }

    return compute


# --- Composing --------------------------------------------------------------------------------
@member_required(Role.VIEWER)
def edit_board(request: MemberRequest, slug: str) -> HttpResponse:
    board = _board(request, slug)
    if not boards.may_edit(request.membership, board):
        raise Http404
    if request.method == "POST":
        try:
            return _edited(request, board)
        except APIException as refusal:
            messages.error(request, str(refusal.detail))
        except BadAddress as reason:
            messages.error(request, f"Nothing was saved. {reason}")
        return redirect("board-edit", request.organization_slug, board.slug)
    context = {
        "board": board,
        "widgets": [
            {"name": w["name"], "title": _title(w["name"]), "wide": w.get("wide")}
            for w in board.widgets
        ],
        "catalogue": _catalogue(),
        "periods": PERIOD_WORDS,
        "period": board.filters.get("period", USUAL_PERIOD),
        "choices": filter_choices(request.membership.organization, _asset(board)),
    }
    return render(request, "dashboards/board_edit.html", context)


def _edited(request: MemberRequest, board: Board) -> HttpResponse:
    action, _, place = request.POST.get("action", "").partition(":")
    seen = request.POST.get("version", "")
    version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
    if action == "delete":
        board.delete()
        messages.success(request, f"The board {board.name} is deleted.")
        return redirect("boards", request.organization_slug)
    if action == "add" and request.POST.get("widget") in CATALOGUE:
        boards.change(board, version, widgets=boards.add(board, request.POST["widget"]))
    elif action in boards.ARRANGEMENTS and place.isdigit() and int(place) < len(board.widgets):
        arranged = boards.ARRANGEMENTS[action](board.widgets, int(place))
        boards.change(board, version, widgets=arranged)
    elif action == "save":
        boards.change(board, version, **_settings(request))
        messages.success(request, "Saved.")
        return redirect("board", request.organization_slug, board.slug)
    return redirect("board-edit", request.organization_slug, board.slug)


def _settings(request: MemberRequest) -> dict[str, Any]:
    name = " ".join(request.POST.get("name", "").split())[:80]
    given = {name: request.POST.get(name, "").strip() for name in ("period", *FILTERS)}
    filters = {name: value for name, value in given.items() if value}
    query = QueryDict(urlencode(filters))
    asked_by(query, request.membership.organization)  # what no page could show is not saved
    return {
        "filters": filters,
        "shared": request.POST.get("shared") == "on",
        **({"name": name} if name else {}),
    }


def _asset(board: Board) -> UUID | None:
    """The one that is chosen, which the list of the first few may lack."""
    chosen = board.filters.get("asset")
    return UUID(chosen) if chosen else None


def _board(request: MemberRequest, slug: str) -> Board:
    board = boards.visible_to(request.membership).filter(slug=slug).first()
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
