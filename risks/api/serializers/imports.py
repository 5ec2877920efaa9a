"""Import runs and their rows."""

from collections.abc import Mapping
from typing import Any

import orjson
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from openrisk.api.serializers import RowSerializer, Serializer
from openrisk.limits import LONG_TEXT
from risks.models import ImportRow, ImportRun, ImportSource
from risks.registers.options import OTHER_KINDS
from risks.scoring import HIGHEST_RATING


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


@extend_schema_field(OpenApiTypes.OBJECT)
class OptionsField(serializers.JSONField):
    """Name -> value."""


@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "description": "continues_source: the file seems to be the next one of source_name. "
        "other_register: it has the name and the ids of a source, and other risks. "
        "Repeat the preview with the options of one of the answers.",
        "properties": {
            "kind": {"type": "string", "enum": ["continues_source", "other_register"]},
            "source_name": {"type": "string"},
            "text": {"type": "string"},
            "answers": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "label": {"type": "string"},
                        "options": {"type": "object", "additionalProperties": {}},
                    },
                    "required": ["label", "options"],
                },
            },
        },
        "required": ["kind", "source_name", "text", "answers"],
    }
)
class QuestionField(serializers.JSONField):
    """A question to be answered before the run is applied."""


class ImportRunSerializer(RowSerializer):
    options = OptionsField(help_text="What the upload said about the file")
    mapping = ObjectsField(help_text="The field of each column: column, field, how, note")
    guesses = ObjectsField(help_text="What was read into the file: column, what, detail, table")
    notes = TextsField()
    counts = CountsField()
    question = QuestionField(
        help_text="To be answered before the run is applied, or null", allow_null=True
    )

    class Meta:
        model = ImportRun
        extra_kwargs = {
            "problem": {"help_text": "Why there is no preview yet, or why a task had no result"},
            "task": {"help_text": "Work in progress: reading, applying or undoing"},
        }
        fields = (
            "id",
            "source_name",
            "file_name",
            "sha256",
            "status",
            "counts",
            "question",
            "problem",
            "task",
            "options",
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
    guessed = OptionsField(
        help_text="field -> text of the source, where the value is a guess; empty for a made title"
    )

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
            "guessed",
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


class ColumnsField(serializers.DictField):
    """Field by column, or "extra"."""

    child = serializers.CharField(max_length=100)


class TextsSerializer(Serializer):
    """Meanings of the texts and numbers of columns."""

    scales = serializers.DictField(
        child=serializers.RegexField(r"^\d{1,3} to \d{1,3}$", max_length=10),
        required=False,
        help_text='By column of ratings, the scale of its numbers: "1 to 10"',
    )
    words = serializers.DictField(
        child=serializers.DictField(
            child=serializers.IntegerField(min_value=0, max_value=HIGHEST_RATING)
        ),
        required=False,
        help_text="By column of ratings, the rating in your matrix (0 for none) of each word",
    )
    meanings = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField(max_length=20, allow_blank=True)),
        required=False,
        help_text="By column, the status or treatment that each text means; empty to keep the text",
    )


class SourceReadingSerializer(Serializer):
    """The options of `risks.registers.options` that hold for all files of a source."""

    sheet = serializers.CharField(
        required=False, default="", max_length=100, help_text="Name of the sheet to read"
    )
    encoding = serializers.CharField(
        required=False, default="", max_length=50, help_text="Of the text: cp1250, gb18030, ..."
    )
    month_first = serializers.BooleanField(
        required=False,
        default=None,
        allow_null=True,
        help_text="True reads 03/04/2027 as March 4; null leaves it to the column",
    )
    derive_ratings = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Make likelihood and impact from a score or level that stands alone",
    )
    include = serializers.ListField(
        child=serializers.ChoiceField(OTHER_KINDS),
        required=False,
        default=list,
        max_length=len(OTHER_KINDS),
        help_text="Kinds of rows of a RAID log to import as risks too",
    )

    def validate_include(self, kinds: list[str]) -> tuple[str, ...]:
        """Return what the options hold, which are not changed."""
        return tuple(kinds)


class FileReadingSerializer(SourceReadingSerializer):
    """The options that hold for one file too."""

    header_row = serializers.IntegerField(
        required=False,
        default=0,
        min_value=0,
        max_value=1_048_576,
        help_text="Number of the row with the names of the columns; 0 to look for it",
    )

    source_name = serializers.CharField(
        required=False,
        max_length=150,
        default="",
        help_text="Source name. Identifies this file on the next import; default: the file name",
    )
    as_new = serializers.BooleanField(
        required=False, default=False, help_text="A source of its own, though its risks are known"
    )


class UploadSerializer(FileReadingSerializer):
    file = serializers.FileField(help_text="CSV or XLSX, at most 20 MB and 100,000 rows")
    mapping = MappingField(
        required=False, default=dict, help_text="JSON: column to field, or to extra"
    )


class ReadingSerializer(TextsSerializer, FileReadingSerializer):
    """The options to read the file of a run with, again: those that change."""

    mapping = ColumnsField(required=False)


class LearnedSerializer(TextsSerializer, SourceReadingSerializer):
    """The options of a source, and its columns."""

    mapping = ColumnsField(required=False)


@extend_schema_field(LearnedSerializer)
class LearnedField(serializers.JSONField):
    """The options of a source. A change names those that change, each as a whole."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        options = LearnedSerializer(data=data, partial=True)
        options.is_valid(raise_exception=True)
        return dict(options.validated_data)


class ImportSourceSerializer(RowSerializer):
    options = LearnedField(help_text="How its files are read: the field of each column, and more")

    class Meta:
        model = ImportSource
        fields = ("id", "name", "options", "run", "version", "created_at", "updated_at")
        read_only_fields = ("id", "name", "run", "version", "created_at", "updated_at")


class ApplySerializer(Serializer):
    skip_errors = serializers.BooleanField(
        required=False, default=False, help_text="Leave rows in error out instead of refusing"
    )
