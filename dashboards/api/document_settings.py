"""The settings of documents, under /api/v1/document-settings/."""

import base64
import binascii
from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboards.documents.logo import draw_logo
from dashboards.documents.settings import settings_of, update_settings
from dashboards.models import DocumentSettings
from openrisk.accounts.models import Role
from openrisk.api.serializers import RowSerializer
from openrisk.api.viewsets import WritableViewSet, expected_version
from openrisk.server.limits import LOGO_FILE


class DocumentSettingsSerializer(RowSerializer):
    logo = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=LOGO_FILE * 4 // 3 + 4,
        help_text="A PNG or JPEG of at most 1 MB, in base64. An empty text removes the logo.",
    )
    logo_digest = serializers.CharField(
        read_only=True, help_text="SHA-256 of the logo as it is printed; empty where there is none"
    )

    class Meta:
        model = DocumentSettings
        fields = ("confidentiality", "logo", "logo_digest", "version", "updated_at")
        read_only_fields = ("version", "updated_at")

    def validate_logo(self, value: str) -> bytes:
        """Return the picture as it is stored."""
        if not value:
            return b""
        try:
            content = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError("This is not base64. Encode the file.") from None
        try:
            return draw_logo(BytesIO(content))
        except ValidationError as refusal:
            raise serializers.ValidationError(refusal.messages) from None


class DocumentSettingsViewSet(WritableViewSet):
    """`/document-settings/`: the logo and the confidentiality line of reports and boards as PDF."""

    model = DocumentSettings
    serializer_class = DocumentSettingsSerializer
    roles = {"partial_update": Role.ADMIN}
    pagination_class = None
    filter_backends = []

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, pk=settings_of(self.organization).pk)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        stored = settings_of(self.organization)
        update_settings(
            actor=self.actor,
            instance=stored,
            version=expected_version(request),
            **self.validate_body(request, stored),
        )
        return self.row_response(stored.pk)
