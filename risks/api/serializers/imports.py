"""Import runs and their rows."""

from collections.abc import Mapping
from typing import Any

import orjson
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from openrisk.api.serializers import RowSerializer, Serializer
from openrisk.limits import LONG_TEXT
from risks.models import ImportRow, ImportRun


@extend_schema_field({"type": "array", "items": {"type": "object"}})
class ObjectsField(serializers.JSONField):
    """A list of objects."""


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class TextsField(serializers.JSONField):
    """A list of texts."""


@extend_schema_field(
    {
        "type": "object",
        "description": "risks, mitigations, assets, categories: how many are created and so on",
        "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}},
    }
)
class CountsField(serializers.JSONField):
    """Model to action to number."""


@extend_schema_field(OpenApiTypes.OBJECT)
class ChangesField(serializers.JSONField):
    """field -> [before, after]"""


class ImportRunSerializer(RowSerializer):
    mapping = ObjectsField(help_text="The field of each column: column, field, how, note")
    guesses = ObjectsField(help_text="What was read into the file: column, what, detail, table")
    notes = TextsField()
    counts = CountsField()

    class Meta:
        model = ImportRun
        fields = (
            "id",
            "source_name",
            "file_name",
            "sha256",
            "status",
            "counts",
            "mapping",
            "guesses",
            "notes",
            "actor",
            "created_at",
            "applied_by",
            "applied_at",
            "undone_by",
            "undone_at",
        )
        read_only_fields = fields


class ImportRowSerializer(RowSerializer):
    errors = ObjectsField(  # type: ignore[assignment]  # a field of this name
        help_text="row, column, value, reason"
    )
    notes = TextsField()
    edited = TextsField(help_text="Changed fields that someone edited since the last import")
    changes = ChangesField()

    class Meta:
        model = ImportRow
        fields = (
            "id",
            "row_number",
            "model",
            "identity_kind",
            "identity",
            "object_id",
            "action",
            "changes",
            "edited",
            "errors",
            "notes",
        )
        read_only_fields = fields


@extend_schema_field({"type": "string", "maxLength": LONG_TEXT})
class MappingField(serializers.Field):
    """Field by column, as JSON text: a form has no objects."""

    default_error_messages = {
        "malformed": "Write a JSON object of column to field: "
        '{{"Likelihood (1-5)": "inherent_likelihood"}}.',  # DRF formats it
        "long": f"A mapping has at most {LONG_TEXT:,} characters.",
    }

    def to_internal_value(self, data: Any) -> Mapping[str, str]:
        if isinstance(data, str) and len(data) > LONG_TEXT:
            self.fail("long")
        try:
            value = orjson.loads(data) if isinstance(data, str) else data
        except orjson.JSONDecodeError:
            self.fail("malformed")
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            self.fail("malformed")
        return value

    def to_representation(self, value: Any) -> Any:
        return value


class UploadSerializer(Serializer):
    file = serializers.FileField(help_text="CSV or XLSX, at most 20 MB and 100,000 rows")
    source_name = serializers.CharField(
        required=False,
        max_length=150,
        default="",
        help_text="Whose ids the file has; the file's name without its ending unless given",
    )
    mapping = MappingField(
        required=False, default=dict, help_text="JSON: column to field, or to extra"
    )


class ApplySerializer(Serializer):
    skip_errors = serializers.BooleanField(
        required=False, default=False, help_text="Leave rows in error out instead of refusing"
    )
