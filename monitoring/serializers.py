"""What Alertmanager sends, and how alerts are shown."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from monitoring.models import Alert
from openrisk.api.serializers import RowSerializer

STATUSES = (("firing", "Firing"), ("resolved", "Resolved"))
MOST_ALERTS = 1000  # in one message

_label_name = RegexValidator(r"\A[a-zA-Z_][a-zA-Z0-9_]*\Z", "This is no name of a label.")


class _LabelsField(serializers.DictField):
    """Names and texts, as Prometheus has them."""

    child = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=10_000)

    def to_internal_value(self, data: Any) -> Any:
        labels = super().to_internal_value(data)
        for name in labels:
            _label_name(name)
        return labels


class _ToldSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=STATUSES)
    labels = _LabelsField()
    annotations = _LabelsField()
    startsAt = serializers.DateTimeField()  # noqa: N815  Alertmanager's names
    endsAt = serializers.DateTimeField()  # noqa: N815
    fingerprint = serializers.CharField(max_length=64)

    def validate_labels(self, labels: dict[str, str]) -> dict[str, str]:
        if not 0 < len(labels.get("alertname", "")) <= 200:
            raise serializers.ValidationError(
                "An alert has the label alertname, of at most 200 characters."
            )
        return labels


class MessageSerializer(serializers.Serializer):
    """A message of Alertmanager's webhook, version 4. What else it holds is left alone."""

    version = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    alerts = serializers.ListField(child=_ToldSerializer(), max_length=MOST_ALERTS)

    def validate_version(self, version: str) -> str:
        if version != "4":
            raise serializers.ValidationError(
                f"Version {version} of the message is unknown: send 4, as Alertmanager does."
            )
        return version


class ReceivedSerializer(serializers.Serializer):
    alerts = serializers.IntegerField(help_text="How many alerts were kept or updated")


class RaisedSerializer(serializers.Serializer):
    """What an alert was raised as."""

    id = serializers.UUIDField()
    organization = serializers.SlugField(help_text="The caller's, to which it belongs now")


class AlertSerializer(RowSerializer):
    class Meta:
        model = Alert
        fields = (
            "id",
            "name",
            "severity",
            "summary",
            "description",
            "runbook_url",
            "dashboard_url",
            "labels",
            "starts_at",
            "ends_at",
            "seen_at",
            "acknowledged_at",
            "acknowledged_by",
            "risk",
            "finding",
        )
        read_only_fields = fields
