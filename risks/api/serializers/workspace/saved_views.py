"""Saved views of the list of risks."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from openrisk.api.serializers import RowSerializer, Serializer
from risks.models import DefaultView, SavedView
from risks.models.workspace.saved_views import LONGEST_VALUE, MOST_PARAMETERS, validate_query


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MOST_PARAMETERS,
        "additionalProperties": {"type": "string", "maxLength": LONGEST_VALUE},
    }
)
class ListQueryField(serializers.JSONField):
    """The parameters of an address of the list of risks, each a text."""


class SavedViewSerializer(RowSerializer):
    query = ListQueryField(
        required=False,
        validators=[validate_query],
        help_text="Filters as in the list of risks, with `me` for people and days such as "
        "`in-30-days`; `search`, `ordering`, `columns`, `group` and `page_size`.",
    )
    is_default = serializers.BooleanField(
        read_only=True, help_text="The list opens with it for you"
    )
    is_organization_default = serializers.BooleanField(
        read_only=True, help_text="The list opens with it for members without one of their own"
    )

    attached = frozenset({"is_default", "is_organization_default"})

    class Meta:
        model = SavedView
        fields = (
            "id",
            "name",
            "slug",
            "owner",
            "shared",
            "query",
            "is_default",
            "is_organization_default",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "slug", "owner", "version", "created_at", "updated_at")

    def attach(self, rows: list[dict[str, Any]]) -> None:
        defaults = DefaultView.objects.filter(view__in=[row["id"] for row in rows])
        users = {(view, user) for view, user in defaults.values_list("view", "user")}
        for row in rows:
            row["is_default"] = (row["id"], self.context["request"].user.pk) in users
            row["is_organization_default"] = (row["id"], None) in users


class SetDefaultSerializer(Serializer):
    for_all = serializers.BooleanField(
        default=False, help_text="For all members without one of their own; needs a manager"
    )
