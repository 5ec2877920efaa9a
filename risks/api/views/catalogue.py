"""Assets, frameworks, controls."""

from typing import Any

from django.conf import settings
from django.db.models import F
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Role
from openrisk.api.viewsets import WritableViewSet
from openrisk.caching.decorators import cached_view
from openrisk.caching.freshness.registry import Row
from risks.api.filters import AssetFilterSet, ControlFilterSet, FrameworkFilterSet
from risks.api.serializers.catalogue import (
    AssetSerializer,
    ControlSerializer,
    DependencySerializer,
    FrameworkSerializer,
)
from risks.models import (
    Asset,
    AssetDependency,
    Attachment,
    AttachmentLink,
    Control,
    Framework,
    RiskAsset,
    RiskControl,
)
from risks.querysets import ASSET_ORDERS, CONTROL_ORDERS
from risks.services import catalogue, rows

TTL = settings.CACHE_TTL_RISKS


class AssetViewSet(WritableViewSet):
    model = Asset
    serializer_class = AssetSerializer
    filterset_class = AssetFilterSet
    orders = ASSET_ORDERS
    default_order = "name"
    searchable = True
    roles = {"dependencies": Role.ANALYST, "remove_dependency": Role.ANALYST}
    create_service = staticmethod(rows.create_service_for(Asset))
    update_service = staticmethod(catalogue.update_asset)
    delete_service = staticmethod(catalogue.delete_asset)

    list = cached_view("assets", ttl=TTL, reads=(Asset, AssetDependency, RiskAsset))(
        WritableViewSet.list
    )
    retrieve = cached_view("assets", ttl=TTL, reads=(Row(Asset), AssetDependency, RiskAsset))(
        WritableViewSet.retrieve
    )

    @extend_schema(request=DependencySerializer, responses={201: AssetSerializer})
    @action(detail=True, methods=["post"])
    def dependencies(self, request: Request, pk: str) -> Response:
        """Add a dependency on another asset."""
        asset = self.get_object()
        body = DependencySerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        catalogue.add_dependency(actor=self.actor, asset=asset, **body.validated_data)
        return self.row_response(asset.pk, status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path="dependencies/<uuid:dependency>")
    def remove_dependency(self, request: Request, pk: str, dependency: str) -> Response:
        row = self.get_object().dependencies.filter(pk=dependency).first()
        if row is None:
            raise Http404
        catalogue.remove_dependency(actor=self.actor, dependency=row)
        return Response(status=status.HTTP_204_NO_CONTENT)


class FrameworkViewSet(WritableViewSet):
    model = Framework
    serializer_class = FrameworkSerializer
    filterset_class = FrameworkFilterSet
    orders = {"name": F("name")}
    default_order = "name"
    roles = {"create": Role.MANAGER, "partial_update": Role.MANAGER}
    create_service = staticmethod(rows.create_service_for(Framework))
    update_service = staticmethod(rows.update)
    delete_service = staticmethod(rows.delete)

    def get_queryset(self) -> Any:
        return super().get_queryset().with_progress()


class ControlViewSet(WritableViewSet):
    model = Control
    serializer_class = ControlSerializer
    filterset_class = ControlFilterSet
    orders = CONTROL_ORDERS
    default_order = "identifier"
    searchable = True
    create_service = staticmethod(catalogue.create_control)
    update_service = staticmethod(catalogue.update_control)
    delete_service = staticmethod(rows.delete)

    list = cached_view(
        "controls",
        ttl=TTL,
        reads=(Control, Framework, RiskControl, AttachmentLink, Attachment),
        clock={"evidence": "day"},
    )(WritableViewSet.list)
    retrieve = cached_view("controls", ttl=TTL, reads=(Row(Control), Framework, RiskControl))(
        WritableViewSet.retrieve
    )
