"""The refusal of a file, as an error of the field `file`."""

from django.core.exceptions import ValidationError


def refuse_file(reason: str) -> ValidationError:
    """Return the error, to be raised."""
    return ValidationError({"file": [reason]})
