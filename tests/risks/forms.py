"""Filling in the forms of the admin as a browser would."""

from typing import Any

from django.forms import MultiWidget


def filled(response: Any, **changes: Any) -> dict[str, Any]:
    """What a browser would send from the page, with `changes` typed in."""
    data = _values(response.context["adminform"].form)
    for inline in response.context["inline_admin_formsets"]:
        data |= _values(inline.formset.management_form)
        for form in inline.formset.forms:
            data |= _values(form)
    return {**data, **changes}


def _values(form: Any) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for bound in form:
        value, widget = bound.value(), bound.field.widget
        if isinstance(widget, MultiWidget):
            for index, part in enumerate(widget.decompress(value)):
                data[f"{bound.html_name}_{index}"] = "" if part is None else str(part)
        elif value is not False:
            nothing: Any = [] if getattr(widget, "allow_multiple_selected", False) else ""
            data[bound.html_name] = nothing if value is None else value
    return data


def said(response: Any) -> str:
    """The messages of the page, in one text."""
    return " ".join(str(message) for message in response.context["messages"])
