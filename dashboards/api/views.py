"""The figures under /api/v1/dashboards/."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

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
from openrisk.accounts.models import Membership, User
from openrisk.api.viewsets import OrganizationViewSet
from openrisk.caching.decorators import cached_view
from openrisk.caching.freshness.registry import ColumnGroup
from risks.models import (
    Asset,
    Category,
    ControlChange,
    Framework,
    Matrix,
    MitigationAction,
    MitigationChange,
    Risk,
    RiskAsset,
    RiskTag,
    ScoreChange,
)
from risks.services.matrix import matrix_of

# What a scope reads: the ledger, what filters are by, and what explains that nothing was found.
SCOPE = (ScoreChange, RiskTag, RiskAsset, Category, Asset, Membership)
MITIGATIONS = (MitigationChange, MitigationAction)
FRAMEWORKS = (ControlChange, Framework)
RISKS = (ColumnGroup(Risk, "names"), User)
EXECUTIVE_READS = (*SCOPE, *RISKS, Matrix, *MITIGATIONS, *FRAMEWORKS)
PARAMETERS: dict[str, type[serializers.ScopeParameters]] = {}
METHODS: dict[str, Callable[..., dict[str, Any]]] = {}  # the methods below, as they are written


def figure(
    parameters: type[serializers.ScopeParameters],
    answer: Any,
    *,
    reads: tuple[Any, ...] | None = (),
    clock: str = "day",
) -> Callable[[Any], Any]:
    """An endpoint around `method(view, scope, **what else the parameters say)`.

    Cached while `reads` and SCOPE are unchanged; not cached where `reads` is None.
    """

    def decorate(method: Callable[..., dict[str, Any]]) -> Any:
        def endpoint(self: "DashboardViewSet", request: Request) -> Response:
            scope, others = parameters.read(request.query_params, self.organization)
            return Response(method(self, scope, **others))

        name = method.__name__
        endpoint.__name__, endpoint.__doc__ = name, method.__doc__
        PARAMETERS[name], METHODS[name] = parameters, method
        if reads is not None:
            endpoint = cached_view(
                "dashboards",
                ttl=settings.CACHE_TTL_DASHBOARDS,
                reads=dict.fromkeys((*SCOPE, *reads)),
                clock=clock,
            )(endpoint)
        return extend_schema(parameters=[parameters], responses=answer)(endpoint)

    return decorate


class DashboardViewSet(OrganizationViewSet):
    """Figures about the register, now or on a past day: see `dashboards.figures`."""

    model = ScoreChange
    filter_backends = []
    pagination_class = None

    def query_names(self) -> set[str]:
        return set(PARAMETERS[self.action]().fields) if self.action in PARAMETERS else set()

    @figure(
        serializers.PeriodParameters,
        serializers.StatsSerializer,
        reads=(MitigationChange,),
        clock="minute",
    )
    def stats(self, scope: FigureScope, period: str) -> dict[str, Any]:
        """How many risks by level and status, scores, what is overdue, and how that changed."""
        return stats.compute_stats(scope, period)

    @figure(serializers.MatrixParameters, serializers.HeatMapSerializer, reads=(Matrix,))
    def matrix(self, scope: FigureScope, kind: str) -> dict[str, Any]:
        """Open risks by likelihood and impact. The levels of the cells are today's."""
        return matrix.compute_heat_map(scope, kind, matrix_of(self.organization))

    @figure(serializers.TimelineParameters, serializers.TimelineSerializer)
    def timeline(self, scope: FigureScope, days: int) -> dict[str, Any]:
        """Open risks by level, and their exposure, at the end of each day."""
        return timeline.compute_timeline(scope, days)

    @figure(serializers.TopParameters, serializers.TopRisksSerializer, reads=RISKS)
    def top_risks(self, scope: FigureScope, limit: int) -> dict[str, Any]:
        """The open risks of the highest priority."""
        return top_risks.compute_top_risks(scope, limit)

    @figure(serializers.BreakdownParameters, serializers.BreakdownSerializer, reads=RISKS)
    def breakdown(self, scope: FigureScope, by: str) -> dict[str, Any]:
        """Open risks by category, owner, asset, status or treatment."""
        return breakdown.compute_breakdown(scope, by)

    @figure(serializers.ScopeParameters, serializers.MitigationFiguresSerializer, reads=MITIGATIONS)
    def mitigations(self, scope: FigureScope) -> dict[str, Any]:
        """How far treatment is, what is due, and how the work goes down."""
        return mitigations.compute_mitigations(scope)

    @figure(serializers.MovementParameters, serializers.MovementSerializer, reads=None)
    def movement(self, scope: FigureScope, since: date) -> dict[str, Any]:
        """What entered, left and changed its level between two days, with who said why."""
        return movement.compute_movement(scope, since)

    @figure(serializers.ScopeParameters, serializers.ComplianceSerializer, reads=FRAMEWORKS)
    def compliance(self, scope: FigureScope) -> dict[str, Any]:
        """How far the controls of each framework are implemented."""
        return compliance.compute_compliance(scope)

    @figure(serializers.ScopeParameters, serializers.AppetiteSerializer)
    def appetite(self, scope: FigureScope) -> dict[str, Any]:
        """Which categories bear more than their appetite (today's) allows."""
        return appetite.compute_appetite(scope)

    @figure(
        serializers.PeriodParameters,
        serializers.ExecutiveSerializer,
        reads=EXECUTIVE_READS,
        clock="minute",
    )
    def executive(self, scope: FigureScope, period: str) -> dict[str, Any]:
        """Everything that a front page shows."""
        return executive.compute_executive(scope, period, matrix_of(self.organization))
