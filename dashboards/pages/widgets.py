"""The catalogue of what a page of figures may show, each with its figure, words and template."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from dashboards.figures.appetite import compute_appetite
from dashboards.figures.breakdown import GROUPINGS, compute_breakdown
from dashboards.figures.compliance import compute_compliance
from dashboards.figures.matrix import KINDS, cell_filters, compute_heat_map, count_by_cell
from dashboards.figures.mitigations import compute_mitigations
from dashboards.figures.scope import FigureScope
from dashboards.figures.stats import PERIODS, begins
from dashboards.figures.timeline import compute_timeline
from dashboards.figures.top_risks import compute_top_risks
from dashboards.figures.totals import FIGURES, compute_totals
from dashboards.pages import captions
from dashboards.pages.query import PERIOD_LABELS, PageQuery
from risks.models import Level, Matrix
from risks.scoring import SCALE

GROUPS_SHOWN = 12


@dataclass(frozen=True)
class WidgetContext:
    """What a widget is drawn from: the page's question, its own figure and the matrix."""

    asked: PageQuery
    data: dict[str, Any]
    levels: Matrix


@dataclass(frozen=True)
class Widget:
    """One entry of the catalogue. `compute(scope, period, levels)` is what the API would say;
    `more` adds what the template needs besides."""

    title: str
    template: str
    compute: Callable[[FigureScope, str, Matrix], dict[str, Any]]
    finding: Callable[[WidgetContext], str]
    more: Callable[[WidgetContext], dict[str, Any]] = field(default=lambda shown: {})

    def shown(self, name: str, shown: WidgetContext) -> dict[str, Any]:
        return {
            "id": name.replace(":", "-"),
            "title": self.title,
            "template": f"dashboards/widgets/{self.template}.html",
            "data": shown.data,
            "finding": self.finding(shown),
            "period_words": PERIOD_LABELS[shown.asked.period],
            **self.more(shown),
        }


def list_url(scope: FigureScope, filters: Mapping[str, Any] | None) -> str | None:
    """The page of the register, filtered; None for a past day, which it cannot show."""
    query = scope.query(filters)
    return None if query is None else f"{_register(scope)}?{query}"


def _register(scope: FigureScope) -> str:
    return reverse("risk-list", args=[scope.organization.slug])


# --- Heat map ---------------------------------------------------------------------------
def heat_map_widget(kind: str) -> Widget:
    title = "Heat map" if kind == "current" else f"Heat map, {kind}"
    return Widget(
        title,
        "heat_map",
        lambda scope, period, levels: add_cell_changes(
            compute_heat_map(scope, kind, levels), scope, period
        ),
        lambda shown: captions.describe_heat_map(
            shown.data, shown.levels.likelihood_labels, shown.levels.impact_labels
        ),
        _heat_map_rows,
    )


def add_cell_changes(found: dict[str, Any], scope: FigureScope, period: str) -> dict[str, Any]:
    """The matrix that was `found`, each cell with how it changed within the period. One query."""
    before = count_by_cell(scope.before(PERIODS[period]), found["kind"])
    for cell in found["cells"]:
        then = before.get((cell["likelihood"], cell["impact"]), 0)
        cell["change"] = cell["count"] - then if before else None
    return found


def _heat_map_rows(shown: WidgetContext) -> dict[str, Any]:
    """Highest likelihood first."""
    scope, kind = shown.asked.scope, shown.data["kind"]
    cells = [
        cell | {"url": list_url(scope, cell_filters(kind, cell["likelihood"], cell["impact"]))}
        for cell in shown.data["cells"]
    ]
    rows = [
        {
            "likelihood": likelihood,
            "label": shown.levels.likelihood_labels[likelihood - 1],
            "cells": [cell for cell in cells if cell["likelihood"] == likelihood],
        }
        for likelihood in reversed(SCALE)
    ]
    return {"rows": rows, "impacts": list(zip(SCALE, shown.levels.impact_labels, strict=True))}


# --- One number ---------------------------------------------------------------------------
def number_widget(name: str) -> Widget:
    figure = FIGURES[name]

    def compute(scope: FigureScope, period: str, levels: Matrix) -> dict[str, Any]:
        days = PERIODS[period]
        earlier = scope.before(days)
        now, then = compute_totals((scope, begins(scope, days)), (earlier, begins(earlier, days)))
        return {"value": figure.value(now), "before": figure.value(then)}

    def more(shown: WidgetContext) -> dict[str, Any]:
        scope = shown.asked.scope
        beginning = begins(scope, PERIODS[shown.asked.period])
        return {"url": list_url(scope, figure.drill_down(beginning))}

    return Widget(
        figure.label,
        "figure",
        compute,
        lambda shown: captions.describe_number(shown.data, PERIOD_LABELS[shown.asked.period]),
        more,
    )


# --- Groups ---------------------------------------------------------------------------
def breakdown_widget(by: str) -> Widget:
    def more(shown: WidgetContext) -> dict[str, Any]:
        register = _register(shown.asked.scope)
        rows = [
            row
            | {
                "grave": row["high"] + row["critical"],
                "page": row["url"] and f"{register}?{row['url'].partition('?')[2]}",
            }
            for row in shown.data["results"][:GROUPS_SHOWN]
        ]
        return {"rows": rows, "head": by.capitalize()}

    return Widget(
        f"Open risks by {by}",
        "breakdown",
        lambda scope, period, levels: compute_breakdown(scope, by),
        lambda shown: captions.describe_breakdown(shown.data),
        more,
    )


def timeline_widget(days: int, length: str) -> Widget:
    return Widget(
        f"Trend of {length}",
        "timeline",
        lambda scope, period, levels: compute_timeline(scope, days),
        lambda shown: captions.describe_timeline(shown.data),
        lambda shown: {"levels": list(Level), "columns": ",".join([*Level.values, "exposure"])},
    )


def top_risks_widget(limit: int) -> Widget:
    return Widget(
        f"Top {limit} risks",
        "top_risks",
        lambda scope, period, levels: compute_top_risks(scope, limit) | _exposure(scope),
        lambda shown: captions.describe_top_risks(shown.data["results"], shown.data["exposure"]),
    )


def _exposure(scope: FigureScope) -> dict[str, Any]:
    [tally] = compute_totals((scope, scope.moment))
    return {"exposure": FIGURES["exposure"].value(tally) or 0}


def _by(
    compute: Callable[[FigureScope], dict[str, Any]],
) -> Callable[[FigureScope, str, Matrix], Any]:
    return lambda scope, period, levels: compute(scope)


# Under the names that boards keep.
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
        _by(compute_mitigations),
        lambda shown: captions.describe_mitigations(shown.data),
    ),
    "burn-down": Widget(
        "Burn-down of mitigations",
        "burn_down",
        _by(compute_mitigations),
        lambda shown: captions.describe_burn_down(shown.data["burn_down"]),
    ),
    "appetite": Widget(
        "Appetite",
        "appetite",
        _by(compute_appetite),
        lambda shown: captions.describe_appetite(shown.data),
    ),
    "compliance": Widget(
        "Compliance",
        "compliance",
        _by(compute_compliance),
        lambda shown: captions.describe_compliance(shown.data),
    ),
}


def render_widget(name: str, shown: WidgetContext) -> dict[str, Any]:
    """What the template of the widget of that name takes; one that is gone says so."""
    widget = CATALOGUE.get(name)
    if widget is None:
        return {
            "id": "gone",
            "key": name,
            "title": "Gone",
            "template": "dashboards/widgets/gone.html",
        }
    return widget.shown(name, shown)
