"""Serializers of the marketplace."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from marketplace.connectors.base import MATURITIES, Capability, ConnectorCategory
from marketplace.installations import encryption
from marketplace.models import Delivery, InstalledApp, PackChange, Review, SyncMode, SyncRun
from openrisk.api.renderers import to_json
from openrisk.api.serializers import ObjectField, RowSerializer, Serializer
from openrisk.limits import CONFIGURATION
from risks.api.serializers.imports import ObjectsField


# --- The catalogue --------------------------------------------------------------------------------
def choice_field(options: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[option.value for option in options], required=False)


class CatalogueParameters(Serializer):
    category = choice_field(ConnectorCategory)
    capability = choice_field(Capability)
    status = serializers.ChoiceField(choices=MATURITIES, required=False)
    search = serializers.CharField(required=False, max_length=200)


class RatingSerializer(serializers.Serializer):
    reviews = serializers.IntegerField()
    average = serializers.FloatField(allow_null=True, help_text="1 to 5")


class ConnectorSerializer(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    version = serializers.CharField()
    summary = serializers.CharField()
    category = serializers.ChoiceField(choices=[category.value for category in ConnectorCategory])
    capabilities = serializers.ListField(
        child=serializers.ChoiceField(choices=[capability.value for capability in Capability])
    )
    status = serializers.ChoiceField(choices=MATURITIES)
    rating = RatingSerializer(help_text="Of all organizations of this installation")
    installed = serializers.IntegerField(help_text="Apps of it in your organization")


@extend_schema_serializer(many=False)
class ConnectorPageSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = ConnectorSerializer(many=True)


class ConnectorDetailSerializer(ConnectorSerializer):
    documentation = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    schema = ObjectField(help_text="JSON Schema of its configuration; writeOnly marks secrets")
    default_url = serializers.CharField(allow_blank=True)
    file_names = serializers.ListField(child=serializers.CharField())
    largest_report = serializers.IntegerField(help_text="Bytes of a report, uploaded or fetched")


# --- Apps and runs --------------------------------------------------------------------------------
class AppSerializer(RowSerializer):
    name = serializers.CharField(required=False, max_length=100, help_text="Never changes")
    settings = ObjectField(
        read_only=True, help_text="Without its secrets; in addresses, … stands for them"
    )
    secrets = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Names of the secrets that are set"
    )

    attached = frozenset({"secrets"})

    class Meta:
        model = InstalledApp
        fields = (
            "id",
            "connector",
            "name",
            "state",
            "reason",
            "settings",
            "secrets",
            "cron",
            "mode",
            "next_run_at",
            "tested_at",
            "test_queued_at",
            "enabled_at",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = tuple(f for f in fields if f not in ("connector", "name"))

    def attach(self, rows: list[dict[str, Any]]) -> None:
        ids = [row["id"] for row in rows]
        encrypted = dict(InstalledApp.objects.filter(pk__in=ids).values_list("pk", "secrets"))
        for row in rows:
            try:
                row["secrets"] = sorted(encryption.decrypt(encrypted[row["id"]]))
            except encryption.SecretsUnreadable:
                row["secrets"] = []


class ConfigureSerializer(Serializer):
    configuration = ObjectField(
        required=False,
        help_text="By the connector's schema. A secret that is left out stays, null removes it.",
    )
    cron = serializers.CharField(
        required=False, allow_blank=True, max_length=100, help_text="In UTC; empty for none"
    )
    mode = serializers.ChoiceField(
        choices=SyncMode.choices, required=False, help_text="Of runs by the schedule"
    )

    def validate_configuration(self, value: dict[str, Any]) -> dict[str, Any]:
        if len(to_json(value)) > CONFIGURATION:
            raise serializers.ValidationError(
                f"A configuration has at most {CONFIGURATION:,} bytes of JSON."
            )
        return value


class SyncSerializer(Serializer):
    mode = serializers.ChoiceField(choices=SyncMode.choices, default=SyncMode.PREVIEW)


class SyncUploadSerializer(SyncSerializer):
    file = serializers.FileField(
        required=False, help_text="The report, where it is not fetched from an address"
    )


class StaysSerializer(serializers.Serializer):
    stays = serializers.DictField(
        child=serializers.IntegerField(), help_text="Objects that the app has written, by model"
    )


class FactSerializer(serializers.Serializer):
    state = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    detail = serializers.CharField(allow_blank=True)


class HealthSerializer(serializers.Serializer):
    connection = FactSerializer()
    credential = FactSerializer()
    freshness = FactSerializer()
    outcome = FactSerializer()


class SyncRunSerializer(RowSerializer):
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    log = ObjectsField(read_only=True)
    duration = serializers.FloatField(read_only=True, help_text="Seconds", allow_null=True)

    attached = frozenset({"duration"})

    class Meta:
        model = SyncRun
        fields = (
            "id",
            "app",
            "status",
            "mode",
            "actor",
            "schedule",
            "file_name",
            "sha256",
            "items",
            "counts",
            "failure",
            "error",
            "attempts",
            "log",
            "created_at",
            "started_at",
            "finished_at",
            "duration",
        )
        read_only_fields = fields

    def attach(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            started, finished = row["started_at"], row["finished_at"]
            seconds = (finished - started).total_seconds() if started and finished else None
            row["duration"] = seconds


class DeliverySerializer(RowSerializer):
    content = ObjectField(read_only=True)

    class Meta:
        model = Delivery
        fields = (
            "id",
            "app",
            "type",
            "at",
            "content",
            "status",
            "attempts",
            "error",
            "created_at",
            "delivered_at",
        )
        read_only_fields = fields


class ReviewSerializer(RowSerializer):
    class Meta:
        model = Review
        fields = (
            "id",
            "connector",
            "rating",
            "text",
            "author",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "author", "version", "created_at", "updated_at")


# --- Packs ----------------------------------------------------------------------------------------
class PackSerializer(serializers.Serializer):
    """A pack that comes with OpenRisk, or that the organization has installed."""

    pack = serializers.CharField()
    name = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    publisher = serializers.CharField()
    licence = serializers.CharField()
    available = serializers.CharField(allow_null=True, help_text="Version that can be installed")
    installed = serializers.CharField(allow_null=True, help_text="Version that is installed")
    id = serializers.UUIDField(allow_null=True, help_text="Of the installation, if there is one")
    trust = serializers.CharField()
    matrices = serializers.ListField(child=serializers.CharField())


@extend_schema_serializer(many=False)
class PackPageSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = PackSerializer(many=True)


class PackInstallSerializer(Serializer):
    pack = serializers.CharField(
        required=False, max_length=100, help_text="Id of one that comes with OpenRisk"
    )
    mode = serializers.ChoiceField(choices=SyncMode.choices, default=SyncMode.PREVIEW)
    allow_unsigned = serializers.BooleanField(
        required=False, default=False, help_text="Install one that no trusted publisher has signed"
    )


class PackUploadSerializer(PackInstallSerializer):
    file = serializers.FileField(required=False, help_text="A pack from elsewhere")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("pack")) == bool(attrs.get("file")):
            raise serializers.ValidationError("Give either pack or file.")
        return attrs


class MatrixChoiceSerializer(Serializer):
    matrix = serializers.CharField(max_length=255)


class PackChangeSerializer(RowSerializer):
    pack = serializers.CharField(source="installed.pack", read_only=True)
    status = serializers.CharField(source="import_run.status", read_only=True)
    counts = ObjectField(source="import_run.counts", read_only=True)

    class Meta:
        model = PackChange
        fields = (
            "id",
            "installed",
            "pack",
            "pack_version",
            "trust",
            "status",
            "counts",
            "actor",
            "created_at",
            "applied_at",
        )
        read_only_fields = fields
