"""Alerts (received in `AlertViewSet.create`) and the health in detail."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from monitoring import alerts
from monitoring.api.authentication import AlertmanagerAuthentication, OperatorPermission
from monitoring.api.filters import AlertFilterSet
from monitoring.api.serializers import (
    AlertSerializer,
    MessageSerializer,
    RaisedSerializer,
    ReceivedSerializer,
)
from monitoring.health import health_detail
from monitoring.models import Alert
from openrisk.api.viewsets import OrganizationViewSet


class AlertViewSet(OrganizationViewSet):
    """The inbox of alerts. They are about the installation, so superusers read them."""

    model = Alert
    serializer_class = AlertSerializer
    filterset_class = AlertFilterSet
    permission_classes = (OperatorPermission,)
    orders = {"starts_at": F("starts_at"), "seen_at": F("seen_at")}
    default_order = "-starts_at"
    http_method_names = ["get", "post", "head", "options"]

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Accept Alertmanager's token for creating alerts, and for no other action."""
        authenticators = super().get_authenticators()
        method = str(self.request.method) if self.request else ""
        creates = self.action_map.get(method.lower()) == "create"
        return [AlertmanagerAuthentication(), *authenticators] if creates else authenticators

    def get_queryset(self) -> Any:
        return Alert.objects.all()

    @extend_schema(request=MessageSerializer, responses={200: ReceivedSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Receive a message of Alertmanager's webhook, whose token is the setting ALERTS_TOKEN."""
        message = MessageSerializer(data=request.data)
        message.is_valid(raise_exception=True)
        return Response({"alerts": alerts.receive_alerts(message.validated_data["alerts"])})

    @extend_schema(request=None, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Acknowledge that you take care of it. 409 if someone does already."""
        alerts.acknowledge_alert(actor=self.actor, alert=self.get_object())
        return self.row_response(pk)

    @extend_schema(request=None, responses={201: RaisedSerializer})
    @action(detail=True, methods=["post"], url_path="raise-risk", url_name="raise-risk")
    def raise_risk(self, request: Request, pk: str) -> Response:
        """Raise a draft risk from it in the caller's organization. 409 if one was raised."""
        risk = alerts.raise_risk(
            actor=self.actor, organization=self.organization, alert=self.get_object()
        )
        return self.raised_response(risk)

    @extend_schema(request=None, responses={201: RaisedSerializer})
    @action(detail=True, methods=["post"], url_path="raise-finding", url_name="raise-finding")
    def raise_finding(self, request: Request, pk: str) -> Response:
        """Raise a finding from it in the caller's organization. 409 if one was raised."""
        finding = alerts.raise_finding(
            actor=self.actor, organization=self.organization, alert=self.get_object()
        )
        return self.raised_response(finding)

    def raised_response(self, row: Any) -> Response:
        content = {"id": row.pk, "organization": self.organization.slug}
        return Response(content, status.HTTP_201_CREATED)


class HealthDetailViewSet(OrganizationViewSet):
    """The health of all parts of the installation."""

    permission_classes = (OperatorPermission,)
    http_method_names = ["get", "head", "options"]

    @extend_schema(exclude=True)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(health_detail.collect_health_detail())
