"""The catalogue of widgets that pages of figures show, each with its figure and its caption."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from dashboards.figures.appetite import compute_appetite
from dashboards.figures.breakdown import GROUPINGS, compute_breakdown
from dashboards.figures.compliance import compute_compliance
from dashboards.figures.matrix import KINDS, cell_filters, compute_heat_map, count_by_cell
from dashboards.figures.mitigations import compute_mitigations
from dashboards.figures.scope import FigureScope
from dashboards.figures.timeline import compute_timeline
from dashboards.figures.top_risks import compute_top_risks
from dashboards.figures.totals import FIGURES, compute_totals
from dashboards.pages import captions
from dashboards.pages.query import PageQuery
from dashboards.periods import PERIOD_DAYS, PERIOD_LABELS
from risks.models import Level, Matrix

MOST_GROUPS = 12


@dataclass(frozen=True)
class WidgetContext:
    """The query of the page, the data that the widget computed, and the organization's matrix."""

    query: PageQuery
    data: dict[str, Any]
    matrix: Matrix


@dataclass(frozen=True)
class Widget:
    """One entry of the catalogue."""

    title: str
    template: str
    compute: Callable[[FigureScope, str, Matrix], dict[str, Any]]  # as the API would answer
    caption: Callable[[WidgetContext], str]
    details: Callable[[WidgetContext], dict[str, Any]] | None = None  # what else the template needs


def render_widget(name: str, context: WidgetContext) -> dict[str, Any]:
    """Return everything that a template, or the PDF, needs to show a widget.

    A widget that is no longer in the catalogue is one that says so.
    """
    widget = CATALOGUE.get(name)
    if widget is None:
        template = "dashboards/widgets/gone.html"
        return {"id": "gone", "key": name, "title": "Not available", "template": template}
    return {
        "id": name.replace(":", "-"),
        "title": widget.title,
        "template": f"dashboards/widgets/{widget.template}.html",
        "data": context.data,
        "caption": widget.caption(context),
        "period_label": PERIOD_LABELS[context.query.period],
        **(widget.details(context) if widget.details else {}),
    }


def register_url(scope: FigureScope) -> str:
    return reverse("risk-list", args=[scope.organization.slug])


def register_list_url(scope: FigureScope, filters: Mapping[str, Any] | None) -> str | None:
    """Return the page of the register, filtered; None for a past day, which it cannot show."""
    query = scope.list_query(filters)
    return None if query is None else f"{register_url(scope)}?{query}"


# --- Heat map -------------------------------------------------------------------------------------
def heat_map_widget(kind: str) -> Widget:
    def compute(scope: FigureScope, period: str, matrix: Matrix) -> dict[str, Any]:
        return add_cell_changes(compute_heat_map(scope, kind, matrix), scope, period)

    def caption(context: WidgetContext) -> str:
        matrix = context.matrix
        return captions.describe_heat_map(
            context.data, matrix.likelihood_labels, matrix.impact_labels
        )

    title = "Heat map" if kind == "current" else f"Heat map, {kind}"
    return Widget(title, "heat_map", compute, caption, heat_map_rows)


def add_cell_changes(heat_map: dict[str, Any], scope: FigureScope, period: str) -> dict[str, Any]:
    """Add to each cell how its count changed within the period, with one query."""
    before = count_by_cell(scope.days_earlier(PERIOD_DAYS[period]), heat_map["kind"])
    for cell in heat_map["cells"]:
        count_before = before.get((cell["likelihood"], cell["impact"]), 0)
        cell["change"] = cell["count"] - count_before if before else None
    return heat_map


def heat_map_rows(context: WidgetContext) -> dict[str, Any]:
    """Return the cells as rows, the highest likelihood first, each cell with its list of risks."""
    scope, kind, matrix = context.query.scope, context.data["kind"], context.matrix
    rows = []
    for likelihood in reversed(matrix.likelihoods):
        cells = [
            {
                **cell,
                "url": register_list_url(scope, cell_filters(kind, likelihood, cell["impact"])),
            }
            for cell in context.data["cells"]
            if cell["likelihood"] == likelihood
        ]
        label = matrix.likelihood_labels[likelihood - 1]
        rows.append({"likelihood": likelihood, "label": label, "cells": cells})
    return {"rows": rows, "impacts": list(enumerate(matrix.impact_labels, 1))}


# --- Other figures --------------------------------------------------------------------------------
def number_widget(name: str) -> Widget:
    figure = FIGURES[name]

    def compute(scope: FigureScope, period: str, matrix: Matrix) -> dict[str, Any]:
        days = PERIOD_DAYS[period]
        earlier = scope.days_earlier(days)
        now, before = compute_totals(
            (scope, scope.period_start(days)), (earlier, earlier.period_start(days))
        )
        return {"value": figure.value(now), "before": figure.value(before)}

    def caption(context: WidgetContext) -> str:
        return captions.describe_number(context.data, PERIOD_LABELS[context.query.period])

    def details(context: WidgetContext) -> dict[str, Any]:
        scope = context.query.scope
        beginning = scope.period_start(PERIOD_DAYS[context.query.period])
        return {"url": register_list_url(scope, figure.list_filters(beginning))}

    return Widget(figure.label, "figure", compute, caption, details)


def breakdown_widget(by: str) -> Widget:
    def details(context: WidgetContext) -> dict[str, Any]:
        register = register_url(context.query.scope)
        rows = [
            {
                **row,
                "severe": row["high"] + row["critical"],
                "page": row["url"] and f"{register}?{row['url'].partition('?')[2]}",
            }
            for row in context.data["results"][:MOST_GROUPS]
        ]
        return {"rows": rows, "head": by.capitalize()}

    return Widget(
        f"Open risks by {by}",
        "breakdown",
        lambda scope, period, matrix: compute_breakdown(scope, by),
        lambda context: captions.describe_breakdown(context.data),
        details,
    )


def timeline_widget(days: int, length: str) -> Widget:
    return Widget(
        f"Trend of {length}",
        "timeline",
        lambda scope, period, matrix: compute_timeline(scope, days),
        lambda context: captions.describe_timeline(context.data),
        lambda context: {"levels": list(Level), "columns": ",".join([*Level.values, "exposure"])},
    )


def top_risks_widget(limit: int) -> Widget:
    def compute(scope: FigureScope, period: str, matrix: Matrix) -> dict[str, Any]:
        [totals] = compute_totals((scope, scope.moment))
        exposure = FIGURES["exposure"].value(totals) or 0
        return {**compute_top_risks(scope, limit), "exposure": exposure}

    def caption(context: WidgetContext) -> str:
        return captions.describe_top_risks(context.data["results"], context.data["exposure"])

    return Widget(f"Top {limit} risks", "top_risks", compute, caption)


# By the names that boards are stored with.
CATALOGUE: dict[str, Widget] = {
    **{f"number:{name}": number_widget(name) for name in FIGURES},
    **{f"matrix:{kind}": heat_map_widget(kind) for kind in KINDS},
    **{
        f"timeline:{days}": timeline_widget(days, length)
        for days, length in ((30, "30 days"), (90, "90 days"), (365, "a year"), (730, "two years"))
    },
    **{f"top-risks:{limit}": top_risks_widget(limit) for limit in (5, 10, 20)},
    **{f"breakdown:{by}": breakdown_widget(by) for by in GROUPINGS},
    "mitigations": Widget(
        "Treatment",
        "treatment",
        lambda scope, period, matrix: compute_mitigations(scope),
        lambda context: captions.describe_mitigations(context.data),
    ),
    "burn-down": Widget(
        "Burn-down of mitigations",
        "burn_down",
        lambda scope, period, matrix: compute_mitigations(scope),
        lambda context: captions.describe_burn_down(context.data["burn_down"]),
    ),
    "appetite": Widget(
        "Appetite",
        "appetite",
        lambda scope, period, matrix: compute_appetite(scope),
        lambda context: captions.describe_appetite(context.data),
    ),
    "compliance": Widget(
        "Compliance",
        "compliance",
        lambda scope, period, matrix: compute_compliance(scope),
        lambda context: captions.describe_compliance(context.data),
    ),
}
