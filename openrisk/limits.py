"""Limits on the length of what people write, and the reasons.

The one table that models, API, schema, forms, imports and connectors read. What was longer before
there was a limit stays readable and exportable; it can be made shorter, not longer.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator

LONG_TEXT = 20_000  # description, justification and the like, and one value of `extra`
COMMENT = 5_000
REVIEW = 2_000
LINE = 255  # a title, a name, a host name
EXTRA_VALUES = 500  # of one risk
EXTRA_CHARACTERS = 50_000  # of one risk, names and values together
CONFIGURATION = 100_000  # of an app, as JSON

REASONS = {
    LONG_TEXT: "fits into a cell of a workbook (32,767) and into the search index, and keeps the "
    "largest page of a list small",
    COMMENT: "a reason in the history, read in one screen",
    REVIEW: "read in one screen",
    1000: "an address, a place or a password; longer ones are mistakes",
    500: "a title as scanners and frameworks write it",
    LINE: "one line of a table",
    254: "the longest address that e-mail has",
    150: "one line of a table",
    100: "a name that fits into a column",
}
DEFAULT_REASON = "a word or a code"


def reason_for(length: int) -> str:
    """The reason for a limit, for the schema."""
    return f"At most {length:,} characters: {REASONS.get(length, DEFAULT_REASON)}."


def allow_present_lengths(form: forms.BaseForm, present: Mapping[str, Any]) -> None:
    """Let a form keep a text that was longer before there was a limit: it may stay or shrink."""
    for name, text in present.items():
        field: Any = form.fields.get(name)
        limit = getattr(field, "max_length", None)
        if isinstance(text, str) and limit and len(text) > limit:
            field.max_length = len(text) + text.count("\n")  # browsers send two for a new line
            field.widget.attrs["maxlength"] = str(field.max_length)
            field.validators = [
                MaxLengthValidator(field.max_length) if isinstance(v, MaxLengthValidator) else v
                for v in field.validators
            ]


def extra_error(extra: dict[str, Any]) -> str:
    """The limit that the imported columns of a risk exceed; empty where nothing is."""
    if len(extra) > EXTRA_VALUES:
        return f"A risk keeps at most {EXTRA_VALUES} columns of its own; here are {len(extra)}."
    for name, value in extra.items():
        if len(name) > LINE:
            return f"The name {name[:50]}… has {len(name)} characters; {LINE} are allowed."
        if len(str(value)) > LONG_TEXT:
            return f"{name[:50]} has {len(str(value)):,} characters; {LONG_TEXT:,} are allowed."
    total = sum(len(name) + len(str(value)) for name, value in extra.items())
    if total > EXTRA_CHARACTERS:
        return f"All extra values together have {total:,} characters; {EXTRA_CHARACTERS:,} fit."
    return ""
