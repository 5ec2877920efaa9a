"""Risks."""

from typing import Any

from django.conf import settings
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Role
from openrisk.api.problems import CONTENT_TYPE, build_problem
from openrisk.api.viewsets import WritableViewSet, expected_version
from openrisk.caching.decorators import cached_view
from openrisk.caching.freshness.registry import Row
from risks import states
from risks.api.filters import CategoryFilterSet, RiskFilterSet
from risks.api.serializers.risks import (
    BulkResultSerializer,
    BulkSerializer,
    CategorySerializer,
    ChangeSerializer,
    CommentSerializer,
    RiskSerializer,
    TakeTransitionSerializer,
    TransitionSerializer,
)
from risks.api.views.bulk import BulkOperations
from risks.api.views.history import history_response
from risks.models import Category, Risk, RiskAsset, RiskControl, RiskTag, ScoreChange
from risks.querysets import RISK_ORDERS
from risks.services import risks as services
from risks.services import rows
from risks.services.bulk import run_bulk

TTL = settings.CACHE_TTL_RISKS
# A problem, with the outcome of each operation.
REFUSED = {
    "allOf": [
        {"$ref": "#/components/schemas/Problem"},
        {
            "type": "object",
            "properties": {
                "results": {"type": "array", "items": {"$ref": "#/components/schemas/Outcome"}}
            },
        },
    ]
}
# Of what a risk is shown: itself, its category's name, its tags and links.
SHOWN = (Risk, Category, RiskTag, RiskAsset, RiskControl)


class RiskViewSet(WritableViewSet):
    model = Risk
    serializer_class = RiskSerializer
    filterset_class = RiskFilterSet
    orders = RISK_ORDERS
    default_order = "-reference"
    searchable = True
    roles = {
        "transitions": Role.ANALYST,
        "review": Role.ANALYST,
        "bulk": Role.MANAGER,
    }
    preconditions = {**WritableViewSet.preconditions, "transitions": True, "review": False}
    create_service = staticmethod(services.create_risk)
    update_service = staticmethod(services.update_risk)
    delete_service = staticmethod(services.delete_risk)

    # The ledger only for the filters that ask it; it changes with the risks alone.
    list = cached_view(
        "risks", ttl=TTL, reads=(*SHOWN, ScoreChange), clock={"review_overdue": "minute"}
    )(WritableViewSet.list)
    retrieve = cached_view("risks", ttl=TTL, reads=(Row(Risk), *SHOWN[1:]))(
        WritableViewSet.retrieve
    )

    @extend_schema(methods=["GET"], responses=TransitionSerializer(many=True), filters=False)
    @extend_schema(methods=["POST"], request=TakeTransitionSerializer, responses=RiskSerializer)
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def transitions(self, request: Request, pk: str) -> Response:
        """GET: every edge from here, and why it is shut. POST: take one, or 409 with reasons."""
        risk = self.get_object()
        if request.method == "POST":
            return self._take(request, risk)
        edges = states.list_transitions(states.guard_context_of(risk))
        return Response([{**vars(edge), "open": edge.open} for edge in edges])

    def _take(self, request: Request, risk: Risk) -> Response:
        body = TakeTransitionSerializer(data=without_version(request.data))
        body.is_valid(raise_exception=True)
        guarded = states.REQUIRED_ROLE.get(body.validated_data["to"])
        if guarded and not self.membership.has_role(guarded):
            self.permission_denied(request, f"This transition needs the role {guarded.value}.")
        version = expected_version(request, required=guarded is not None)
        services.take_transition(
            actor=self.actor, risk=risk, version=version, **body.validated_data
        )
        return self.row_response(risk.pk)

    @extend_schema(request=CommentSerializer, responses=RiskSerializer)
    @action(detail=True, methods=["post"])
    def review(self, request: Request, pk: str) -> Response:
        """Somebody has looked: sets the last review and plans the next by its interval."""
        risk = self.get_object()
        body = CommentSerializer(data=without_version(request.data))
        body.is_valid(raise_exception=True)
        services.mark_reviewed(
            actor=self.actor, risk=risk, version=expected_version(request), **body.validated_data
        )
        return self.row_response(risk.pk)

    @extend_schema(responses=ChangeSerializer(many=True), filters=False)
    @action(detail=True)
    def history(self, request: Request, pk: str) -> Response:
        """Every change of the risk, its mitigations, their actions and its acceptances."""
        risk = self.get_object()
        return history_response(
            self,
            risk.pk,
            *risk.mitigations.values_list("pk", flat=True),
            *risk.mitigations.filter(actions__isnull=False).values_list("actions__pk", flat=True),
            *risk.acceptances.values_list("pk", flat=True),
        )

    @extend_schema(
        request=BulkSerializer, responses={200: BulkResultSerializer, (409, CONTENT_TYPE): REFUSED}
    )
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Up to 1,000 operations. `atomic`: all or none. `partial`: each for itself."""
        body = BulkSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        atomic = body.validated_data["mode"] == "atomic"
        outcomes = run_bulk(
            actor=self.actor,
            operations=body.validated_data["operations"],
            carry_out=BulkOperations(self).carry_out,
            atomic=atomic,
        )
        failed = sum(outcome.problem is not None for outcome in outcomes)
        results = [vars(outcome) for outcome in outcomes]
        if atomic and failed:
            detail = f"Nothing was changed: {failed} of {len(outcomes)} operations failed."
            refusal = {**build_problem(status.HTTP_409_CONFLICT, detail), "results": results}
            return Response(refusal, status.HTTP_409_CONFLICT, content_type=CONTENT_TYPE)
        return Response({"applied": len(outcomes) - failed, "failed": failed, "results": results})


def without_version(data: Any) -> Any:
    """The body without `version`, which belongs to the precondition."""
    return {k: v for k, v in data.items() if k != "version"} if isinstance(data, dict) else data


class CategoryViewSet(WritableViewSet):
    model = Category
    serializer_class = CategorySerializer
    filterset_class = CategoryFilterSet
    orders = {"name": F("name")}
    default_order = "name"
    roles = {"create": Role.MANAGER, "partial_update": Role.MANAGER}
    create_service = staticmethod(rows.create_service_for(Category))
    update_service = staticmethod(rows.update)
    delete_service = staticmethod(rows.delete)
