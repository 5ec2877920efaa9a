"""Definitions of custom fields under /api/v1/custom-fields/."""

from typing import Any

from django.conf import settings
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Role
from openrisk.api.filters import OrganizationFilterSet
from openrisk.api.viewsets import WritableViewSet, expected_version
from openrisk.caching.decorators import cached_view
from openrisk.caching.freshness.registry import Row
from risks.api.serializers.workspace.custom_fields import CustomFieldSerializer
from risks.custom_fields import services
from risks.fields import SAME
from risks.models import CustomField


class CustomFieldFilterSet(OrganizationFilterSet):
    class Meta:
        model = CustomField
        fields = {"key": SAME, "kind": SAME, "retired_at": ("isnull",)}


class CustomFieldViewSet(WritableViewSet):
    model = CustomField
    serializer_class = CustomFieldSerializer
    filterset_class = CustomFieldFilterSet
    orders = {"position": F("position"), "label": F("label"), "created_at": F("created_at")}
    default_order = "position"
    roles = dict.fromkeys(("create", "partial_update", "destroy", "retire", "restore"), Role.ADMIN)
    preconditions = {**WritableViewSet.preconditions, "retire": False, "restore": False}
    create_service = staticmethod(services.create_field)
    update_service = staticmethod(services.update_field)
    delete_service = staticmethod(services.delete_field)

    list = cached_view("custom-fields", ttl=settings.CACHE_TTL_RISKS, reads=(CustomField,))(
        WritableViewSet.list
    )
    retrieve = cached_view(
        "custom-fields", ttl=settings.CACHE_TTL_RISKS, reads=(Row(CustomField),)
    )(WritableViewSet.retrieve)

    @extend_schema(request=None, responses=CustomFieldSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """Take the field out of forms. Risks keep its values, which can be read."""
        return self.set_retired(request, services.retire_field)

    @extend_schema(request=None, responses=CustomFieldSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Offer a retired field again."""
        return self.set_retired(request, services.restore_field)

    def set_retired(self, request: Request, service: Any) -> Response:
        field = self.get_object()
        version = expected_version(request, required=False)
        service(actor=self.actor, instance=field, version=version)
        return self.row_response(field.pk)
