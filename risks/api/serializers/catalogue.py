"""Assets, frameworks, controls, findings."""

from typing import Any

from rest_framework import serializers

from openrisk.api.serializers import (
    MemberField,
    OrganizationRelatedField,
    RowSerializer,
    Serializer,
)
from risks.models import (
    Asset,
    AssetDependency,
    Control,
    DependencyKind,
    Finding,
    FindingRule,
    Framework,
    LikelihoodSuggestion,
    Risk,
    RiskProposal,
    Severity,
)
from risks.scoring import HIGHEST_RATING

VERSIONED = ("id", "version", "created_at", "updated_at")


class NamesField(serializers.ListField):
    child = serializers.CharField(max_length=255)


class DependencySerializer(Serializer):
    id = serializers.UUIDField(read_only=True)
    target = OrganizationRelatedField(queryset=Asset.objects.all())
    kind = serializers.ChoiceField(
        choices=DependencyKind.choices, default=DependencyKind.DEPENDS_ON
    )


class AssetSerializer(RowSerializer):
    owner = MemberField(required=False, allow_null=True)
    hostnames = NamesField(required=False, max_length=200)
    addresses = NamesField(required=False, max_length=200)
    dependencies = DependencySerializer(many=True, read_only=True)

    attached = frozenset({"dependencies"})

    class Meta:
        model = Asset
        fields = (
            "id",
            "name",
            "description",
            "type",
            "criticality",
            "owner",
            "external_id",
            "hostnames",
            "addresses",
            "dependencies",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = VERSIONED

    def attach(self, rows: list[dict[str, Any]]) -> None:
        dependencies: dict[Any, list[dict[str, Any]]] = {}
        links = AssetDependency.objects.filter(asset__in=[row["id"] for row in rows])
        for asset, *values in links.order_by("id").values_list("asset", "id", "target", "kind"):
            link = dict(zip(("id", "target", "kind"), values, strict=True))
            dependencies.setdefault(asset, []).append(link)
        for row in rows:
            row["dependencies"] = dependencies.get(row["id"], [])


class FrameworkSerializer(RowSerializer):
    implemented = serializers.IntegerField(read_only=True)
    applicable = serializers.IntegerField(read_only=True)
    progress = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Percent implemented; null without controls"
    )

    attached = frozenset({"progress"})

    class Meta:
        model = Framework
        fields = (
            "id",
            "name",
            "edition",
            "description",
            "implemented",
            "applicable",
            "progress",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = VERSIONED

    def attach(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            total = row["applicable"]
            row["progress"] = 100 * row["implemented"] // total if total else None


class ControlSerializer(RowSerializer):
    framework = OrganizationRelatedField(queryset=Framework.objects.all())
    framework_name = serializers.CharField(source="framework.name", read_only=True)
    parent = OrganizationRelatedField(  # type: ignore[assignment]
        queryset=Control.objects.all(), required=False, allow_null=True
    )
    owner = MemberField(required=False, allow_null=True)

    class Meta:
        model = Control
        fields = (
            "id",
            "framework",
            "framework_name",
            "identifier",
            "section",
            "title",
            "text",
            "parent",
            "status",
            "owner",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("section", *VERSIONED)


class FindingSerializer(RowSerializer):
    cves = NamesField(read_only=True)
    components = NamesField(read_only=True)
    asset = OrganizationRelatedField(queryset=Asset.objects.all(), required=False, allow_null=True)
    asset_name = serializers.CharField(source="asset.name", read_only=True)
    risk = OrganizationRelatedField(queryset=Risk.objects.all(), required=False, allow_null=True)

    class Meta:
        model = Finding
        fields = (
            "id",
            "tool",
            "rule",
            "title",
            "description",
            "severity",
            "cvss",
            "epss",
            "known_exploited",
            "cves",
            "components",
            "asset",
            "asset_name",
            "location",
            "state",
            "decision_reason",
            "decided_by",
            "decided_at",
            "decided_until",
            "first_seen_at",
            "last_seen_at",
            "risk",
            "proposal",
            "fingerprint",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = (
            *VERSIONED,
            "fingerprint",
            "cves",
            "components",
            "proposal",
            "decision_reason",
            "decided_by",
            "decided_at",
            "decided_until",
            "first_seen_at",
            "last_seen_at",
        )


class AcceptFindingSerializer(Serializer):
    """A decision on a finding: its reason, and the last day on which it holds."""

    reason = serializers.CharField(max_length=5000)
    until = serializers.DateField(help_text="The last day, at most one year ahead")


class FalsePositiveSerializer(AcceptFindingSerializer):
    until = serializers.DateField(
        required=False, default=None, allow_null=True, help_text="The last day; null for good"
    )


class RiskOfFindingSerializer(Serializer):
    """The risk to make of a finding; what is left out is taken from its rule or severity."""

    title = serializers.CharField(max_length=255, required=False)
    description = serializers.CharField(required=False, allow_blank=True, max_length=100_000)
    likelihood = serializers.IntegerField(min_value=1, max_value=HIGHEST_RATING, required=False)
    impact = serializers.IntegerField(min_value=1, max_value=HIGHEST_RATING, required=False)


class ProposedRiskSerializer(Serializer):
    """A risk that a rule would propose: its rule id or CVE, and how many findings it has."""

    key = serializers.CharField()
    title = serializers.CharField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    findings = serializers.IntegerField()


class RulePreviewSerializer(Serializer):
    """The risks that a rule would propose now; `first` has at most 20 of them."""

    matching = serializers.IntegerField(help_text="Open findings that meet the rule")
    proposals = serializers.IntegerField(help_text="Risks that it would propose")
    is_many = serializers.BooleanField(help_text="Saving it needs `confirmed`")
    first = ProposedRiskSerializer(many=True)


class FindingRuleSerializer(RowSerializer):
    confirmed = serializers.BooleanField(
        write_only=True,
        required=False,
        help_text="Save the rule although it would propose very many risks (else 409)",
    )

    class Meta:
        model = FindingRule
        fields = (
            "id",
            "name",
            "confirmed",
            "active",
            "minimum_severity",
            "known_exploited",
            "minimum_epss",
            "minimum_criticality",
            "likelihood",
            "impact",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = VERSIONED


class SuggestionSerializer(RowSerializer):
    class Meta:
        model = LikelihoodSuggestion
        fields = (
            "id",
            "risk",
            "key",
            "present",
            "likelihood",
            "reason",
            "status",
            "decided_at",
            "decided_by",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class ProposalSerializer(RowSerializer):
    class Meta:
        model = RiskProposal
        fields = (
            "id",
            "rule",
            "key",
            "title",
            "reason",
            "likelihood",
            "impact",
            "status",
            "risk",
            "decided_at",
            "decided_by",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields
