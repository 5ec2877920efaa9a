"""SQL on the JSON of custom fields.

On PostgreSQL the condition that a risk has a value is answered by an index on the whole JSON, which
exists for any field that an organization may add.
"""

import json
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    DecimalField,
    ExpressionWrapper,
    F,
    Func,
    JSONField,
    TextField,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce, NullIf

from risks.custom_fields.values import DECIMAL_PLACES, NUMBERS
from risks.models import CustomField

COLUMN = "custom_fields"


class HasValue(Func):
    """Condition: the field `key` has `value`, or a list that `value` is one of."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, key: str, value: Any, *, in_list: bool = False, column: str = COLUMN):
        super().__init__(F(column))
        self.key, self.value, self.in_list = key, value, in_list

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:  # type: ignore[override]
        column, parameters = compiler.compile(self.source_expressions[0])
        if connection.vendor == "postgresql":
            contained = {self.key: [self.value] if self.in_list else self.value}
            return f"{column} @> %s::jsonb", [*parameters, json.dumps(contained)]
        value = self.value
        if isinstance(value, int):  # or a bool
            value = int(value) if abs(value) < 2**63 else float(value)
        path = f"$.{self.key}"
        each = f"EXISTS (SELECT 1 FROM json_each({column}, %s) WHERE value = %s)"  # noqa: S608
        return each, [*parameters, path, value]


class WithKey(Func):
    """The JSON with the field `key` set to `value`, or without it where that is None."""

    output_field = JSONField()

    def __init__(self, key: str, value: Any, column: str = COLUMN):
        super().__init__(F(column))
        self.key, self.value = key, value

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:  # type: ignore[override]
        column, parameters = compiler.compile(self.source_expressions[0])
        if connection.vendor == "postgresql":
            if self.value is None:
                return f"{column} - %s::text", [*parameters, self.key]
            return f"{column} || %s::jsonb", [*parameters, json.dumps({self.key: self.value})]
        path = f"$.{self.key}"
        if self.value is None:
            return f"json_remove({column}, %s)", [*parameters, path]
        return f"json_set({column}, %s, json(%s))", [*parameters, path, json.dumps(self.value)]


def text_of(key: str) -> Combinable:
    """Return the expression for a value as text; null without one."""
    # Alone, what it is compared with would be taken for JSON.
    return ExpressionWrapper(KeyTextTransform(key, COLUMN), output_field=TextField())


def number_of(key: str) -> Combinable:
    return Cast(NullIf(text_of(key), Value("")), output_field=_number())


def order_of(field: CustomField) -> Combinable:
    """Return the expression to sort by: risks without a value are below all others."""
    if field.kind in NUMBERS:
        return Coalesce(number_of(field.key), Value(-(10**15)), output_field=_number())
    return Coalesce(text_of(field.key), Value(""), output_field=CharField())


def stored_value(key: str) -> Combinable:
    """Return the expression for a value as it is stored, for `values()`."""
    return KeyTransform(key, COLUMN)


def _number() -> DecimalField:
    return DecimalField(max_digits=20, decimal_places=DECIMAL_PLACES)
