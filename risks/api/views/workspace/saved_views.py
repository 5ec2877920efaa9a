"""Saved views of the list of risks under /api/v1/saved-views/: one's own, and those shared."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Role
from openrisk.api.filters import OrganizationFilterSet
from openrisk.api.viewsets import WritableViewSet
from risks.api.serializers.workspace.saved_views import SavedViewSerializer, SetDefaultSerializer
from risks.fields import SAME
from risks.models import SavedView
from risks.services.workspace import saved_views as services


class SavedViewFilterSet(OrganizationFilterSet):
    class Meta:
        model = SavedView
        fields = {"name": SAME, "slug": SAME, "owner": SAME, "shared": ("exact",)}


class SavedViewViewSet(WritableViewSet):
    model = SavedView
    serializer_class = SavedViewSerializer
    filterset_class = SavedViewFilterSet
    orders = {"name": F("name"), "created_at": F("created_at"), "updated_at": F("updated_at")}
    default_order = "name"
    # Anyone has views of their own; the services say who may change which.
    roles = dict.fromkeys(
        ("create", "partial_update", "destroy", "default", "clear_default"), Role.VIEWER
    )
    create_service = staticmethod(services.create_view)
    update_service = staticmethod(services.update_view)
    delete_service = staticmethod(services.delete_view)

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        return queryset if self.is_schema else queryset.visible_to(self.actor)

    @property
    def is_schema(self) -> bool:
        """Return whether the schema is being made, without a caller."""
        return getattr(self, "swagger_fake_view", False)

    @extend_schema(
        methods=["POST"], request=SetDefaultSerializer, responses={200: SavedViewSerializer}
    )
    @action(detail=True, methods=["post"])
    def default(self, request: Request, pk: str) -> Response:
        """Let the list of risks open with this view: for you, or for all members."""
        view = self.get_object()
        services.set_default(actor=self.actor, view=view, **self.validated_scope(request))
        return self.row_response(view.pk)

    @extend_schema(request=SetDefaultSerializer, responses={200: SavedViewSerializer})
    @action(detail=True, methods=["post"], url_path="clear-default")
    def clear_default(self, request: Request, pk: str) -> Response:
        """Let the list of risks open without this view again."""
        view = self.get_object()
        services.clear_default(actor=self.actor, view=view, **self.validated_scope(request))
        return self.row_response(view.pk)

    def validated_scope(self, request: Request) -> dict[str, bool]:
        body = SetDefaultSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)
