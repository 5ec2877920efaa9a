"""Fields of models for what people write: clean and bounded, on every path to the database."""

from typing import Any

from django.core.validators import MaxLengthValidator
from django.db import models

from openrisk.limits import LONG_TEXT
from openrisk.text.cleaning import remove_invisible


class CleanText(models.Field):
    """A text without signs that no one sees, whether a form, bulk_create() or update() writes it.

    To migrations it is the field of Django that it extends.
    """

    def to_python(self, value: Any) -> Any:
        return clean(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return clean(super().get_prep_value(value))

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{self.get_internal_type()}", args, kwargs


def clean(value: Any) -> Any:
    """Return a text without signs that no one sees; anything else as it is."""
    return remove_invisible(value) if isinstance(value, str) else value


class LineField(CleanText, models.CharField):
    """One line: a title, a name, an identifier."""


class LongTextField(CleanText, models.TextField):
    """A text of at most LONG_TEXT characters; to the database it is a text as any other."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", LONG_TEXT)
        super().__init__(**kwargs)
        self._validators.append(MaxLengthValidator(LONG_TEXT))  # type: ignore[attr-defined]

    def deconstruct(self) -> Any:
        """As Django's own: migrations are about columns, and this one has no length."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_length", None)
        kwargs.pop("validators", None)
        return name, path, args, kwargs
