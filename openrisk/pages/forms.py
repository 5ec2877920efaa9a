"""Forms of pages: a refusal of a service is shown in the form it came from."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from openrisk.errors import Conflict, DomainError, FileTooLarge, StaleVersion

STALE = _("Someone else changed this since you opened the page. Compare, then try again.")
REFUSALS = (ValidationError, DomainError)
# The HTTP status of a page that shows the refusal; 400 for any other.
STATUS = {Conflict: 409, StaleVersion: 412, FileTooLarge: 413}


class PageForm(forms.Form):
    """`add_refusal` shows an error beside its field, or above the form where it has no such field.

    `service_fields` names the form's field for each field that the service calls otherwise.
    """

    service_fields: ClassVar[Mapping[str, str]] = {}

    def add_refusal(self, refusal: Exception) -> None:
        for name, texts in reasons_by_field(refusal).items():
            field = self.service_fields.get(name, name)
            is_visible = field in self.fields and not self[field].is_hidden
            for text in texts:
                self.add_error(field if is_visible else None, text)

    def show_version(self, version: int) -> None:
        """Let what was typed be sent again, for the row as it is now."""
        data = cast(QueryDict, self.data).copy()
        data["version"] = str(version)
        self.data = data

    def problems(self) -> list[str]:
        """Errors of the form as a whole, and of its hidden fields."""
        unseen = [str(error) for field in self.hidden_fields() for error in field.errors]
        return [*(str(error) for error in self.non_field_errors()), *unseen]


def reasons_by_field(refusal: Exception) -> dict[str, list[str]]:
    """The messages of a refusal, by the service's name of the field; "" for all of it."""
    if isinstance(refusal, ValidationError):
        return (
            dict(refusal.message_dict) if hasattr(refusal, "error_dict") else {"": refusal.messages}
        )
    if isinstance(refusal, StaleVersion) and refusal.reasons == (StaleVersion.default_reason,):
        return {"": [str(STALE)]}
    return {"": list(refusal.reasons) if isinstance(refusal, DomainError) else [str(refusal)]}


def refusal_sentence(refusal: Exception) -> str:
    """The refusal in one line."""
    return " ".join(text for texts in reasons_by_field(refusal).values() for text in texts)


def status_of(refusal: Exception) -> int:
    """The HTTP status of a page that shows this refusal."""
    return next((code for kind, code in STATUS.items() if isinstance(refusal, kind)), 400)


def parse_version(text: str) -> int:
    """The version that the page showed; nonsense matches none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


class VersionField(forms.Field):
    widget = forms.HiddenInput

    def clean(self, value: Any) -> int:
        return parse_version(str(value or ""))


class StepForm(PageForm):
    """A change of state with its reason. The reason is a text area: Enter begins a line there, and
    never takes the step."""

    version = VersionField()
    comment = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Shown in the history"),
    )

    def __init__(self, key: str, version: int, data: Any = None) -> None:
        super().__init__(data, auto_id=f"{key}-%s", initial={"version": version})
        self.key = key

    def show_version(self, version: int) -> None:
        """Let the same form, with what was typed, be sent again for the row as it is now."""
        data = QueryDict(mutable=True)
        data.update({"comment": self.data.get("comment", ""), "version": str(version)})
        self.data = data
