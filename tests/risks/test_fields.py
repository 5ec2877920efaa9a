"""The table of a risk's fields agrees with the model, and every reader takes its fields from it."""

from risks.api.filters import RiskFilterSet
from risks.api.serializers.risks import RiskSerializer
from risks.fields import COMPUTED, EXPORT_COLUMNS, FIELD, FIELDS, Kind, field_names
from risks.models import Risk

NOT_SHOWN = {"organization", "number"}  # the caller's own, and a part of the reference
NO_COLUMN = {"former_members", "category_name", "tags", "assets", "controls", "comment"}


def test_every_column_has_a_row_and_every_row_a_column():
    columns = {field.name for field in Risk._meta.concrete_fields}
    assert columns - NOT_SHOWN == FIELD.keys() - NO_COLUMN


def test_names_are_unique():
    assert len(FIELD) == len(FIELDS)


def test_serializer_shows_all_fields_in_order_and_computes_the_computed_ones():
    fields = RiskSerializer().fields
    assert list(fields) == list(FIELD)
    assert {name for name, field in fields.items() if field.read_only} == set(COMPUTED)


def test_filters_are_the_lookups_of_the_table():
    filters = RiskFilterSet.base_filters
    assert "status__in" in filters
    assert "priority__gte" in filters
    assert not any(name.startswith("title") for name in filters)


def test_export_begins_with_what_names_the_risk():
    assert EXPORT_COLUMNS[:3] == ("reference", "external_id", "source_name")
    assert set(EXPORT_COLUMNS) == set(field_names(exportable=True)) - {"extra"}


def test_selection_is_by_kind_and_by_attribute():
    assert field_names(Kind.PERSON) == ("owner", "assignee", "reviewer")
    assert field_names(Kind.TEXT, in_list=True) == ("title", "description")
    assert FIELD["review_interval_days"].title == "Review interval (days)"
    assert FIELD["owner_name"].title == "Owner name"
