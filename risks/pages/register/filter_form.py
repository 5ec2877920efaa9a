"""The form of the filters above the list of risks."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from risks.models import Level, Status, Treatment
from risks.pages.register.listing import Listing


class FastSelect(forms.Select):
    """Renders its options itself; a template for each option took half the time of a page."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        selected = self.format_value(value)
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            (
                (key, mark_safe(" selected") if str(key) in selected else "", label)
                for key, label in self.choices
            ),
        )
        attributes = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        return format_html("<select{}>\n{}\n</select>", attributes, options)


class FilterForm(forms.Form):
    """The filters above the list, filled with those of `listing`, which has checked them."""

    search = forms.CharField(
        max_length=200,
        widget=forms.TextInput({"type": "search", "placeholder": "Words or R-0001"}),
    )
    status = forms.ChoiceField(choices=[("", "Any"), *Status.choices], widget=FastSelect)
    current_level = forms.ChoiceField(
        label="Level", choices=[("", "Any"), *Level.choices], widget=FastSelect
    )
    category = forms.ChoiceField(widget=FastSelect)
    owner = forms.ChoiceField(widget=FastSelect)
    treatment = forms.ChoiceField(choices=[("", "Any"), *Treatment.choices], widget=FastSelect)
    tag = forms.CharField(max_length=50)
    asset = forms.ChoiceField(widget=FastSelect)
    open = forms.BooleanField(label="Open only")
    review_overdue = forms.BooleanField(label="Review overdue")
    current_level__isnull = forms.BooleanField(label="Not assessed")

    use_required_attribute = False
    FLAGS = ("open", "review_overdue", "current_level__isnull")

    def __init__(self, listing: Listing) -> None:
        initial: dict[str, Any] = {"search": listing.search, **listing.filters}
        for name in listing.choices:
            initial[name] = str(listing.cleaned.get(name) or "")
        for name in self.FLAGS:
            initial[name] = initial.get(name) == "true"
        super().__init__(initial=initial, auto_id="filter-%s")
        for name in self.FLAGS:
            self.fields[name].widget.attrs["value"] = "true"
        for name, choices in listing.choices.items():
            self.fields[name].choices = [("", "Any"), *choices]  # type: ignore[attr-defined]
