"""The forms of assets: all fields, one of them, and a dependency."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Organization
from openrisk.limits import LONG_TEXT
from openrisk.pages.comparison import ComparedForm
from openrisk.pages.forms import PageForm, VersionField
from risks.models import Asset, AssetType, Criticality, DependencyKind
from risks.pages.widgets import RowsField

COLUMNS = (
    *("name", "description", "type", "criticality", "owner"),
    *("external_id", "hostnames", "addresses"),
)
MOST_LINES, LONGEST_LINE = 200, 255


class NameLinesField(forms.CharField):
    """A list of names, one on each line; compared as a set."""

    widget = forms.Textarea({"rows": 3, "dir": "auto"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (super().to_python(value) or "").splitlines()
        return [text for line in lines if (text := line.strip())]

    def run_validators(self, value: Any) -> None:
        if len(value) > MOST_LINES or any(len(line) > LONGEST_LINE for line in value):
            raise forms.ValidationError(
                gettext("Enter at most %(most)s lines of at most %(length)s characters each.")
                % {"most": MOST_LINES, "length": LONGEST_LINE}
            )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(initial or ()) != set(self.to_python(data))


class EditAssetForm(ComparedForm, PageForm):
    """The fields of an asset, or only those of `names`; `instance` is None for a new one."""

    name = forms.CharField(
        label=_("Name"), max_length=255, widget=forms.TextInput({"dir": "auto", "autofocus": True})
    )
    type = forms.ChoiceField(label=_("Type"), choices=AssetType.choices, initial=AssetType.OTHER)
    criticality = forms.ChoiceField(
        label=_("Criticality"),
        choices=Criticality.choices,
        initial=Criticality.MEDIUM,
        help_text=_("Raises the priority of the risks that threaten this asset"),
    )
    owner = RowsField("people", multiple=False, label=_("Owner"))
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
    )
    external_id = forms.CharField(
        label=_("External id"),
        required=False,
        max_length=255,
        help_text=_("Its id in the inventory it comes from"),
    )
    hostnames = NameLinesField(label=_("Hostnames"), required=False, help_text=_("One per line"))
    addresses = NameLinesField(
        label=_("Network addresses"),
        required=False,
        help_text=_("One per line; scanners find the asset by them"),
    )
    version = VersionField()

    def __init__(
        self,
        data: Any = None,
        *,
        organization: Organization,
        instance: Asset | None = None,
        names: Sequence[str] = COLUMNS,
    ) -> None:
        super().__init__(data, initial=stored_fields(instance) if instance else {})
        owner: Any = self.fields["owner"]
        owner.limit_to(organization)
        owner.present = instance.owner if instance else None
        self.fields = {
            name: field for name, field in self.fields.items() if name in (*names, "version")
        }

    def changes(self) -> dict[str, Any]:
        """Return the fields that differ from the stored ones, as arguments of the services."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}


def stored_fields(asset: Asset) -> dict[str, Any]:
    return {name: getattr(asset, name) for name in (*COLUMNS, "version")}


class DependencyForm(PageForm):
    """A dependency of the asset of the page, on another asset or of another asset on it."""

    key = "dependency"
    service_fields = {"target": "other", "asset": "other"}
    direction = forms.ChoiceField(
        label=_("This asset"),
        choices=[
            *DependencyKind.choices,
            *(
                (f"inverse-{value}", label)
                for value, label in (
                    (DependencyKind.DEPENDS_ON.value, _("Is needed by")),
                    (DependencyKind.RUNS_ON.value, _("Runs")),
                )
            ),
        ],
    )
    other = RowsField("assets", multiple=False, required=True, label=_("The other asset"))

    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(data, auto_id="dependency-%s")
        field: Any = self.fields["other"]
        field.limit_to(organization, may_create=True)

    def as_fields(self, asset: Asset) -> dict[str, Any]:
        """Return the arguments of the service: the asset that depends comes first."""
        direction, other = self.cleaned_data["direction"], self.cleaned_data["other"]
        kind = direction.removeprefix("inverse-")
        if direction.startswith("inverse-"):
            return {"asset": other, "target": asset, "kind": kind}
        return {"asset": asset, "target": other, "kind": kind}
