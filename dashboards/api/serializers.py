"""The parameters of the figures' endpoints, and the shapes of their answers."""

from datetime import date
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from dashboards.figures.breakdown import GROUPINGS
from dashboards.figures.matrix import KINDS
from dashboards.figures.movement import WAYS
from dashboards.figures.scope import FILTERS, FigureScope
from dashboards.figures.timeline import MOST_DAYS
from dashboards.figures.top_risks import MOST_RISKS
from dashboards.figures.totals import LEVELS
from dashboards.periods import DEFAULT_PERIOD, PERIOD_DAYS
from openrisk.accounts.models import Organization
from openrisk.api.serializers import Serializer
from openrisk.errors import InvalidParameters
from risks.models import Level, MitigationStatus, Status


class DayField(serializers.DateField):
    """A day that leaves room for a period before it."""

    EARLIEST = date(1970, 1, 1)
    default_error_messages = {"early": f"Give a day from {EARLIEST} on."}

    def to_internal_value(self, value: Any) -> date:
        day: date = super().to_internal_value(value)
        if day < self.EARLIEST:
            self.fail("early")
        return day


# --- Parameters -----------------------------------------------------------------------------
class ScopeParameters(Serializer):
    """The risks that a figure covers, and the day (UTC) at whose end it covers them."""

    as_of = DayField(required=False, help_text="Today unless given")
    category = serializers.UUIDField(required=False)
    owner = serializers.UUIDField(required=False)
    tag = serializers.CharField(required=False, max_length=50, help_text="As linked today")
    asset = serializers.UUIDField(required=False, help_text="As linked today")

    @classmethod
    def parse(cls, query: Any, organization: Organization) -> tuple[FigureScope, dict[str, Any]]:
        """Return the scope and the other parameters. Raises InvalidParameters."""
        repeated = {name for name, given in query.lists() if len(given) > 1}
        if repeated:
            raise InvalidParameters({name: ["Give this once."] for name in repeated})
        parameters = cls(data=query.dict())
        if not parameters.is_valid():
            raise InvalidParameters(parameters.errors)
        values = parameters.validated_data
        filters = {name: values.pop(name) for name in ("as_of", *FILTERS) if name in values}
        return FigureScope(organization, **filters), values

    def validate_as_of(self, value: Any) -> Any:
        if value > timezone.now().date():
            raise serializers.ValidationError(
                "This day is in the future. Ask for today or an earlier day."
            )
        return value


class PeriodParameters(ScopeParameters):
    period = serializers.ChoiceField(
        choices=list(PERIOD_DAYS),
        default=DEFAULT_PERIOD,
        help_text="Compared with the one before it",
    )


class MatrixParameters(ScopeParameters):
    kind = serializers.ChoiceField(choices=KINDS, default="current")


class TimelineParameters(ScopeParameters):
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=90)


class TopParameters(ScopeParameters):
    limit = serializers.IntegerField(min_value=1, max_value=MOST_RISKS, default=10)


class BreakdownParameters(ScopeParameters):
    by = serializers.ChoiceField(choices=list(GROUPINGS))


class MovementParameters(ScopeParameters):
    since = DayField(help_text="Compared with the end of this day")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["since"] >= attrs.get("as_of", timezone.now().date()):
            raise serializers.ValidationError(
                {"since": "Give a day before as_of, which is today unless given."}
            )
        return attrs


# --- Answers --------------------------------------------------------------------------------
def nullable_integer(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(allow_null=True, **options)


def object_field(name: str, field: Any, names: Any) -> Any:
    """A serializer with the same field for each name."""
    return type(name, (serializers.Serializer,), {key: field() for key in names})()


def list_url_field() -> serializers.CharField:
    return serializers.CharField(
        allow_null=True, help_text="The list of what is counted; null for a past day"
    )


class DatedSerializer(serializers.Serializer):
    as_of = serializers.DateField()


class StatsSerializer(DatedSerializer):
    """Counts and scores. Null where nothing has been measured."""

    period = serializers.ChoiceField(choices=list(PERIOD_DAYS))
    beginning = serializers.DateField(help_text="First day of the period")
    measured = serializers.BooleanField(help_text="False for an empty register")
    total = nullable_integer()
    open = nullable_integer(help_text="Neither draft nor closed")
    by_level = object_field("StatsByLevel", nullable_integer, LEVELS)
    by_status = object_field("StatsByStatus", nullable_integer, Status.values)
    new = nullable_integer(help_text="Added to the register within the period")
    closed = nullable_integer(help_text="Closed within the period, and still closed")
    exposure = nullable_integer(help_text="Sum of the current scores of open risks")
    average_score = serializers.FloatField(allow_null=True)
    maximum_score = nullable_integer()
    overdue_reviews = nullable_integer()
    overdue_mitigations = nullable_integer()
    mean_days_to_mitigate = serializers.FloatField(allow_null=True)
    change = serializers.DictField(help_text="The same figures, less those of the period before")
    drill_down = serializers.DictField(
        help_text="The lists of what is counted; null for a past day"
    )


class CellSerializer(serializers.Serializer):
    likelihood = serializers.IntegerField()
    impact = serializers.IntegerField()
    count = serializers.IntegerField()
    level = serializers.ChoiceField(choices=Level.choices)
    url = list_url_field()


class HeatMapSerializer(DatedSerializer):
    kind = serializers.ChoiceField(choices=KINDS)
    open = serializers.IntegerField()
    not_assessed = serializers.IntegerField()
    outside = serializers.IntegerField(
        help_text="Rated above the matrix of today, which was larger on that day"
    )
    cells = CellSerializer(many=True)


class DaySerializer(serializers.Serializer):
    date = serializers.DateField()
    low = serializers.IntegerField()
    medium = serializers.IntegerField()
    high = serializers.IntegerField()
    critical = serializers.IntegerField()
    not_assessed = serializers.IntegerField()
    exposure = serializers.IntegerField()


class TimelineSerializer(DatedSerializer):
    measured = serializers.BooleanField()
    days = DaySerializer(many=True)


class TopRiskSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=Status.choices)
    level = serializers.ChoiceField(choices=Level.choices)
    score = serializers.IntegerField()
    priority = serializers.DecimalField(max_digits=5, decimal_places=2)
    treatment = serializers.CharField()
    category_name = serializers.CharField(allow_null=True)
    owner_name = serializers.CharField(allow_null=True)


class TopRisksSerializer(DatedSerializer):
    results = TopRiskSerializer(many=True)


class GroupSerializer(serializers.Serializer):
    key = serializers.CharField(allow_null=True)
    label = serializers.CharField()  # type: ignore[assignment]  # a field of this name
    count = serializers.IntegerField()
    exposure = serializers.IntegerField()
    highest = nullable_integer()
    low = serializers.IntegerField()
    medium = serializers.IntegerField()
    high = serializers.IntegerField()
    critical = serializers.IntegerField()
    not_assessed = serializers.IntegerField()
    url = list_url_field()


class BreakdownSerializer(DatedSerializer):
    by = serializers.ChoiceField(choices=list(GROUPINGS))
    more = serializers.BooleanField(help_text="There are more groups than these")
    results = GroupSerializer(many=True)


class ActionsSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    progress = nullable_integer(help_text="Per cent, floored")


class BurnDownSerializer(serializers.Serializer):
    date = serializers.DateField()
    open = serializers.IntegerField()
    done = serializers.IntegerField()


class MitigationFiguresSerializer(DatedSerializer):
    measured = serializers.BooleanField()
    total = serializers.IntegerField()
    open = serializers.IntegerField(help_text="Neither done nor cancelled")
    by_status = object_field(
        "MitigationsByStatus", serializers.IntegerField, MitigationStatus.values
    )
    due = serializers.DictField(child=serializers.IntegerField(), help_text="Of the open ones")
    actions = ActionsSerializer()
    burn_down = BurnDownSerializer(many=True)
    drill_down = serializers.DictField()


class ReasonSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    comment = serializers.CharField()


class MovedRiskSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    status_before = serializers.CharField(allow_null=True)
    level_before = serializers.CharField(allow_null=True)
    status_after = serializers.CharField(allow_null=True, help_text="null: deleted")
    level_after = serializers.CharField(allow_null=True)
    reasons = ReasonSerializer(many=True)


class MovementSerializer(DatedSerializer):
    since = serializers.DateField()
    counts = object_field("MovementCounts", serializers.IntegerField, WAYS)
    entered = MovedRiskSerializer(many=True)
    left = MovedRiskSerializer(many=True)
    up = MovedRiskSerializer(many=True)
    down = MovedRiskSerializer(many=True)


class FrameworkProgressSerializer(serializers.Serializer):
    framework = serializers.UUIDField()
    name = serializers.CharField(allow_null=True)
    edition = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()
    by_status = serializers.DictField(child=serializers.IntegerField())
    progress = nullable_integer(help_text="Per cent of the applicable controls, floored")
    url = list_url_field()


class ComplianceSerializer(DatedSerializer):
    measured = serializers.BooleanField()
    results = FrameworkProgressSerializer(many=True)


class CategoryAppetiteSerializer(serializers.Serializer):
    category = serializers.UUIDField()
    name = serializers.CharField()
    appetite = serializers.IntegerField()
    state = serializers.ChoiceField(choices=("within", "near", "breached", "unknown"))
    open = serializers.IntegerField()
    highest = nullable_integer()
    above = serializers.IntegerField()
    url = list_url_field()


class AppetiteSerializer(DatedSerializer):
    measured = serializers.BooleanField(help_text="False while no category has an appetite")
    breached = nullable_integer()
    results = CategoryAppetiteSerializer(many=True)


class ExecutiveSerializer(DatedSerializer):
    measured = serializers.BooleanField()
    headline = serializers.CharField()
    stats = StatsSerializer()
    matrix = HeatMapSerializer()
    timeline = TimelineSerializer()
    top_risks = TopRisksSerializer()
    mitigations = MitigationFiguresSerializer()
    appetite = AppetiteSerializer()
    compliance = ComplianceSerializer()
