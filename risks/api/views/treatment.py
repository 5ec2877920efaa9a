"""Mitigations, their actions, acceptances."""

from typing import Any

from django.conf import settings
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Organization, Role, User
from openrisk.api.problems import PreconditionRequired
from openrisk.api.viewsets import WritableViewSet, expected_version
from openrisk.caching.decorators import cached_view
from openrisk.caching.freshness.registry import ColumnGroup, Row
from risks.api.filters import AcceptanceFilterSet, ActionFilterSet, MitigationFilterSet
from risks.api.serializers.risks import ChangeSerializer, CommentSerializer
from risks.api.serializers.treatment import (
    AcceptanceSerializer,
    ActionSerializer,
    ApproveSerializer,
    MitigationSerializer,
    MitigationStatusSerializer,
    ValidationSerializer,
)
from risks.api.views.bodies import validate_comment, without_version
from risks.api.views.history import history_response
from risks.models import Acceptance, ActionDependency, Mitigation, MitigationAction, Risk, Watch
from risks.querysets import ACTION_ORDERS, MITIGATION_ORDERS
from risks.services import acceptances, mitigations, rows

TTL = settings.CACHE_TTL_RISKS
# Models that a mitigation is shown from, beside itself: actions, what they wait for, its risk.
READ_MODELS = (MitigationAction, ActionDependency, ColumnGroup(Risk, "names"))


class MitigationViewSet(WritableViewSet):
    model = Mitigation
    serializer_class = MitigationSerializer
    searchable = True
    filterset_class = MitigationFilterSet
    orders = MITIGATION_ORDERS
    default_order = "-reference"
    roles = {"transitions": Role.ANALYST, "validation": Role.ANALYST}
    preconditions = {
        **WritableViewSet.preconditions,
        "transitions": False,
        "validation": False,
    }
    create_service = staticmethod(mitigations.create_mitigation)
    update_service = staticmethod(mitigations.update_mitigation)
    delete_service = staticmethod(rows.delete)

    list = cached_view(
        "mitigations",
        ttl=TTL,
        # Other columns of risks, and watches, are for filters only.
        reads=(Mitigation, MitigationAction, ActionDependency, Risk, Watch),
        clock={"overdue": "day"},
    )(WritableViewSet.list)
    retrieve = cached_view("mitigations", ttl=TTL, reads=(Row(Mitigation), *READ_MODELS))(
        WritableViewSet.retrieve
    )

    def get_queryset(self) -> Any:
        return super().get_queryset().with_progress()

    @extend_schema(request=MitigationStatusSerializer, responses=MitigationSerializer)
    @action(detail=True, methods=["post"])
    def transitions(self, request: Request, pk: str) -> Response:
        """Move the mitigation to another status; 409 with the reason where that is not allowed."""
        mitigation = self.get_object()
        body = MitigationStatusSerializer(data=without_version(request.data))
        body.is_valid(raise_exception=True)
        mitigations.set_status(
            actor=self.actor,
            mitigation=mitigation,
            version=expected_version(request),
            **body.validated_data,
        )
        return self.row_response(mitigation.pk)

    @extend_schema(request=ValidationSerializer, responses=MitigationSerializer)
    @action(detail=True, methods=["post"])
    def validation(self, request: Request, pk: str) -> Response:
        """Say whether a mitigation in review is effective: it is done then, else in progress.

        409 for its owner and for the person who reported it implemented.
        """
        mitigation = self.get_object()
        body = ValidationSerializer(data=without_version(request.data))
        body.is_valid(raise_exception=True)
        mitigations.validate_mitigation(
            actor=self.actor,
            mitigation=mitigation,
            version=expected_version(request),
            **body.validated_data,
        )
        return self.row_response(mitigation.pk)

    @extend_schema(responses=ChangeSerializer(many=True), filters=False)
    @action(detail=True)
    def history(self, request: Request, pk: str) -> Response:
        mitigation = self.get_object()
        actions = mitigation.actions.values_list("pk", flat=True)
        return history_response(self, mitigation.pk, *actions)


def create_action(
    *, actor: User, organization: Organization, mitigation: Mitigation, **fields: Any
) -> MitigationAction:
    return mitigations.create_action(actor=actor, mitigation=mitigation, **fields)


class ActionViewSet(WritableViewSet):
    model = MitigationAction
    serializer_class = ActionSerializer
    filterset_class = ActionFilterSet
    orders = ACTION_ORDERS
    default_order = "order"
    roles = {"destroy": Role.ANALYST}
    create_service = staticmethod(create_action)
    update_service = staticmethod(mitigations.update_action)
    delete_service = staticmethod(rows.delete)


class RiskVersionRequired(PreconditionRequired):
    default_detail = "The version of the risk is missing. Send the one you saw as risk_version."


class AcceptanceViewSet(WritableViewSet):
    """Requested by an analyst, decided by another person who is a manager."""

    model = Acceptance
    serializer_class = AcceptanceSerializer
    filterset_class = AcceptanceFilterSet
    orders = {"created_at": F("created_at"), "expires_at": F("expires_at")}
    default_order = "-created_at"
    roles = {
        "approve": Role.MANAGER,
        "reject": Role.MANAGER,
        "revoke": Role.MANAGER,
        "withdraw": Role.ANALYST,
    }
    preconditions = {
        "partial_update": False,
        "approve": True,
        "reject": False,
        "revoke": False,
        "withdraw": False,
    }
    http_method_names = ["get", "post", "patch", "head", "options"]
    update_service = staticmethod(acceptances.correct_acceptance)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        fields = self.validate_body(request)
        return self.created_response(acceptances.request_acceptance(actor=self.actor, **fields))

    @extend_schema(request=ApproveSerializer, responses=AcceptanceSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Accept the risk until the date asked for.

        Needs the versions of the acceptance (If-Match or `version`) and of the risk
        (`risk_version`) that you saw: 428 without them, 412 where either has changed since.
        """
        acceptance = self.get_object()
        body = ApproveSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        version = expected_version(request, required=True)
        if "risk_version" not in body.validated_data:
            raise RiskVersionRequired
        acceptances.decide_acceptance(
            actor=self.actor,
            acceptance=acceptance,
            approve=True,
            version=version,
            risk_version=body.validated_data["risk_version"],
            comment=body.validated_data["comment"],
        )
        return self.row_response(acceptance.pk)

    @extend_schema(request=CommentSerializer, responses=AcceptanceSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        acceptance = self.get_object()
        acceptances.decide_acceptance(
            actor=self.actor,
            acceptance=acceptance,
            approve=False,
            version=expected_version(request),
            **validate_comment(without_version(request.data)),
        )
        return self.row_response(acceptance.pk)

    @extend_schema(request=CommentSerializer, responses=AcceptanceSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """Take it back: an accepted risk returns to treatment."""
        acceptance = self.get_object()
        acceptances.revoke_acceptance(
            actor=self.actor,
            acceptance=acceptance,
            version=expected_version(request),
            **validate_comment(without_version(request.data)),
        )
        return self.row_response(acceptance.pk)

    @extend_schema(request=CommentSerializer, responses=AcceptanceSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take back your own request before it is decided. 409 for anyone else's."""
        acceptance = self.get_object()
        acceptances.withdraw_acceptance(
            actor=self.actor,
            acceptance=acceptance,
            version=expected_version(request),
            **validate_comment(without_version(request.data)),
        )
        return self.row_response(acceptance.pk)
