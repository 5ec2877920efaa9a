"""Sample data of an organization: whether it is there, filling it in and removing it."""

from typing import Any

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Role
from openrisk.api.viewsets import OrganizationViewSet
from risks.demo.sample import service
from risks.models import Risk


class SampleDataSerializer(serializers.Serializer):
    present = serializers.BooleanField(help_text="It is in the register")
    can_fill = serializers.BooleanField(help_text="The register is empty, so it may be filled in")


class SampleRemovalSerializer(serializers.Serializer):
    removed = serializers.DictField(
        child=serializers.IntegerField(), help_text="Rows that were deleted, by kind"
    )
    kept = serializers.ListField(
        child=serializers.CharField(), help_text="Rows that people changed or use, which stay"
    )


class SampleDataViewSet(OrganizationViewSet):
    """A small register to look around in. Managers fill it in and remove it."""

    model = Risk
    filter_backends = []
    pagination_class = None
    roles = {"create": Role.MANAGER, "destroy": Role.MANAGER}

    def state(self) -> dict[str, bool]:
        return {
            "present": service.has_sample_data(self.organization),
            "can_fill": service.can_fill(self.organization),
        }

    @extend_schema(responses=forced_singular_serializer(SampleDataSerializer))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Whether it is there, and whether it is offered."""
        return Response(self.state())

    @extend_schema(request=None, responses={200: SampleDataSerializer, 201: SampleDataSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Fill it in: 201, or 200 where it is there already. 409 if there are risks of people."""
        filled = service.fill_sample_data(actor=self.actor, organization=self.organization)
        return Response(self.state(), status.HTTP_201_CREATED if filled else status.HTTP_200_OK)

    @extend_schema(responses={200: SampleRemovalSerializer})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Remove its rows, without those that people changed or use."""
        removal = service.remove_sample_data(actor=self.actor, organization=self.organization)
        removed = {kind: count for kind, count in removal.removed.items() if count}
        return Response({"removed": removed, "kept": removal.kept})
