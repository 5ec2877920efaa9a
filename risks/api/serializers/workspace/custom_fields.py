"""Definitions of custom fields."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from openrisk.api.serializers import RowSerializer
from risks.api.serializers.workspace.bulk_changes import AnyValueField
from risks.custom_fields.services import LONGEST_OPTION, MOST_OPTIONS
from risks.models import CustomField


@extend_schema_field(
    {
        "type": "array",
        "maxItems": MOST_OPTIONS,
        "items": {"type": "string", "maxLength": LONGEST_OPTION},
    }
)
class FieldOptionsField(serializers.ListField):
    child = serializers.CharField(max_length=LONGEST_OPTION)


class CustomFieldSerializer(RowSerializer):
    key = serializers.CharField(
        required=False,
        max_length=50,
        help_text="Made from the label where it is left out; it never changes.",
    )
    default = AnyValueField(
        required=False, allow_null=True, help_text="The value of a new risk, as a risk has it"
    )
    options = FieldOptionsField(required=False)

    class Meta:
        model = CustomField
        fields = (
            "id",
            "key",
            "label",
            "kind",
            "help",
            "required",
            "default",
            "options",
            "unit",
            "position",
            "retired_at",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "retired_at", "version", "created_at", "updated_at")
        extra_kwargs = {"position": {"required": False}}
