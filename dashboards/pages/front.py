"""The front page: how the register stands, for those who answer for it."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from dashboards.figures.executive import executive
from dashboards.figures.heat_map import cell_filters, counts_by_cell
from dashboards.figures.tally import FIGURES
from dashboards.pages import words
from dashboards.pages.scoping import PERIOD_WORDS, Asked, BadAddress, asked, in_words
from dashboards.scope import Scope
from dashboards.views import EXECUTIVE_READS
from openrisk.accounts.models import Role
from openrisk.accounts.pages import MemberRequest, member_required
from risks.models import Level, Matrix
from risks.scoring import SCALE
from risks.services.matrix import matrix_of


@require_safe
@member_required(Role.VIEWER)
def home(request: MemberRequest) -> HttpResponse:
    try:
        wanted = asked(request)
        figures = wanted.figures("executive", _computed, EXECUTIVE_READS)
    except BadAddress as reason:
        return _refused(request, str(reason))
    except ValidationError as error:
        return _refused(request, in_words(error))
    if not figures["measured"] and not wanted.query:
        return render(request, "dashboards/empty.html", _may(request))
    levels = matrix_of(wanted.scope.organization)
    context = {**_may(request), **page(wanted, figures), **sections(wanted, figures, levels)}
    return render(request, "dashboards/executive.html", context)


def _computed(scope: Scope, period: str) -> dict[str, Any]:
    levels = matrix_of(scope.organization)
    figures = executive(scope, period, levels)
    before = scope.before((scope.day - figures["stats"]["beginning"]).days + 1)
    counts = counts_by_cell(before, "current")
    cells = ((cell["likelihood"], cell["impact"]) for cell in figures["matrix"]["cells"])
    return figures | {"cells_before": [counts.get(cell, 0) for cell in cells] if counts else []}


def _refused(request: MemberRequest, reason: str) -> HttpResponse:
    return render(request, "dashboards/refused.html", {"reason": reason}, status=400)


def _may(request: MemberRequest) -> dict[str, bool]:
    may = request.membership.may
    return {"may_write": may(Role.ANALYST), "may_import": may(Role.MANAGER)}


# --- What the template shows ------------------------------------------------------------------
def page(wanted: Asked, figures: dict[str, Any]) -> dict[str, Any]:
    """The head and the foot of a page of figures."""
    return {
        "asked": wanted,
        "scope": wanted.scope,
        "periods": PERIOD_WORDS,
        "period_words": PERIOD_WORDS[wanted.period],
        "computed_at": figures["computed_at"],
        "age": max(0, int((timezone.now() - figures["computed_at"]).total_seconds())),
        "figures": figures,
    }


def sections(wanted: Asked, figures: dict[str, Any], levels: Matrix) -> dict[str, Any]:
    stats, mitigations = figures["stats"], figures["mitigations"]
    top = figures["top_risks"]["results"]
    labels = levels.likelihood_labels, levels.impact_labels
    return {
        "tiles": tiles(wanted.scope, stats),
        "heat_map": heat_map(wanted.scope, figures, levels),
        "impacts": list(zip(SCALE, levels.impact_labels, strict=True)),
        "levels": list(Level),
        "says": {
            "heat_map": words.of_heat_map(figures["matrix"], *labels),
            "timeline": words.of_timeline(figures["timeline"]),
            "top_risks": words.of_top_risks(top, stats["exposure"] or 0),
            "mitigations": words.of_mitigations(mitigations),
            "burn_down": words.of_burn_down(mitigations["burn_down"]),
            "appetite": words.of_appetite(figures["appetite"]),
            "compliance": words.of_compliance(figures["compliance"]),
        },
    }


def tiles(scope: Scope, stats: dict[str, Any]) -> list[dict[str, Any]]:
    """The figures in a row, the gravest level first; each opens the risks that it counts."""
    names = ["open", *(f"level_{level.value}" for level in reversed(Level)), "not_assessed"]
    return [_tile(scope, stats, name) for name in (*names, "overdue_reviews")]


def _tile(scope: Scope, stats: dict[str, Any], name: str) -> dict[str, Any]:
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


def heat_map(scope: Scope, figures: dict[str, Any], levels: Matrix) -> list[dict[str, Any]]:
    """The rows of the matrix, highest likelihood first; each cell with its count, how that changed
    within the period, and its list."""
    before = figures["cells_before"]
    cells = [
        cell
        | {
            "change": cell["count"] - before[number] if before else 0,
            "url": list_url(scope, cell_filters("current", cell["likelihood"], cell["impact"])),
        }
        for number, cell in enumerate(figures["matrix"]["cells"])
    ]
    return [
        {
            "likelihood": likelihood,
            "label": levels.likelihood_labels[likelihood - 1],
            "cells": [cell for cell in cells if cell["likelihood"] == likelihood],
        }
        for likelihood in reversed(SCALE)
    ]


def list_url(scope: Scope, filters: Mapping[str, Any] | None) -> str | None:
    """The page of the register, filtered; None for a past day, which it cannot show."""
    query = scope.query(filters)
    return None if query is None else f"{reverse('risk-list')}?{query}"
