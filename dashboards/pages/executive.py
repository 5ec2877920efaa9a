"""The overview: the state of the register on one page, for those who are responsible for it."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from dashboards import reads
from dashboards.figures.executive import compute_executive
from dashboards.figures.scope import FigureScope
from dashboards.figures.totals import FIGURES
from dashboards.pages.query import PageQuery, parse_query
from dashboards.pages.start import checklist_context, empty_page
from dashboards.pages.widgets import (
    WidgetContext,
    add_cell_changes,
    register_list_url,
    render_widget,
)
from dashboards.periods import PERIOD_LABELS
from dashboards.start.checklist import checklist_of
from openrisk.accounts.models import Role
from openrisk.errors import InvalidParameters
from openrisk.pages.guards import MemberRequest, member_required
from risks.models import Level, Matrix
from risks.services.matrix import matrix_of

# More risks of a low or medium level are neither good nor bad: they may have been higher before.
NEUTRAL = ("level_low", "level_medium")

FILES = {"pdf": "executive-pdf", "workbook": "executive-workbook", "data": "executive-data"}


@require_safe
@member_required(Role.VIEWER)
def executive_page(request: MemberRequest) -> HttpResponse:
    try:
        query = parse_query(request.GET, request.membership.organization)
        figures = query.cached_figures("overview", render_figures, reads.EXECUTIVE)
    except InvalidParameters as error:
        return invalid_query_page(request, error)
    start = checklist_of(request.membership)
    if not start.has_risks and not query.parameters:
        return empty_page(request, start)
    parameters = urlencode(query.parameters)
    files = {
        name: f"{reverse(route, args=[request.organization_slug])}?{parameters}"
        for name, route in FILES.items()
    }
    context = {
        **page_context(query, figures),
        **checklist_context(start),
        # It was rendered by render_figures, whose template escapes; the cache keeps plain text.
        "figures": mark_safe(figures["html"]),  # noqa: S308
        "files": files,
    }
    return render(request, "dashboards/executive.html", context)


def render_figures(scope: FigureScope, period: str) -> dict[str, Any]:
    """Render the figures of the page, which are the same for all members."""
    figures = compute_figures(scope, period)
    sections = executive_sections(PageQuery(scope, period), figures, matrix_of(scope.organization))
    html = render_to_string("dashboards/_figures.html", sections)
    return {"measured": figures["measured"], "html": html}


def executive_figures(query: PageQuery) -> dict[str, Any]:
    """Return the figures of the overview for a report, cached. Raises InvalidParameters."""
    return query.cached_figures("executive", compute_figures, reads.EXECUTIVE)


def compute_figures(scope: FigureScope, period: str) -> dict[str, Any]:
    """Compute what the executive endpoint answers, and how the cells of the heat map changed."""
    figures = compute_executive(scope, period, matrix_of(scope.organization))
    if figures["measured"]:
        add_cell_changes(figures["matrix"], scope, period)
    return figures


def invalid_query_page(
    request: MemberRequest, error: InvalidParameters, **context: Any
) -> HttpResponse:
    """Show the first thing that is wrong with the address."""
    context["reason"] = error.reasons[0]
    return render(request, "dashboards/refused.html", context, status=400)


# --- The context of the templates -----------------------------------------------------------------
def page_context(query: PageQuery, figures: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the head and the foot of a page of figures."""
    return {
        "query": query,
        "scope": query.scope,
        "periods": PERIOD_LABELS,
        "computed_at": figures["computed_at"],
    }


def executive_sections(query: PageQuery, figures: dict[str, Any], matrix: Matrix) -> dict[str, Any]:
    """Return what the overview and its PDF show: headline, tiles and widgets."""
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
        "organization": query.scope.organization.slug,  # for links, as on any page
        "tiles": executive_tiles(query.scope, figures["stats"]),
        "drafts": figures["stats"]["by_status"]["draft"],
        "only_drafts": not figures["stats"]["open"],
        "drafts_url": register_list_url(query.scope, {"status": "draft"}),
        "widgets": {
            section: render_widget(name, WidgetContext(query, data, matrix))
            for section, (name, data) in widgets.items()
        },
    }


def executive_tiles(scope: FigureScope, stats: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the figures in a row, the most severe level first; each opens the risks it counts."""

    def tile(name: str, value: int | None, change: int | None, level: str = "") -> dict[str, Any]:
        return {
            "label": FIGURES[name].label,
            "level": level,
            "count": value,
            "change": change,
            "alert": name == "overdue_reviews" and bool(value),
            "tone": "" if not change or name in NEUTRAL else "better" if change < 0 else "worse",
            "url": register_list_url(scope, FIGURES[name].filters),
        }

    by_level, changes = stats["by_level"], stats["change"]
    return [
        tile("open", stats["open"], changes["open"]),
        *(
            tile(f"level_{level}", by_level[level], changes["by_level"][level], level)
            for level in reversed(Level.values)
        ),
        tile("not_assessed", by_level["not_assessed"], changes["by_level"]["not_assessed"]),
        tile("overdue_reviews", stats["overdue_reviews"], changes["overdue_reviews"]),
    ]
