"""Refusals of services as messages in the admin: a refusal is never a server error."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError

from openrisk.errors import DomainError, StaleVersion

REFUSALS = (ValidationError, DomainError, ProtectedError, IntegrityError)

STALE = (
    "Someone else changed this since you opened the page. What you typed is still here: open the "
    "page again in another tab, compare, and repeat your change there."
)


def as_validation_error(refusal: Exception) -> ValidationError:
    """The same as an error a form can show, by field where the refusal names one."""
    if isinstance(refusal, ValidationError):
        return refusal
    if isinstance(refusal, StaleVersion):
        return ValidationError(STALE)
    if isinstance(refusal, DomainError):
        return ValidationError(list(refusal.reasons))
    if isinstance(refusal, ProtectedError):
        return ValidationError("Other rows still need this one. Remove or change those first.")
    return ValidationError("Another change at the same moment conflicts. Look again and repeat.")


def refusal_sentence(refusal: Any) -> str:
    """The refusal in one line, for lists of what did not work."""
    return " ".join(as_validation_error(refusal).messages)
