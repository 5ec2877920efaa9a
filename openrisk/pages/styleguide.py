"""`/styleguide/`: every component with the markup that makes it, for people who write pages."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from openrisk.pages.forms import PageForm
from openrisk.pages.guards import superuser_required


@dataclass(frozen=True)
class Tab:
    """A tab of a page (`components/tabs.html`); `count` is shown unless it is None."""

    label: str
    url: str
    is_current: bool = False
    count: int | None = None


class SampleForm(PageForm):
    """One field of each kind, with an error."""

    name = forms.CharField(help_text=_("As people know it"))
    level = forms.ChoiceField(choices=[("low", "Low"), ("high", "High")])
    due = forms.DateField(widget=forms.DateInput({"type": "date"}))
    note = forms.CharField(required=False, widget=forms.Textarea({"rows": 3}))
    tags = forms.MultipleChoiceField(
        required=False,
        choices=[("ward", "ward"), ("backup", "backup")],
        widget=forms.CheckboxSelectMultiple,
    )


@require_safe
@superuser_required
def styleguide(request: HttpRequest) -> HttpResponse:
    form = SampleForm({"name": "", "level": "high", "due": "2026-12-24", "tags": ["ward"]})
    form.is_valid()
    context: dict[str, Any] = {
        "form": form,
        "tabs": [
            Tab("Overview", "#tabs", is_current=True),
            Tab("Treatment", "#tabs", count=2),
            Tab("Activity", "#tabs", count=14),
        ],
        "people": ["Ada Lovelace", "Grace Hopper", "alan.turing@example.com"],
        "toast": Message(constants.SUCCESS, "Risk R-0001 created."),
        "colours": ("bg", "surface", "hover", "border", "text", "muted", "accent", "accent-soft"),
        "levels": (("low", 3), ("medium", 8), ("high", 12), ("critical", 20), (None, None)),
    }
    return render(request, "styleguide.html", context)
