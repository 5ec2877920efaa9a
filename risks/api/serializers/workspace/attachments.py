"""Attachments and their links."""

from typing import Any

from rest_framework import serializers

from openrisk.api.serializers import OrganizationRelatedField, RowSerializer, Serializer
from openrisk.limits import LINE, LONG_TEXT
from risks.models import Attachment, AttachmentLink
from risks.models.workspace.attachments import TARGETS

TARGET_HELP = "The row that it is evidence for; give one of the five, or none"


def target_fields(**options: Any) -> dict[str, serializers.Field]:
    """Return a field for each kind of row that an attachment may belong to."""
    return {
        name: OrganizationRelatedField(queryset=model._default_manager.all(), **options)
        for name, model in TARGETS.items()
    }


def pop_target(fields: dict[str, Any]) -> Any:
    """Take the target out of validated fields; None where there is none."""
    given = [fields.pop(name) for name in TARGETS if name in fields]
    return given[0] if given else None


class TargetSerializer(Serializer):
    """Names one row of the organization by its kind and id."""

    is_target_required = True

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), **target_fields(required=False, help_text=TARGET_HELP)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in TARGETS if name in attrs]
        if len(given) > 1 or (self.is_target_required and not given):
            names = ", ".join(TARGETS)
            raise serializers.ValidationError(f"Give exactly one of {names}.")
        return attrs


class LinkTargetSerializer(TargetSerializer):
    """The row to link an attachment to."""


class AttachmentUploadSerializer(TargetSerializer):
    """A file, and the row that it is evidence for, if any."""

    is_target_required = False

    file = serializers.FileField(allow_empty_file=True, max_length=None)
    name = serializers.CharField(
        required=False, max_length=LINE, help_text="By default that of the file"
    )
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=LONG_TEXT, trim_whitespace=False
    )
    valid_until = serializers.DateField(required=False, allow_null=True)


class AttachmentLinkSerializer(RowSerializer):
    class Meta:
        model = AttachmentLink
        fields = ("id", *TARGETS, "linked_by", "created_at")
        read_only_fields = fields


class AttachmentSerializer(RowSerializer):
    links = AttachmentLinkSerializer(many=True, read_only=True)

    attached = frozenset({"links"})

    class Meta:
        model = Attachment
        fields = (
            "id",
            "name",
            "description",
            "media_type",
            "size",
            "sha256",
            "valid_until",
            "uploaded_by",
            "links",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = (
            "id",
            "media_type",
            "size",
            "sha256",
            "uploaded_by",
            "version",
            "created_at",
            "updated_at",
        )

    def attach(self, rows: list[dict[str, Any]]) -> None:
        serializer = AttachmentLinkSerializer(context=self.context)
        links = AttachmentLink.objects.filter(attachment__in=[row["id"] for row in rows])
        paths = {*serializer.row_paths(), "attachment"}
        by_attachment: dict[Any, list[dict[str, Any]]] = {}
        for link in links.order_by("created_at", "id").values(*paths):
            represented = serializer.represent([link])[0]
            by_attachment.setdefault(link["attachment"], []).append(represented)
        for row in rows:
            row["links"] = by_attachment.get(row["id"], [])
