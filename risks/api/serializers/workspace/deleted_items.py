"""Deleted items, and what restoring them did."""

from rest_framework import serializers

from openrisk.api.serializers import RowSerializer, Serializer
from risks.models import DeletedItem


class DeletedItemSerializer(RowSerializer):
    deleted_by_email = serializers.EmailField(source="deleted_by.email", read_only=True)
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text="The rows that were deleted with it, by the kind of row",
    )

    class Meta:
        model = DeletedItem
        fields = (
            "id",
            "kind",
            "object_id",
            "reference",
            "label",
            "counts",
            "batch",
            "deleted_at",
            "deleted_by",
            "deleted_by_email",
            "expires_at",
            "restored_at",
            "restored_by",
        )
        read_only_fields = fields


class RestoreSerializer(Serializer):
    together = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Restore all that was deleted in the same bulk change, or nothing of it",
    )


class RestoredSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text="Of the deleted item")
    kind = serializers.CharField()
    object_id = serializers.UUIDField(help_text="Of the row that is there again")
    label = serializers.CharField()  # type: ignore[assignment]  # a field of this name


class RestorationSerializer(serializers.Serializer):
    restored = RestoredSerializer(many=True)
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What could not come back, and why"
    )
