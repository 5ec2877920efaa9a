"""Risks, categories, the matrix."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from openrisk import limits
from openrisk.accounts.members.memberships import member_ids
from openrisk.api.serializers import (
    MemberField,
    ObjectField,
    OrganizationRelatedField,
    OrganizationRelatedListField,
    RowSerializer,
    Serializer,
)
from openrisk.text.cleaning import remove_invisible
from risks.fields import COMPUTED, FIELD, PEOPLE
from risks.models import (
    Asset,
    Category,
    Control,
    Level,
    Matrix,
    Risk,
    Status,
)
from risks.scoring import KINDS, SIZES
from risks.services.links import read_links


@extend_schema_field(
    {"type": "array", "maxItems": 50, "items": {"type": "string", "maxLength": 50}}
)
class TagsField(serializers.ListField):
    child = serializers.CharField(max_length=50)


@extend_schema_field(
    {
        "type": "object",
        "description": "Imported columns that map to nothing. Names have at most "
        f"{limits.LINE} characters; all names and values together {limits.EXTRA_CHARACTERS:,}, so "
        "that a page of a list stays small.",
        "maxProperties": limits.EXTRA_VALUES,
        "additionalProperties": {"type": "string", "maxLength": limits.LONG_TEXT},
    }
)
class ExtraField(serializers.DictField):
    """Imported columns that map to nothing: an object of texts."""

    child = serializers.CharField(
        allow_blank=True, trim_whitespace=False, max_length=limits.LONG_TEXT
    )

    def to_internal_value(self, data: Any) -> dict[str, str]:
        value = {
            remove_invisible(name): remove_invisible(text)
            for name, text in super().to_internal_value(data).items()
        }
        if error := limits.extra_error(value):
            raise serializers.ValidationError(error)
        return value


@extend_schema_field(
    {
        "type": "object",
        "properties": {kind: {"type": "string"} for kind in KINDS},
        "additionalProperties": False,
    }
)
class FiguresField(serializers.JSONField):
    """Texts of the source about ratings, by kind of rating."""


class RiskSerializer(RowSerializer):
    category = OrganizationRelatedField(
        queryset=Category.objects.all(), required=False, allow_null=True
    )
    category_name = serializers.CharField(source="category.name", read_only=True)
    owner = MemberField(required=False, allow_null=True)
    assignee = MemberField(required=False, allow_null=True)
    reviewer = MemberField(required=False, allow_null=True)
    source_ratings = FiguresField(
        read_only=True,
        help_text="Scores and levels of the source that are not ours, or stand without a "
        "likelihood and an impact, by kind of rating: 12 High.",
    )
    derived_ratings = FiguresField(
        read_only=True,
        help_text="By kind of rating, the figure of the source that likelihood and impact were "
        "derived from, until someone confirms or changes them: score 12.",
    )
    extra = ExtraField(required=False)
    custom_fields = ObjectField(
        required=False,
        help_text="Values of the organization's own fields by key; see custom-fields. A change "
        "gives those that change, and null to empty one. Filter by custom_fields__<key>, with "
        "__in, __contains, __gte, __lte or __isnull where the type of the field has it.",
    )
    tags = TagsField(required=False)
    assets = OrganizationRelatedListField(queryset=Asset.objects.all(), required=False)
    controls = OrganizationRelatedListField(queryset=Control.objects.all(), required=False)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    comment = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=5000,
        help_text="Why, for the history. Alone, it is posted as a comment.",
    )

    former_members = serializers.ListField(
        child=serializers.ChoiceField(choices=PEOPLE),
        read_only=True,
        help_text="Which of owner, assignee and reviewer are no longer members",
    )

    attached = frozenset({"tags", "assets", "controls", "former_members"})

    class Meta:
        model = Risk
        fields = tuple(FIELD)
        read_only_fields = COMPUTED

    def attach(self, rows: list[dict[str, Any]]) -> None:
        by_id = {row["id"]: row for row in rows}
        for row in rows:
            row.update(tags=[], assets=[], controls=[])
        for risk_id, name, value in read_links(list(by_id)):
            by_id[risk_id][name].append(value)
        people = {row[role] for row in rows for role in PEOPLE} - {None}
        members = member_ids(self.context["organization"], people) if people else set()
        for row in rows:
            row["former_members"] = [r for r in PEOPLE if row[r] and row[r] not in members]


class TransitionSerializer(Serializer):
    """One move from the risk's status; it is open where there are no `reasons` against it."""

    to = serializers.ChoiceField(choices=Status.choices)
    label = serializers.CharField()  # type: ignore[assignment]  # a field of this name
    role = serializers.CharField(help_text="The role that may take it")
    open = serializers.BooleanField()
    reasons = serializers.ListField(child=serializers.CharField())


class TakeTransitionSerializer(Serializer):
    to = serializers.ChoiceField(choices=Status.choices)
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=5000)


class CommentSerializer(Serializer):
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=5000)


class ConfirmRatingsSerializer(CommentSerializer):
    kind = serializers.ChoiceField(choices=KINDS)


class PostponeReviewSerializer(Serializer):
    until = serializers.DateTimeField(
        help_text="At most one review interval from now, and at most 90 days"
    )
    comment = serializers.CharField(max_length=5000, help_text="Why the review can wait")


class CategorySerializer(RowSerializer):
    owner = MemberField(required=False, allow_null=True)

    class Meta:
        model = Category
        fields = (
            "id",
            "name",
            "description",
            "appetite",
            "owner",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "version", "created_at", "updated_at")


@extend_schema_field(
    {
        "type": "array",
        "minItems": SIZES[0],
        "maxItems": SIZES[-1],
        "items": {
            "type": "array",
            "minItems": SIZES[0],
            "maxItems": SIZES[-1],
            "items": {"type": "string", "enum": Level.values},
        },
    }
)
class LevelsField(serializers.JSONField):
    """`levels[likelihood - 1][impact - 1]`"""


class DescriptionsField(serializers.ListField):
    """The meaning of each rating, from the lowest; empty where nothing is described."""

    child = serializers.CharField(max_length=500, allow_blank=True)


def rating_list() -> serializers.ListField:
    rating = serializers.IntegerField(min_value=1, max_value=SIZES[-1])
    return serializers.ListField(
        child=rating, required=False, min_length=SIZES[0], max_length=SIZES[-1]
    )


class RatingMapSerializer(Serializer):
    """The new rating of each present one, in their order: [1, 2, 3, 3, 4]."""

    likelihood = rating_list()
    impact = rating_list()


class MatrixSerializer(RowSerializer):
    levels = LevelsField(required=False)
    likelihood_labels = TagsField(required=False)
    impact_labels = TagsField(required=False)
    likelihood_descriptions = DescriptionsField(required=False)
    impact_descriptions = DescriptionsField(required=False)
    level_descriptions = serializers.DictField(
        child=serializers.CharField(max_length=500, allow_blank=True), required=False
    )
    colours = serializers.DictField(
        child=serializers.RegexField(r"^#[0-9a-fA-F]{6}$", max_length=7), required=False
    )

    mapping = RatingMapSerializer(
        required=False,
        write_only=True,
        help_text="Needed if something is rated outside of a smaller matrix",
    )
    convert_appetites = serializers.BooleanField(
        required=False,
        write_only=True,
        help_text="Let categories keep their share of the highest score",
    )

    class Meta:
        model = Matrix
        fields = (
            "levels",
            "likelihood_labels",
            "impact_labels",
            "likelihood_descriptions",
            "impact_descriptions",
            "level_descriptions",
            "colours",
            "mapping",
            "convert_appetites",
            "version",
            "updated_at",
        )
        read_only_fields = ("version", "updated_at")


class LevelsSerializer(Serializer):
    levels = LevelsField()
    mapping = RatingMapSerializer(required=False)


class MoveSerializer(Serializer):
    to = serializers.CharField()
    count = serializers.IntegerField()

    def get_fields(self) -> dict[str, serializers.Field]:
        return {"from": serializers.CharField(), **super().get_fields()}


class MatrixPreviewSerializer(Serializer):
    changed = serializers.IntegerField()
    moves = MoveSerializer(many=True)


class OperationSerializer(Serializer):
    """One operation of a bulk request; `id` and `version` name the risk for all but create."""

    op = serializers.ChoiceField(choices=("create", "update", "delete", "transition"))
    id = serializers.UUIDField(required=False)
    version = serializers.IntegerField(required=False)
    data = serializers.DictField(  # type: ignore[assignment]
        required=False, default=dict
    )


class CreateOperationSerializer(Serializer):
    op = serializers.ChoiceField(choices=("create",))
    data = RiskSerializer()  # type: ignore[assignment]


class UpdateOperationSerializer(Serializer):
    op = serializers.ChoiceField(choices=("update",))
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    data = RiskSerializer(partial=True)  # type: ignore[assignment]


class DeleteOperationSerializer(Serializer):
    op = serializers.ChoiceField(choices=("delete",))
    id = serializers.UUIDField()
    version = serializers.IntegerField()


class TransitionOperationSerializer(Serializer):
    op = serializers.ChoiceField(choices=("transition",))
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    data = TakeTransitionSerializer()  # type: ignore[assignment]


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="BulkOperation",
        serializers={
            "create": CreateOperationSerializer,
            "update": UpdateOperationSerializer,
            "delete": DeleteOperationSerializer,
            "transition": TransitionOperationSerializer,
        },
        resource_type_field_name="op",
    )
)
class OperationField(serializers.DictField):
    """Operations are parsed one by one, as each has a result of its own."""


class BulkSerializer(Serializer):
    mode = serializers.ChoiceField(choices=("atomic", "partial"), default="atomic")
    operations = serializers.ListField(child=OperationField(), min_length=1, max_length=1000)


class AffectedSerializer(Serializer):
    """The risk of an operation, as far as it is known."""

    id = serializers.UUIDField(required=False, allow_null=True)
    reference = serializers.CharField(required=False)
    version = serializers.IntegerField(required=False)


@extend_schema_field({"$ref": "#/components/schemas/Problem"})
class ProblemField(serializers.DictField):
    """The problem that the operation alone would have been answered with."""


class OutcomeSerializer(Serializer):
    index = serializers.IntegerField()
    status = serializers.IntegerField(help_text="The HTTP status the operation alone would have")
    data = AffectedSerializer()  # type: ignore[assignment]
    problem = ProblemField(allow_null=True)


class BulkResultSerializer(Serializer):
    applied = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = OutcomeSerializer(many=True)


class ChangeSerializer(Serializer):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    model = serializers.CharField()
    object_id = serializers.UUIDField()
    action = serializers.CharField()
    actor = serializers.UUIDField(allow_null=True)
    actor_email = serializers.EmailField(allow_null=True)
    comment = serializers.CharField()
    request_id = serializers.CharField()
    run_id = serializers.UUIDField(allow_null=True)
    changes = ObjectField(
        help_text="field -> [before, after]; empty for a comment of before there were comments"
    )
