"""The front page: how the register stands, for those who answer for it."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboards.api.views import EXECUTIVE_READS
from dashboards.figures.executive import compute_executive
from dashboards.figures.scope import FigureScope
from dashboards.figures.totals import FIGURES
from dashboards.pages.query import PERIOD_LABELS, InvalidQuery, PageQuery, parse_request
from dashboards.pages.widgets import WidgetContext, add_cell_changes, list_url, render_widget
from openrisk.accounts.models import Role
from openrisk.pages.guards import MemberRequest, member_required
from risks.models import Level, Matrix
from risks.services.matrix import matrix_of


@require_safe
@member_required(Role.VIEWER)
def executive_page(request: MemberRequest) -> HttpResponse:
    try:
        wanted = parse_request(request)
        shown = wanted.figures("front", _drawn, EXECUTIVE_READS)
    except InvalidQuery as reason:
        return invalid_query_page(request, str(reason))
    if not shown["measured"] and not wanted.query:
        return render(request, "dashboards/empty.html", _may(request))
    context = {**page_context(wanted, shown), "figures": shown["html"]}
    pdf = reverse("executive-pdf", args=[request.organization_slug])
    context["pdf"] = f"{pdf}?{urlencode(wanted.query)}"
    return render(request, "dashboards/executive.html", context)


def _drawn(scope: FigureScope, period: str) -> dict[str, Any]:
    """The figures as the page shows them, the same to all members."""
    figures = _computed(scope, period)
    shown = executive_sections(PageQuery(scope, period), figures, matrix_of(scope.organization))
    html = render_to_string("dashboards/_figures.html", shown)
    return {"measured": figures["measured"], "html": html}


def executive_figures(wanted: PageQuery) -> dict[str, Any]:
    """The figures of the front page, for a report; cached. Raises BadAddress."""
    return wanted.figures("executive", _computed, EXECUTIVE_READS)


def _computed(scope: FigureScope, period: str) -> dict[str, Any]:
    """What the executive endpoint says, the cells of the heat map with how they changed."""
    levels = matrix_of(scope.organization)
    figures = compute_executive(scope, period, levels)
    if figures["measured"]:
        figures["matrix"] = add_cell_changes(figures["matrix"], scope, period)
    return figures


def invalid_query_page(request: MemberRequest, reason: str, **others: Any) -> HttpResponse:
    context = {"reason": reason, **others}
    return render(request, "dashboards/refused.html", context, status=400)


def _may(request: MemberRequest) -> dict[str, bool]:
    may = request.membership.has_role
    return {"may_write": may(Role.ANALYST), "may_import": may(Role.MANAGER)}


# --- What the template shows ------------------------------------------------------------------
def page_context(wanted: PageQuery, figures: dict[str, Any]) -> dict[str, Any]:
    """The head and the foot of a page of figures."""
    return {
        "asked": wanted,
        "scope": wanted.scope,
        "periods": PERIOD_LABELS,
        "period_words": PERIOD_LABELS[wanted.period],
        "computed_at": figures["computed_at"],
        "age": max(0, int((timezone.now() - figures["computed_at"]).total_seconds())),
    }


def executive_sections(
    wanted: PageQuery, figures: dict[str, Any], levels: Matrix
) -> dict[str, Any]:
    exposure = {"exposure": figures["stats"]["exposure"] or 0}
    widgets = {
        "heat_map": ("matrix:current", figures["matrix"]),
        "top_risks": ("top-risks:5", figures["top_risks"] | exposure),
        "timeline": ("timeline:90", figures["timeline"]),
        "mitigations": ("mitigations", figures["mitigations"]),
        "burn_down": ("burn-down", figures["mitigations"]),
        "appetite": ("appetite", figures["appetite"]),
        "compliance": ("compliance", figures["compliance"]),
    }
    return {
        "headline": figures["headline"],
        "organization": wanted.scope.organization.slug,  # for links, as on any page
        "tiles": executive_tiles(wanted.scope, figures["stats"]),
        "drafts": figures["stats"]["by_status"]["draft"],
        "drafts_url": list_url(wanted.scope, {"status": "draft"}),
        "widgets": {
            place: render_widget(name, WidgetContext(wanted, data, levels))
            for place, (name, data) in widgets.items()
        },
    }


def executive_tiles(scope: FigureScope, stats: dict[str, Any]) -> list[dict[str, Any]]:
    """The figures in a row, the gravest level first; each opens the risks that it counts."""
    names = ["open", *(f"level_{level.value}" for level in reversed(Level)), "not_assessed"]
    return [_tile(scope, stats, name) for name in (*names, "overdue_reviews")]


def _tile(scope: FigureScope, stats: dict[str, Any], name: str) -> dict[str, Any]:
    level = name.removeprefix("level_") if name.startswith("level_") else ""
    inside = level or name
    group = "by_level" if level or name == "not_assessed" else ""
    value, change = (
        (figures[group] if group else figures)[inside] for figures in (stats, stats["change"])
    )
    return {
        "label": FIGURES[name].label,
        "level": level,
        "count": value,
        "change": change,
        "alert": name == "overdue_reviews" and bool(value),
        "url": list_url(scope, FIGURES[name].filters),
    }
