"""The message that Alertmanager sends, and alerts as the API shows them."""

import re
from datetime import datetime
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from monitoring.models import Alert
from openrisk.api.serializers import ObjectField, RowSerializer

STATUSES = (("firing", "Firing"), ("resolved", "Resolved"))
MOST_ALERTS = 1000  # in one message
MOST_LABELS = 100  # of one alert

validate_label_name = RegexValidator(
    r"\A[a-zA-Z_][a-zA-Z0-9_]{0,199}\Z", "Not a valid name of a label."
)
RFC_3339 = re.compile(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)


class StrictTextField(serializers.CharField):
    """A text, and not a number that could be written as one: Alertmanager sends none."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictTimeField(serializers.DateTimeField):
    """A time as in RFC 3339. DRF would guess a missing zone or time of day."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not RFC_3339.match(value):
            raise serializers.ValidationError("Write a time such as 2026-03-01T10:00:00Z.")
        return super().to_internal_value(value)


class LabelsField(serializers.DictField):
    """Labels or annotations: texts by names, as in Prometheus."""

    child = StrictTextField(allow_blank=True, trim_whitespace=False, max_length=10_000)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and len(data) > MOST_LABELS:
            raise serializers.ValidationError(
                f"An alert has at most {MOST_LABELS} labels or annotations."
            )
        labels = super().to_internal_value(data)
        for name in labels:
            validate_label_name(name)
        return labels


class IncomingAlertSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=STATUSES)
    labels = LabelsField()
    annotations = LabelsField()
    startsAt = StrictTimeField()  # noqa: N815  Alertmanager's names
    endsAt = StrictTimeField()  # noqa: N815
    fingerprint = StrictTextField(max_length=64)

    def validate_labels(self, labels: dict[str, str]) -> dict[str, str]:
        if not 0 < len(labels.get("alertname", "")) <= 200:
            raise serializers.ValidationError(
                "An alert needs the label alertname, with at most 200 characters."
            )
        return labels


class AlertsField(serializers.ListField):
    """The alerts of a message, counted before any of them is validated."""

    child = IncomingAlertSerializer()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list) and len(data) > MOST_ALERTS:
            raise serializers.ValidationError(f"A message has at most {MOST_ALERTS} alerts.")
        return super().to_internal_value(data)


class MessageSerializer(serializers.Serializer):
    """A message of Alertmanager's webhook, version 4. Other fields are ignored."""

    version = StrictTextField(max_length=20)
    status = serializers.ChoiceField(choices=STATUSES)
    alerts = AlertsField(allow_empty=False, max_length=MOST_ALERTS)

    def validate_version(self, version: str) -> str:
        if version != "4":
            raise serializers.ValidationError(
                f"Version {version} of the message is not supported. Send version 4."
            )
        return version


class ReceivedSerializer(serializers.Serializer):
    alerts = serializers.IntegerField(help_text="Number of alerts that were stored or updated")


class RaisedSerializer(serializers.Serializer):
    """The risk or finding that was raised from an alert."""

    id = serializers.UUIDField()
    organization = serializers.SlugField(help_text="The caller's organization, to which it belongs")


class AlertSerializer(RowSerializer):
    labels = ObjectField(read_only=True)

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
