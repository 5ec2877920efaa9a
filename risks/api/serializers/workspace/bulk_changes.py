"""Bulk changes: the preview that is asked for, the change, and its rows."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from openrisk.api.serializers import RowSerializer, Serializer
from risks.models import BulkChange, BulkChangeRow, BulkKind, BulkSubject
from risks.services.bulk_changes.lifecycle import MAX_RISKS

_TEXTS = {"type": "array", "items": {"type": "string"}}


@extend_schema_field(
    {
        "type": "object",
        "description": "The preview: how many rows change, why others are refused, examples",
        "properties": {
            "counts": {
                "type": "object",
                "properties": {
                    name: {"type": "integer"} for name in ("changed", "same", "refused")
                },
            },
            "refusals": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "reason": {"type": "string"},
                        "count": {"type": "integer"},
                        "references": _TEXTS,
                    },
                },
            },
            "examples": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        name: {"type": "string"}
                        for name in ("reference", "title", "before", "after")
                    },
                },
            },
            "warnings": _TEXTS,
            "missing": _TEXTS,
        },
    }
)
class BulkSummaryField(serializers.JSONField):
    """The summary as it is stored."""


# `anyOf`, since null would match both parts of the `oneOf` that is made of an empty schema.
@extend_schema_field({"anyOf": [{}]})
class AnyValueField(serializers.JSONField):
    """A value whose type depends on the kind."""


class BulkChangeSerializer(RowSerializer):
    value = AnyValueField(allow_null=True)
    summary = BulkSummaryField()

    class Meta:
        model = BulkChange
        fields = (
            "id",
            "subject",
            "kind",
            "value",
            "value_label",
            "comment",
            "query",
            "state",
            "digest",
            "summary",
            "total",
            "done",
            "error",
            "actor",
            "created_at",
            "applied_at",
            "undone_by",
            "undone_at",
            "version",
        )
        read_only_fields = fields


class BulkChangeRowSerializer(RowSerializer):
    before = AnyValueField(allow_null=True)
    after = AnyValueField(allow_null=True)

    class Meta:
        model = BulkChangeRow
        fields = ("id", "object_id", "reference", "before", "after", "outcome", "reason")
        read_only_fields = fields


class BulkPreviewSerializer(Serializer):
    """A change and the rows that it is for: `references`, or all that a `query` matches."""

    subject = serializers.ChoiceField(choices=BulkSubject.choices, default=BulkSubject.RISK)
    kind = serializers.ChoiceField(choices=BulkKind.choices)
    value = AnyValueField(
        required=False,
        default=None,
        allow_null=True,
        help_text="An id of a member or category, tags, a choice, days, a time; null empties it. "
        'To rename tags: {"tags": ["ransom"], "name": "ransomware"}. To merge assets: '
        '{"keep": the id of the one that stays, "fields": {"name": "kept", "merged" or "both"}}',
    )
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=5000)
    references = serializers.ListField(
        child=serializers.CharField(max_length=36, help_text="R-0001 of a risk, else the id"),
        required=False,
        min_length=1,
        max_length=MAX_RISKS,
    )
    query = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=4000,
        help_text="Filters of the list, as status=draft&search=fire; empty for all rows",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("references" in attrs) == ("query" in attrs):
            raise serializers.ValidationError(
                {"references": _("Give either references or a query.")}
            )
        return attrs


class BulkApplySerializer(Serializer):
    digest = serializers.CharField(max_length=64, help_text="Of the preview that you saw")
    leave_out_refused = serializers.BooleanField(
        default=False, help_text="Change the others, where some of the rows cannot be changed"
    )
