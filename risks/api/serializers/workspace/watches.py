"""Watches."""

from rest_framework import serializers

from openrisk.api.serializers import OrganizationRelatedField, RowSerializer
from risks.models import Mitigation, Risk, Watch


class WatchSerializer(RowSerializer):
    """A member who watches. Name either `risk` or `mitigation`; one watches for oneself."""

    risk = OrganizationRelatedField(queryset=Risk.objects.all(), required=False, allow_null=True)
    mitigation = OrganizationRelatedField(
        queryset=Mitigation.objects.all(), required=False, allow_null=True
    )
    risk_reference = serializers.CharField(source="risk.reference", read_only=True)
    mitigation_reference = serializers.CharField(source="mitigation.reference", read_only=True)

    class Meta:
        model = Watch
        fields = (
            "id",
            "user",
            "risk",
            "risk_reference",
            "mitigation",
            "mitigation_reference",
            "created_at",
        )
        read_only_fields = ("id", "user", "created_at")
