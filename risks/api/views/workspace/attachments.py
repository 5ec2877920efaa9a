"""Attachments: upload, list, describe, download, link and delete."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponseBase
from django_filters.filters import UUIDFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from openrisk.accounts.models import Role
from openrisk.api.filters import FlagFilter, OrganizationFilterSet
from openrisk.api.viewsets import WritableViewSet
from openrisk.caching.decorators import cached_view
from openrisk.caching.freshness.registry import Row
from risks.api.serializers.risks import ChangeSerializer
from risks.api.serializers.workspace.attachments import (
    AttachmentSerializer,
    AttachmentUploadSerializer,
    LinkTargetSerializer,
    pop_target,
)
from risks.api.views.exports import AnyAccept
from risks.api.views.history import history_response
from risks.api.views.workspace.downloads import download_response
from risks.fields import OPTIONAL, OPTIONAL_TIME, SAME, TIME
from risks.models import Attachment, AttachmentLink
from risks.models.workspace.attachments import ATTACHMENT_ORDERS, AttachmentQuerySet
from risks.services.workspace import attachments as services

TTL = settings.CACHE_TTL_RISKS


class AttachmentFilterSet(OrganizationFilterSet):
    risk = UUIDFilter(method="filter_by_target", label="Is evidence for this risk")
    mitigation = UUIDFilter(method="filter_by_target", label="Is evidence for this mitigation")
    action = UUIDFilter(method="filter_by_target", label="Is evidence for this action")
    acceptance = UUIDFilter(method="filter_by_target", label="Is evidence for this acceptance")
    control = UUIDFilter(method="filter_by_target", label="Is evidence for this control")
    expired = FlagFilter(method="filter_expired", label="Was valid until a day before today (UTC)")
    linked = FlagFilter(method="filter_linked", label="Is evidence for something")

    class Meta:
        model = Attachment
        fields = {
            "sha256": SAME,
            "media_type": SAME,
            "uploaded_by": OPTIONAL,
            "valid_until": OPTIONAL_TIME,
            "created_at": TIME,
        }

    def filter_by_target(
        self, queryset: AttachmentQuerySet, name: str, value: Any
    ) -> AttachmentQuerySet:
        return queryset.linked_to(**{name: value})

    def filter_expired(
        self, queryset: AttachmentQuerySet, name: str, value: bool
    ) -> AttachmentQuerySet:
        return queryset.expired() if value else queryset.not_expired()

    def filter_linked(
        self, queryset: AttachmentQuerySet, name: str, value: bool
    ) -> AttachmentQuerySet:
        return queryset.linked() if value else queryset.unlinked()


class AttachmentViewSet(WritableViewSet):
    """Files of the organization, and what they are evidence for.

    Authors delete what they uploaded, managers any file.
    """

    model = Attachment
    serializer_class = AttachmentSerializer
    filterset_class = AttachmentFilterSet
    orders = ATTACHMENT_ORDERS
    default_order = "-created_at"
    searchable = True
    roles = {
        "destroy": Role.ANALYST,  # of one's own; `destroy` asks for more
        "links": Role.ANALYST,
        "remove_link": Role.ANALYST,
    }
    action_parsers = {"create": (MultiPartParser,)}
    update_service = staticmethod(services.update_attachment)
    delete_service = staticmethod(services.delete_attachment)

    list = cached_view(
        "attachments", ttl=TTL, reads=(Attachment, AttachmentLink), clock={"expired": "day"}
    )(WritableViewSet.list)
    retrieve = cached_view("attachments", ttl=TTL, reads=(Row(Attachment), AttachmentLink))(
        WritableViewSet.retrieve
    )

    @extend_schema(
        request={"multipart/form-data": AttachmentUploadSerializer},
        responses={200: AttachmentSerializer, 201: AttachmentSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Upload a file, and link it to a row where one is named.

        200 where the organization has a file with this content already: that file is linked and
        returned, with its own name, description and date.
        """
        body = AttachmentUploadSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        fields = body.validated_data
        target = pop_target(fields)
        upload = services.upload_attachment(
            actor=self.actor, organization=self.organization, target=target, **fields
        )
        if not upload.existed:
            return self.created_response(upload.attachment)
        response = self.row_response(upload.attachment.pk)
        response["Location"] = reverse(
            f"{self.basename}-detail", kwargs={"pk": upload.attachment.pk}, request=request
        )
        return response

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete the file with its links. Authors delete their own, managers any."""
        if not self.get_object().can_be_deleted_by(self.membership):
            self.permission_denied(
                request, "Only its author or a manager may delete this file. Ask one of them."
            )
        return super().destroy(request, *args, **kwargs)

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccept)
    def download(self, request: Request, pk: str) -> HttpResponseBase:
        """The content of the file. 409 where it is missing on the server."""
        return download_response(request, self.get_object())

    @extend_schema(request=LinkTargetSerializer, responses={201: AttachmentSerializer})
    @action(detail=True, methods=["post"])
    def links(self, request: Request, pk: str) -> Response:
        """Make the file evidence for one more row."""
        attachment = self.get_object()
        body = LinkTargetSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        target = pop_target(body.validated_data)
        services.link_attachment(actor=self.actor, attachment=attachment, target=target)
        return self.row_response(attachment.pk, status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path="links/<uuid:link>")
    def remove_link(self, request: Request, pk: str, link: str) -> Response:
        """Take a link away. The file stays, also without any."""
        row = AttachmentLink.objects.filter(attachment=self.get_object(), pk=link).first()
        if row is None:
            raise Http404
        services.unlink_attachment(actor=self.actor, link=row)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=ChangeSerializer(many=True), filters=False)
    @action(detail=True)
    def history(self, request: Request, pk: str) -> Response:
        """Every change of name, description and date."""
        return history_response(self, self.get_object().pk)
