"""The figures under /api/v1/dashboards/: each a method that takes a scope, and its endpoint."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from dashboards import reads
from dashboards.api import serializers
from dashboards.figures import (
    appetite,
    breakdown,
    compliance,
    executive,
    matrix,
    mitigations,
    movement,
    stats,
    timeline,
    top_risks,
)
from dashboards.figures.scope import FigureScope
from openrisk.api.viewsets import OrganizationViewSet
from openrisk.caching.decorators import cached_view
from risks.models import ScoreChange
from risks.services.matrix import matrix_of

FigureMethod = Callable[..., dict[str, Any]]

# Filled by `figure_endpoint`: the parameters of each figure, and its method without an endpoint.
PARAMETERS: dict[str, type[serializers.ScopeParameters]] = {}
METHODS: dict[str, FigureMethod] = {}


def figure_endpoint(
    parameters: type[serializers.ScopeParameters],
    response: Any,
    *,
    reads: tuple[Any, ...] | None = reads.SCOPE,
    clock: str = "day",
) -> Callable[[FigureMethod], Any]:
    """Make an endpoint of `method(view, scope, **its other parameters)`.

    The answer is cached while the tables in `reads` are unchanged; with None it is not cached.
    """

    def decorate(method: FigureMethod) -> Any:
        def endpoint(self: "DashboardViewSet", request: Request) -> Response:
            scope, others = parameters.parse(request.query_params, self.organization)
            return Response(method(self, scope, **others))

        name = method.__name__
        endpoint.__name__, endpoint.__doc__ = name, method.__doc__
        PARAMETERS[name], METHODS[name] = parameters, method
        if reads is not None:
            endpoint = cached_view(
                "dashboards", ttl=settings.CACHE_TTL_DASHBOARDS, reads=reads, clock=clock
            )(endpoint)
        return extend_schema(parameters=[parameters], responses=response)(endpoint)

    return decorate


class DashboardViewSet(OrganizationViewSet):
    """Figures about the register, now or on a past day: see `dashboards.figures`."""

    model = ScoreChange
    filter_backends = []
    pagination_class = None

    def query_names(self) -> set[str]:
        return set(PARAMETERS[self.action]().fields) if self.action in PARAMETERS else set()

    @figure_endpoint(
        serializers.PeriodParameters,
        serializers.StatsSerializer,
        reads=reads.STATS,
        clock="minute",
    )
    def stats(self, scope: FigureScope, period: str) -> dict[str, Any]:
        """Counts by level and status, scores, what is overdue, and how all of it changed."""
        return stats.compute_stats(scope, period)

    @figure_endpoint(
        serializers.MatrixParameters, serializers.HeatMapSerializer, reads=reads.HEAT_MAP
    )
    def matrix(self, scope: FigureScope, kind: str) -> dict[str, Any]:
        """Open risks by likelihood and impact. The levels of the cells are today's."""
        return matrix.compute_heat_map(scope, kind, matrix_of(self.organization))

    @figure_endpoint(serializers.TimelineParameters, serializers.TimelineSerializer)
    def timeline(self, scope: FigureScope, days: int) -> dict[str, Any]:
        """Open risks by level, and their exposure, at the end of each day."""
        return timeline.compute_timeline(scope, days)

    @figure_endpoint(
        serializers.TopParameters, serializers.TopRisksSerializer, reads=reads.RISK_NAMES
    )
    def top_risks(self, scope: FigureScope, limit: int) -> dict[str, Any]:
        """The open risks of the highest priority."""
        return top_risks.compute_top_risks(scope, limit)

    @figure_endpoint(
        serializers.BreakdownParameters, serializers.BreakdownSerializer, reads=reads.RISK_NAMES
    )
    def breakdown(self, scope: FigureScope, by: str) -> dict[str, Any]:
        """Open risks by category, owner, asset, status or treatment."""
        return breakdown.compute_breakdown(scope, by)

    @figure_endpoint(
        serializers.ScopeParameters,
        serializers.MitigationFiguresSerializer,
        reads=reads.MITIGATIONS,
    )
    def mitigations(self, scope: FigureScope) -> dict[str, Any]:
        """Mitigations by status, what is due, their actions, and the burn-down of 90 days."""
        return mitigations.compute_mitigations(scope)

    @figure_endpoint(serializers.MovementParameters, serializers.MovementSerializer, reads=None)
    def movement(self, scope: FigureScope, since: date) -> dict[str, Any]:
        """Risks that entered, left or changed their level between two days, with the reasons."""
        return movement.compute_movement(scope, since)

    @figure_endpoint(
        serializers.ScopeParameters, serializers.ComplianceSerializer, reads=reads.COMPLIANCE
    )
    def compliance(self, scope: FigureScope) -> dict[str, Any]:
        """The share of each framework's applicable controls that is implemented."""
        return compliance.compute_compliance(scope)

    @figure_endpoint(serializers.ScopeParameters, serializers.AppetiteSerializer)
    def appetite(self, scope: FigureScope) -> dict[str, Any]:
        """Categories with an appetite (today's), and whether their risks are within it."""
        return appetite.compute_appetite(scope)

    @figure_endpoint(
        serializers.PeriodParameters,
        serializers.ExecutiveSerializer,
        reads=reads.EXECUTIVE,
        clock="minute",
    )
    def executive(self, scope: FigureScope, period: str) -> dict[str, Any]:
        """All figures of the overview, with a headline."""
        return executive.compute_executive(scope, period, matrix_of(self.organization))
