"""What Alertmanager sends, and how alerts are shown."""

import re
from datetime import datetime
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from monitoring.models import Alert
from openrisk.api.serializers import RowSerializer

STATUSES = (("firing", "Firing"), ("resolved", "Resolved"))
MOST_ALERTS = 1000  # in one message
MOST_LABELS = 100  # of one alert

_label_name = RegexValidator(r"\A[a-zA-Z_][a-zA-Z0-9_]{0,199}\Z", "This is no name of a label.")
_TIME = re.compile(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)


class _TextField(serializers.CharField):
    """A text and nothing that could be written as one: Alertmanager sends no numbers."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class _TimeField(serializers.DateTimeField):
    """As in RFC 3339; DRF would guess the zone, or the time of day."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not _TIME.match(value):
            raise serializers.ValidationError("Write a time such as 2026-03-01T10:00:00Z.")
        return super().to_internal_value(value)


class _LabelsField(serializers.DictField):
    """Names and texts, as Prometheus has them."""

    child = _TextField(allow_blank=True, trim_whitespace=False, max_length=10_000)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and len(data) > MOST_LABELS:
            raise serializers.ValidationError(f"An alert has at most {MOST_LABELS} of them.")
        labels = super().to_internal_value(data)
        for name in labels:
            _label_name(name)
        return labels


class _ToldSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=STATUSES)
    labels = _LabelsField()
    annotations = _LabelsField()
    startsAt = _TimeField()  # noqa: N815  Alertmanager's names
    endsAt = _TimeField()  # noqa: N815
    fingerprint = _TextField(max_length=64)

    def validate_labels(self, labels: dict[str, str]) -> dict[str, str]:
        if not 0 < len(labels.get("alertname", "")) <= 200:
            raise serializers.ValidationError(
                "An alert has the label alertname, of at most 200 characters."
            )
        return labels


class _AlertsField(serializers.ListField):
    """Counted before anything in it is looked at."""

    child = _ToldSerializer()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list) and len(data) > MOST_ALERTS:
            raise serializers.ValidationError(f"A message has at most {MOST_ALERTS} alerts.")
        return super().to_internal_value(data)


class MessageSerializer(serializers.Serializer):
    """A message of Alertmanager's webhook, version 4. What else it holds is left alone."""

    version = _TextField(max_length=20)
    status = serializers.ChoiceField(choices=STATUSES)
    alerts = _AlertsField(allow_empty=False, max_length=MOST_ALERTS)

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
