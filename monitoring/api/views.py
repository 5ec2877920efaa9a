"""Alerts and health in detail: for Alertmanager and superusers."""

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
    """The inbox of Alertmanager. Alerts are about the installation, so superusers read them."""

    model = Alert
    serializer_class = AlertSerializer
    filterset_class = AlertFilterSet
    permission_classes = (OperatorPermission,)
    orders = {"starts_at": F("starts_at"), "seen_at": F("seen_at")}
    default_order = "-starts_at"
    http_method_names = ["get", "post", "head", "options"]

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Alertmanager's token opens one action, and no other."""
        usual = super().get_authenticators()
        method = str(self.request.method) if self.request else ""
        receives = self.action_map.get(method.lower()) == "create"
        return [AlertmanagerAuthentication(), *usual] if receives else usual

    def get_queryset(self) -> Any:
        return Alert.objects.all()

    @extend_schema(request=MessageSerializer, responses={200: ReceivedSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a message of Alertmanager's webhook; its token is in ALERTS_TOKEN."""
        message = MessageSerializer(data=request.data)
        message.is_valid(raise_exception=True)
        return Response({"alerts": alerts.receive_alerts(message.validated_data["alerts"])})

    @extend_schema(request=None, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that you look at it. 409 where somebody does already."""
        alerts.acknowledge_alert(actor=self.actor, alert=self.get_object())
        return self.row_response(pk)

    @extend_schema(request=None, responses={201: RaisedSerializer})
    @action(detail=True, methods=["post"], url_path="raise-risk", url_name="raise-risk")
    def raise_risk(self, request: Request, pk: str) -> Response:
        """Make a draft risk of it in the caller's organization. 409 where one was made."""
        risk = alerts.raise_risk(
            actor=self.actor, organization=self.organization, alert=self.get_object()
        )
        return self._raised(risk)

    @extend_schema(request=None, responses={201: RaisedSerializer})
    @action(detail=True, methods=["post"], url_path="raise-finding", url_name="raise-finding")
    def raise_finding(self, request: Request, pk: str) -> Response:
        """Make a finding of it in the caller's organization. 409 where one was made."""
        finding = alerts.raise_finding(
            actor=self.actor, organization=self.organization, alert=self.get_object()
        )
        return self._raised(finding)

    def _raised(self, row: Any) -> Response:
        told = {"id": row.pk, "organization": self.organization.slug}
        return Response(told, status.HTTP_201_CREATED)


class HealthDetailViewSet(OrganizationViewSet):
    """How the installation does, in one answer."""

    permission_classes = (OperatorPermission,)
    http_method_names = ["get", "head", "options"]

    @extend_schema(exclude=True)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(health_detail.collect_health_detail())
