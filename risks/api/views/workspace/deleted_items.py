"""Deleted items: list and restore them, delete them for good."""

from typing import Any

from django.db.models import F
from django_filters.filters import CharFilter
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Role
from openrisk.api.filters import OrganizationFilterSet
from openrisk.api.viewsets import OrganizationViewSet
from risks.api.serializers.workspace.deleted_items import (
    DeletedItemSerializer,
    RestorationSerializer,
    RestoreSerializer,
)
from risks.fields import OPTIONAL, SAME, TIME
from risks.models import DeletedItem
from risks.services.workspace import deleted_items


class DeletedItemFilterSet(OrganizationFilterSet):
    kind = CharFilter(label="The kind of row, such as risks.risk")

    class Meta:
        model = DeletedItem
        fields = {
            "object_id": SAME,
            "reference": SAME,
            "batch": SAME,
            "deleted_by": OPTIONAL,
            "deleted_at": TIME,
            "expires_at": TIME,
        }


class DeletedItemViewSet(OrganizationViewSet):
    """Deleted rows that can be restored for 90 days.

    Managers see all of it, others what they deleted themselves. The list has what waits to be
    restored; one that was restored can still be read by its id.
    """

    model = DeletedItem
    serializer_class = DeletedItemSerializer
    filterset_class = DeletedItemFilterSet
    orders = {"deleted_at": F("deleted_at"), "expires_at": F("expires_at")}
    default_order = "-deleted_at"
    roles = {"restore": Role.VIEWER, "destroy": Role.ADMIN}
    http_method_names = ["get", "post", "delete", "head", "options"]

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        items = deleted_items.visible_to(self.membership)
        return items.filter(restored_at=None) if self.is_list else items

    @extend_schema(request=RestoreSerializer, responses=RestorationSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Bring it back with its keys, numbers and references, and all that was deleted with it.

        409 where it was restored before, where something has taken its name, or where what it
        belonged to is gone. `notes` say what else could not come back.
        """
        item = self.get_object()
        body = RestoreSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        if not deleted_items.can_restore(self.membership, item):
            self.permission_denied(request, str(deleted_items.MAY_NOT_RESTORE))
        service = (
            deleted_items.restore_batch
            if body.validated_data["together"]
            else deleted_items.restore_item
        )
        restoration = service(actor=self.actor, item=item)
        return Response(
            {
                "restored": [
                    {
                        "id": restored.pk,
                        "kind": restored.kind,
                        "object_id": restored.object_id,
                        "label": restored.label,
                    }
                    for restored in restoration.items
                ],
                "notes": restoration.notes,
            }
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete it for good: it can never be restored."""
        deleted_items.delete_for_good(actor=self.actor, item=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
