"""Filling in the forms of the admin as a browser would."""

from typing import Any

from django.contrib.messages import get_messages
from django.forms import MultiWidget
from django.urls import reverse


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
            for index, part in enumerate(widget.decompress(value) or ()):
                data[f"{bound.html_name}_{index}"] = "" if part is None else str(part)
        elif value is not False:
            nothing: Any = [] if getattr(widget, "allow_multiple_selected", False) else ""
            data[bound.html_name] = nothing if value is None else value
    return data


def said(response: Any) -> str:
    """What the page, or the next one, tells the person, in one text."""
    texts = [str(message) for message in get_messages(response.wsgi_request)]
    if response.context and "adminform" in response.context:
        texts += response.context["adminform"].form.non_field_errors()
    return " ".join(texts)


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def page(row, name="change"):
    return url(row, name, row.pk)


def change(client, row, **changes):
    return client.post(page(row), filled(client.get(page(row)), **changes))


def step(client, row, name, reason="", **typed):
    """Press the button of a step on the form of `row`, and say yes where that is asked."""
    shown = client.get(page(row))
    form = filled(shown, _step=name, step_comment=reason, **typed)
    return client.post(page(row), {**form, **shown.context["step_inputs"], "confirmed": "yes"})


def press(client, row, name):
    """The button of a step on a page without a form, and yes where that is asked."""
    return client.post(page(row, "step"), {"step": name, "confirmed": "yes"})


def act(client, name, rows, model="risk", **answers):
    data = {"action": name, "_selected_action": [str(row.pk) for row in rows], **answers}
    return client.post(f"/admin/risks/{model}/", data)
