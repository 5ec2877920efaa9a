"""Risks."""

from typing import Any

from django.conf import settings
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Membership, Role
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
    ConfirmRatingsSerializer,
    PostponeReviewSerializer,
    RiskSerializer,
    TakeTransitionSerializer,
    TransitionSerializer,
)
from risks.api.views.bodies import validate_comment, validate_transition, without_version
from risks.api.views.bulk import BulkOperations, RiskChanges, represent_result
from risks.api.views.history import history_response
from risks.models import (
    Category,
    CustomField,
    Risk,
    RiskAsset,
    RiskControl,
    RiskTag,
    ScoreChange,
    Watch,
)
from risks.querysets import RISK_ORDERS
from risks.services import risks as services
from risks.services import rows
from risks.services.rows import run_operations

TTL = settings.CACHE_TTL_RISKS
# A problem, with the result of each operation.
BULK_PROBLEM = {
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
# Models that a risk is shown from: itself, its category's name, its tags and links, and who of its
# people are members.
READ_MODELS = (Risk, Category, RiskTag, RiskAsset, RiskControl, Membership)


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
        "confirm_ratings": Role.ANALYST,
        "postpone_review": Role.ANALYST,
        "bulk": Role.MANAGER,
    }
    preconditions = {
        **WritableViewSet.preconditions,
        "transitions": True,
        "review": False,
        "confirm_ratings": False,
        "postpone_review": False,
    }

    # The ledger, which changes with the risks alone, watches and definitions of custom fields are
    # for filters only.
    list = cached_view(
        "risks",
        ttl=TTL,
        reads=(*READ_MODELS, ScoreChange, Watch, CustomField),
        clock={"review_overdue": "minute"},
    )(WritableViewSet.list)
    retrieve = cached_view("risks", ttl=TTL, reads=(Row(Risk), *READ_MODELS[1:]))(
        WritableViewSet.retrieve
    )

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.created_response(RiskChanges(self).create(request.data))

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        risk = self.get_object()
        version = expected_version(request)
        RiskChanges(self).update(risk, without_version(request.data), version)
        return self.row_response(risk.pk)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        RiskChanges(self).delete(self.get_object(), expected_version(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(methods=["GET"], responses=TransitionSerializer(many=True), filters=False)
    @extend_schema(methods=["POST"], request=TakeTransitionSerializer, responses=RiskSerializer)
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def transitions(self, request: Request, pk: str) -> Response:
        """GET: every move from here, and the reasons against it. POST: make one, or 409."""
        risk = self.get_object()
        if request.method == "GET":
            moves = states.list_transitions(states.guard_context_of(risk))
            return Response([{**vars(move), "open": move.open} for move in moves])
        data = without_version(request.data)
        required = states.REQUIRED_ROLE.get(validate_transition(data)["to"])
        if required and not self.membership.has_role(required):
            self.permission_denied(request, f"This transition needs the role {required.value}.")
        version = expected_version(request, required=required is not None)
        RiskChanges(self).take_transition(risk, data, version)
        return self.row_response(risk.pk)

    @extend_schema(request=CommentSerializer, responses=RiskSerializer)
    @action(detail=True, methods=["post"])
    def review(self, request: Request, pk: str) -> Response:
        """Mark the risk as reviewed, and plan the next review by its interval."""
        risk = self.get_object()
        fields = validate_comment(without_version(request.data))
        services.mark_reviewed(
            actor=self.actor, risk=risk, version=expected_version(request), **fields
        )
        return self.row_response(risk.pk)

    @extend_schema(request=PostponeReviewSerializer, responses=RiskSerializer)
    @action(detail=True, methods=["post"], url_path="postpone-review")
    def postpone_review(self, request: Request, pk: str) -> Response:
        """Plan the next review for a later time without one, with the reason."""
        risk = self.get_object()
        body = PostponeReviewSerializer(data=without_version(request.data))
        body.is_valid(raise_exception=True)
        version = expected_version(request)
        services.postpone_review(
            actor=self.actor, risk=risk, version=version, **body.validated_data
        )
        return self.row_response(risk.pk)

    @extend_schema(request=ConfirmRatingsSerializer, responses=RiskSerializer)
    @action(detail=True, methods=["post"], url_path="confirm-ratings")
    def confirm_ratings(self, request: Request, pk: str) -> Response:
        """Take a likelihood and impact that were derived from the source's figure as given."""
        risk = self.get_object()
        body = ConfirmRatingsSerializer(data=without_version(request.data))
        body.is_valid(raise_exception=True)
        version = expected_version(request)
        services.confirm_ratings(
            actor=self.actor, risk=risk, version=version, **body.validated_data
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
        request=BulkSerializer,
        responses={200: BulkResultSerializer, (409, CONTENT_TYPE): BULK_PROBLEM},
    )
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Up to 1,000 operations. `atomic`: all or none. `partial`: each for itself."""
        body = BulkSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        atomic = body.validated_data["mode"] == "atomic"
        results = run_operations(
            actor=self.actor,
            operations=body.validated_data["operations"],
            carry_out=BulkOperations(self).carry_out,
            atomic=atomic,
        )
        failed = sum(result.refusal is not None for result in results)
        answer = [represent_result(result) for result in results]
        if atomic and failed:
            detail = f"Nothing was changed: {failed} of {len(results)} operations failed."
            problem = {**build_problem(status.HTTP_409_CONFLICT, detail), "results": answer}
            return Response(problem, status.HTTP_409_CONFLICT, content_type=CONTENT_TYPE)
        return Response({"applied": len(results) - failed, "failed": failed, "results": answer})


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
