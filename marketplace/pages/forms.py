"""A form for the configuration of a connector, made from its JSON Schema."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.models import InstalledApp, SyncMode
from marketplace.registry import connector_of
from openrisk.pages.forms import PageForm


class ConfigurationForm(PageForm):
    """Takes what people type; the services check it.

    A secret is never shown: an empty field keeps it. So does a masked address that is sent back.
    """

    use_required_attribute = False

    def __init__(self, app: InstalledApp, stored: set[str], data: Any = None) -> None:
        super().__init__(data, auto_id="setting-%s")
        self.connector = connector_of(app)
        self.stored = stored
        for name, part in self.connector.schema.get("properties", {}).items():
            self.fields[name] = self._build_field(
                name, part, app.settings.get(name, part.get("default"))
            )

    def _build_field(self, name: str, part: dict[str, Any], present: Any) -> forms.Field:
        needed = name in self.connector.schema.get("required", ())
        about = {
            "label": part.get("title", name),
            "help_text": part.get("description", ""),
            "required": needed and name not in self.stored,
            "initial": present,
        }
        if part.get("writeOnly"):
            if name in self.stored:
                current = f" ({present})" if part.get("format") == "uri" and present else ""
                about["help_text"] = f"It is set{current}. Leave this empty to keep it."
            widget = forms.PasswordInput(attrs={"autocomplete": "off"})
            return forms.CharField(**about | {"initial": None}, widget=widget)
        return field_for_type(part, about)

    def typed_configuration(self) -> dict[str, Any]:
        """The values for the services. Empty ones are left out, so that secrets stay."""
        return {n: v for n, v in self.cleaned_data.items() if v not in ("", None, [])}


class _JsonField(forms.CharField):
    """A JSON object as text."""

    widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else json.dumps(value, indent=1)

    def to_python(self, value: Any) -> Any:
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise forms.ValidationError(
                _('Write a JSON object, as in {"title": "name"}.')
            ) from None


def field_for_type(part: dict[str, Any], about: dict[str, Any]) -> forms.Field:
    kind = part.get("type")
    if kind == "boolean":
        return forms.BooleanField(**about | {"required": False})
    if kind == "object":
        return _JsonField(**about)
    if kind == "array":
        choices = [(value, value) for value in part["items"]["enum"]]
        return forms.MultipleChoiceField(
            **about, choices=choices, widget=forms.CheckboxSelectMultiple
        )
    if "enum" in part:
        choices = [("", "Choose …"), *((value, value.capitalize()) for value in part["enum"])]
        return forms.ChoiceField(**about, choices=choices)
    return forms.CharField(**about, max_length=2000)


class ScheduleForm(PageForm):
    cron = forms.CharField(
        label=gettext_lazy("When"),
        required=False,
        max_length=100,
        help_text=gettext_lazy(
            "Minute, hour, day, month and weekday in UTC: 0 5 * * * is daily at 05:00. "
            "Empty for never by itself."
        ),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("Then"),
        choices=[
            (SyncMode.APPLY.value, "Import what it finds"),
            (SyncMode.PREVIEW.value, "Only preview it"),
        ],
    )


class SyncForm(PageForm):
    mode = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=[
            (SyncMode.PREVIEW.value, "Preview: show what would change"),
            (SyncMode.APPLY.value, "Import now"),
        ],
    )
    file = forms.FileField(label=gettext_lazy("Report"), required=False)


class InstallForm(PageForm):
    name = forms.CharField(
        max_length=100,
        help_text=gettext_lazy("Imported items keep this source name; it cannot be changed later."),
    )


class PackForm(PageForm):
    file = forms.FileField(
        label=gettext_lazy("Pack"), widget=forms.FileInput(attrs={"accept": ".zip"})
    )
    allow_unsigned = forms.BooleanField(
        required=False,
        label=gettext_lazy("Install it although no trusted publisher has signed it"),
        help_text=gettext_lazy("Only if you know where it is from."),
    )
