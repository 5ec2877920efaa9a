"""The front page: how the register stands."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboards import figures
from openrisk.accounts.models import Role
from openrisk.accounts.pages import MemberRequest, member_required
from risks.models import Level, Matrix
from risks.scoring import SCALE
from risks.services.matrix import matrix_of


@require_safe
@member_required(Role.VIEWER)
def home(request: MemberRequest) -> HttpResponse:
    organization = request.membership.organization
    risks = figures.open_risks(organization)
    context: dict[str, Any] = {"may_write": request.membership.may(Role.ANALYST)}
    if not risks.total and figures.is_empty(organization):
        context["may_import"] = request.membership.may(Role.MANAGER)
        return render(request, "dashboards/empty.html", context)
    matrix = matrix_of(organization)
    context |= {
        "tiles": tiles(risks, figures.reviews_overdue(organization)),
        "heat_map": heat_map(risks, matrix),
        "impacts": list(zip(SCALE, matrix.impact_labels, strict=True)),
        "top_risks": figures.top_risks(organization),
    }
    return render(request, "dashboards/home.html", context)


def tiles(risks: figures.OpenRisks, overdue: int) -> list[dict[str, Any]]:
    """The figures in a row, the gravest level first; each opens the risks that it counts."""
    return [
        {"label": "Open risks", "count": risks.total, "url": list_url()},
        *(
            {
                "label": level.label,
                "level": level.value,
                "count": risks.by_level[level.value],
                "url": list_url(current_level=level.value),
            }
            for level in reversed(Level)
        ),
        {
            "label": "Not assessed",
            "count": risks.not_assessed,
            "url": list_url(current_level__isnull="true"),
        },
        {
            "label": "Reviews overdue",
            "count": overdue,
            "alert": overdue > 0,
            "url": list_url(review_overdue="true"),
        },
    ]


def heat_map(risks: figures.OpenRisks, matrix: Matrix) -> list[dict[str, Any]]:
    """The rows of the matrix, highest likelihood first, each cell with its count and its list."""
    return [
        {
            "likelihood": likelihood,
            "label": matrix.likelihood_labels[likelihood - 1],
            "cells": [
                {
                    "impact": impact,
                    "level": matrix.level(likelihood, impact),
                    "count": risks.by_cell[likelihood, impact],
                    "url": list_url(current_likelihood=likelihood, current_impact=impact),
                }
                for impact in SCALE
            ],
        }
        for likelihood in reversed(SCALE)
    ]


def list_url(**filters: str | int) -> str:
    """The list of open risks, filtered."""
    return f"{reverse('risk-list')}?{urlencode({**filters, 'open': 'true'})}"
