"""Comments with the people whom they mention."""

from typing import Any

from rest_framework import serializers

from openrisk.api.serializers import OrganizationRelatedField, RowSerializer, Serializer
from openrisk.limits import COMMENT
from risks.models import Comment, Mention, Mitigation, Risk
from risks.querysets import person_label


class MentionSerializer(Serializer):
    """A member whom a comment mentions, and the name as it is written there."""

    user = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    written = serializers.CharField(read_only=True)


class PostedCommentSerializer(RowSerializer):
    """A comment. Name either `risk` or `mitigation`; `risk` is also the risk of the mitigation."""

    risk = OrganizationRelatedField(queryset=Risk.objects.all(), required=False)
    mitigation = OrganizationRelatedField(
        queryset=Mitigation.objects.all(), required=False, allow_null=True
    )
    risk_reference = serializers.CharField(source="risk.reference", read_only=True)
    mitigation_reference = serializers.CharField(source="mitigation.reference", read_only=True)
    text = serializers.CharField(max_length=COMMENT, help_text='"" once it is deleted')
    author_name = serializers.CharField(read_only=True, allow_null=True)
    mentions = MentionSerializer(many=True, read_only=True)

    attached = frozenset({"mentions", "author_name"})

    class Meta:
        model = Comment
        fields = (
            "id",
            "risk",
            "risk_reference",
            "mitigation",
            "mitigation_reference",
            "text",
            "author",
            "author_name",
            "mentions",
            "edited_at",
            "deleted_at",
            "deleted_by",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = (
            *("id", "author", "edited_at", "deleted_at", "deleted_by"),
            *("version", "created_at", "updated_at"),
        )

    def attach(self, rows: list[dict[str, Any]]) -> None:
        ids = [row["id"] for row in rows]
        mentions: dict[Any, list[dict[str, Any]]] = {}
        found = Mention.objects.filter(comment__in=ids).order_by("id")
        for comment, user, name, written in found.values_list(
            "comment", "user", person_label("user"), "written"
        ):
            person = {"user": user, "name": name, "written": written}
            mentions.setdefault(comment, []).append(person)
        authors = Comment.objects.filter(pk__in=ids, author__isnull=False)
        names = dict(authors.values_list("pk", person_label("author")))
        for row in rows:
            row["mentions"] = mentions.get(row["id"], [])
            row["author_name"] = names.get(row["id"])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None and (moved := {"risk", "mitigation"} & attrs.keys()):
            raise serializers.ValidationError(
                {moved.pop(): "A comment stays where it is. Write a new one there."}
            )
        return attrs
