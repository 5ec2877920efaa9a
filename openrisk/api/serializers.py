"""Serializers read rows (dicts from `QuerySet.values()`), not instances: lists cost a fifth.

Input goes through Django REST framework as usual; unknown and read-only fields are refused.
"""

from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from openrisk.accounts.models import Organization, User


def _refuse_unknown(serializer: serializers.BaseSerializer[Any], data: Any) -> None:
    """Fields that the endpoint does not write are errors: silence would look like success."""
    fields: dict[str, serializers.Field] = serializer.fields  # type: ignore[attr-defined]
    errors = {}
    for name in data if isinstance(data, dict) else ():
        field = fields.get(name)
        if field is None:
            known = ", ".join(n for n, f in fields.items() if not f.read_only)
            errors[name] = [f"Unknown field. Known ones: {known}."]
        elif field.read_only:
            errors[name] = ["This field is computed and cannot be set. Leave it out."]
    if errors:
        raise serializers.ValidationError(errors)


@extend_schema_field({"type": "object", "additionalProperties": True})
class ObjectField(serializers.JSONField):
    """A JSON object."""

    default_error_messages = {"object": "Write a JSON object."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value = super().to_internal_value(data)
        if not isinstance(value, dict):
            self.fail("object")
        return value


class Serializer(serializers.Serializer):
    """For actions and commands, which have no row of their own."""

    def to_internal_value(self, data: Any) -> Any:
        _refuse_unknown(self, data)
        return super().to_internal_value(data)


class RowSerializer(serializers.ModelSerializer):
    """Represents rows by name: each field's `source` is a path for `values()`.

    The fields named in `attached` have no column: `attach` adds them to all rows of a page.
    """

    attached: frozenset[str] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        _refuse_unknown(self, data)
        return super().to_internal_value(data)

    def get_fields(self) -> dict[str, serializers.Field]:
        """Fields may be null, or empty, wherever a column on their path may be."""
        fields: dict[str, serializers.Field] = super().get_fields()
        for name, field in fields.items():
            if field.read_only and name not in self.attached:
                columns = _columns(self.Meta.model, (field.source or name).split("."))
                field.allow_null |= any(column.null for column in columns)
                if isinstance(field, serializers.ChoiceField):
                    field.allow_blank |= any(column.blank for column in columns[-1:])
        return fields

    def get_unique_together_validators(self) -> list[Any]:
        """None: services check uniqueness, under the lock that makes the answer hold."""
        return []

    def row_paths(self) -> list[str]:
        """The `values()` paths that this serializer needs; `id` for what is attached."""
        return sorted({"id", *(path for _, path in self._paths() if path not in self.attached)})

    def attach(self, rows: list[dict[str, Any]]) -> None:
        """Add the `attached` fields to all rows, with one query per field."""

    def represent(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.attach(rows)
        paths = self._paths()
        return [{name: row[path] for name, path in paths} for row in rows]

    @classmethod
    @cache
    def _paths(cls) -> list[tuple[str, str]]:
        """(name, path) of each field shown; kept, since building the fields costs milliseconds."""
        return [
            (name, "__".join(field.source_attrs))
            for name, field in cls().fields.items()
            if not field.write_only
        ]


def _columns(model: type[Model], path: list[str]) -> list[Any]:
    """The columns that one meets when following `path` from a row; none for an annotation."""
    columns: list[Any] = []
    for name in path:
        try:
            columns.append(model._meta.get_field(name))
        except FieldDoesNotExist:
            return []
        model = columns[-1].related_model
    return columns


class _Scoped(serializers.PrimaryKeyRelatedField):
    """A related row of the caller's organization; any other one "does not exist"."""

    default_error_messages = {
        "does_not_exist": "No such row in your organization: {pk_value}.",
        "incorrect_type": "Write the id (a UUID) as a string.",
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("incorrect_type")
        try:
            return super().to_internal_value(data)
        except (ValueError, DjangoValidationError):
            self.fail("does_not_exist", pk_value=data[:50])

    @property
    def scope(self) -> Organization:
        return self.context["organization"]


class OrganizationRelatedField(_Scoped):
    def get_queryset(self) -> QuerySet[Any]:
        queryset: Any = super().get_queryset()
        return queryset.for_organization(self.scope)


class OrganizationRelatedListField(serializers.ListField):
    """Ids of rows of the caller's organization, looked up with one query for all of them."""

    child = serializers.UUIDField()

    def __init__(self, *, queryset: QuerySet[Any], **kwargs: Any) -> None:
        self.queryset: Any = queryset
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        ids = super().to_internal_value(data)
        rows = self.queryset.for_organization(self.context["organization"]).in_bulk(ids)
        missing = {
            index: [ErrorDetail(f"No such row in your organization: {pk}.", "does_not_exist")]
            for index, pk in enumerate(ids)
            if pk not in rows
        }
        if missing:
            raise serializers.ValidationError(missing)  # type: ignore[arg-type]  # an index is a key too
        return list(rows.values())


class MemberField(_Scoped):
    """A user who is a member of the caller's organization."""

    default_error_messages = {"does_not_exist": "No such member of your organization: {pk_value}."}

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs.setdefault("queryset", User.objects.all())
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        return User.objects.filter(memberships__organization=self.scope)
