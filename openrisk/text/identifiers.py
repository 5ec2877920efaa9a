"""Identifiers of controls, such as A.5.10 or AC-2(1): their natural order, and their section."""

import re
from collections.abc import Callable
from typing import Any

from django.db import models

from openrisk.text.names import name_key

DIGITS = 6  # to which numbers are filled up, so that texts sort as numbers do
_PARTS = re.compile(r"\d+|[^\W\d_]+")
_ENHANCEMENT = re.compile(r"\(.*")
_LAST_NUMBER = re.compile(r"(.*?)[\W_]*\d+[a-z]?")


def natural_key(identifier: str) -> str:
    """Return a text that sorts A.5.10 after A.5.9, without the signs that collations skip."""
    parts = _PARTS.findall(name_key(identifier))
    return " ".join(part.zfill(DIGITS) if part.isdigit() else part for part in parts)


def section_of(identifier: str) -> str:
    """Return what stands before the last number: A.5 for A.5.1, AC for AC-2 and AC-2(1)."""
    match = _LAST_NUMBER.fullmatch(_ENHANCEMENT.sub("", identifier).strip())
    return match[1] if match else ""


class IdentifierField(models.TextField):
    """A text that follows from the column `identifier`, written by save() and bulk_create()."""

    def __init__(self, compute: Callable[[str], str] = natural_key, **kwargs: Any) -> None:
        self.compute = compute
        super().__init__(**{"editable": False, **kwargs})

    def clean(self, value: Any, model_instance: Any) -> str:
        return self.compute(model_instance.identifier)

    def pre_save(self, model_instance: Any, add: bool) -> str:
        value = self.compute(model_instance.identifier)
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        """As Django's own field: migrations are about columns."""
        name, _, _, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", [], kwargs
