"""What services refuse, as a sentence for a page."""

from django.core.exceptions import ValidationError
from rest_framework.exceptions import APIException

from openrisk.api.problems import Conflict

REFUSALS = (APIException, ValidationError)


def told(refusal: Exception) -> str:
    if isinstance(refusal, Conflict):
        return " ".join(refusal.reasons)
    if isinstance(refusal, ValidationError):
        return " ".join(refusal.messages)
    return str(getattr(refusal, "detail", refusal))
