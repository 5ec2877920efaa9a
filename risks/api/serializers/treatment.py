"""Mitigations with their actions, and acceptances."""

from typing import Any

from rest_framework import serializers

from openrisk.api.serializers import (
    MemberField,
    OrganizationRelatedField,
    OrganizationRelatedListField,
    RowSerializer,
    Serializer,
)
from risks.models import (
    Acceptance,
    ActionDependency,
    Level,
    Mitigation,
    MitigationAction,
    MitigationStatus,
    Risk,
)
from risks.models.mitigations import progress_of

VERSIONED = ("id", "version", "created_at", "updated_at")


class ActionSerializer(RowSerializer):
    mitigation = OrganizationRelatedField(queryset=Mitigation.objects.all())
    depends_on = OrganizationRelatedListField(
        queryset=MitigationAction.objects.all(), required=False
    )
    assignee = MemberField(required=False, allow_null=True)
    done = serializers.BooleanField(required=False)

    attached = frozenset({"depends_on", "done"})

    class Meta:
        model = MitigationAction
        fields = (
            "id",
            "mitigation",
            "title",
            "assignee",
            "order",
            "due_date",
            "done",
            "done_at",
            "done_by",
            "depends_on",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = (*VERSIONED, "done_at", "done_by")

    def attach(self, rows: list[dict[str, Any]]) -> None:
        dependencies: dict[Any, list[Any]] = {}
        links = ActionDependency.objects.filter(action__in=[row["id"] for row in rows])
        for action, depends_on in links.order_by("id").values_list("action", "depends_on"):
            dependencies.setdefault(action, []).append(depends_on)
        for row in rows:
            row["done"] = row["done_at"] is not None
            row["depends_on"] = dependencies.get(row["id"], [])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None and "mitigation" in attrs:
            raise serializers.ValidationError(
                {"mitigation": "An action stays with its mitigation. Make a new one there."}
            )
        if self.instance is None and attrs.pop("done", False):
            raise serializers.ValidationError({"done": "Create the action first, then do it."})
        return attrs


class MitigationSerializer(RowSerializer):
    risk = OrganizationRelatedField(queryset=Risk.objects.all())
    risk_reference = serializers.CharField(source="risk.reference", read_only=True)
    owner = MemberField(required=False, allow_null=True)
    progress = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text=(
            "Percent of the actions that are done, floored. Without actions 0 while planned, "
            "100 once done, and null (not measured) in between."
        ),
    )
    actions_total = serializers.IntegerField(read_only=True)
    actions_done = serializers.IntegerField(read_only=True)
    actions = ActionSerializer(many=True, read_only=True)

    attached = frozenset({"progress", "actions"})

    class Meta:
        model = Mitigation
        fields = (
            "id",
            "reference",
            "risk",
            "risk_reference",
            "title",
            "description",
            "status",
            "priority",
            "owner",
            "start_date",
            "due_date",
            "cost",
            "currency",
            "effectiveness",
            "implemented_by",
            "implemented_at",
            "validated_by",
            "validated_at",
            "validation",
            "validation_reason",
            "progress",
            "actions_total",
            "actions_done",
            "actions",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = (
            *VERSIONED,
            "reference",
            "status",
            "implemented_by",
            "implemented_at",
            "validated_by",
            "validated_at",
            "validation",
            "validation_reason",
        )

    def attach(self, rows: list[dict[str, Any]]) -> None:
        serializer = ActionSerializer(context=self.context)
        actions = MitigationAction.objects.filter(mitigation__in=[row["id"] for row in rows])
        by_mitigation: dict[Any, list[dict[str, Any]]] = {}
        ordered = actions.order_by("mitigation", "order", "id")
        for action in serializer.represent(list(ordered.values(*serializer.row_paths()))):
            by_mitigation.setdefault(action["mitigation"], []).append(action)
        for row in rows:
            row["actions"] = by_mitigation.get(row["id"], [])
            row["progress"] = progress_of(row["status"], row["actions_done"], row["actions_total"])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None and "risk" in attrs:
            raise serializers.ValidationError(
                {"risk": "A mitigation stays with its risk. Make a new one there."}
            )
        return attrs


class MitigationStatusSerializer(Serializer):
    to = serializers.ChoiceField(choices=MitigationStatus.choices)
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=5000)


class ValidationSerializer(Serializer):
    effective = serializers.BooleanField(help_text="false needs a comment: the reason")
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=5000)


class ApproveSerializer(Serializer):
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=5000)
    version = serializers.IntegerField(
        required=False, help_text="Of the acceptance; or send If-Match with its ETag"
    )
    risk_version = serializers.IntegerField(
        required=False, help_text="Of the risk as you saw it. 428 without it"
    )


class AcceptanceSerializer(RowSerializer):
    risk = OrganizationRelatedField(queryset=Risk.objects.all())
    risk_reference = serializers.CharField(source="risk.reference", read_only=True)
    risk_version = serializers.IntegerField(
        source="risk.version", read_only=True, help_text="Now; approving needs it"
    )
    risk_score = serializers.IntegerField(
        source="risk.current_score", read_only=True, help_text="Current score, now"
    )
    risk_level = serializers.ChoiceField(
        source="risk.current_level", choices=Level.choices, read_only=True
    )

    class Meta:
        model = Acceptance
        fields = (
            "id",
            "risk",
            "risk_reference",
            "risk_version",
            "risk_score",
            "risk_level",
            "requested_score",
            "requested_level",
            "requested_title",
            "requested_description",
            "status",
            "requester",
            "approver",
            "justification",
            "conditions",
            "expires_at",
            "decided_at",
            "decision_comment",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = (
            *VERSIONED,
            "requested_score",
            "requested_level",
            "requested_title",
            "requested_description",
            "status",
            "requester",
            "approver",
            "decided_at",
            "decision_comment",
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None and "risk" in attrs:
            raise serializers.ValidationError(
                {"risk": "A request stays with its risk. Withdraw it and make a new one there."}
            )
        return attrs
