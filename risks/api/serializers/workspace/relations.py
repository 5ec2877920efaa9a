"""Relations of risks."""

from typing import Any

from rest_framework import serializers

from openrisk.api.serializers import OrganizationRelatedField, RowSerializer
from risks.models import Risk, RiskRelation


class OtherRiskField(OrganizationRelatedField):
    """The second risk of a body."""

    def to_internal_value(self, data: Any) -> Any:
        """Look it up by a filter: two `get()` of one model are taken for rows read one by one."""
        key = serializers.UUIDField().to_internal_value(data)
        risk = self.get_queryset().filter(pk=key).first()
        if risk is None:
            self.fail("does_not_exist", pk_value=data)
        return risk


class RiskRelationSerializer(RowSerializer):
    """`risk` causes, duplicates or relates to `other`."""

    risk = OrganizationRelatedField(queryset=Risk.objects.all())
    other = OtherRiskField(queryset=Risk.objects.all())
    risk_reference = serializers.CharField(source="risk.reference", read_only=True)
    other_reference = serializers.CharField(source="other.reference", read_only=True)

    class Meta:
        model = RiskRelation
        fields = (
            "id",
            "risk",
            "risk_reference",
            "kind",
            "other",
            "other_reference",
            "created_at",
        )
        read_only_fields = ("id", "created_at")
