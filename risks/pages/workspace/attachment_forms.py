"""The forms of files: upload, describe, and attach to risks."""

from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Organization
from openrisk.limits import LINE, LONG_TEXT
from openrisk.pages.comparison import ComparedForm
from openrisk.pages.forms import PageForm, VersionField
from openrisk.server.limits import ATTACHMENT_FILE, ATTACHMENTS_AT_ONCE, MEGABYTE
from risks.models import Attachment
from risks.pages.widgets import RowsField


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or several files, as a list. Empty ones are left for the service to refuse."""

    widget = FilesInput

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_empty_file=True, max_length=None, **options)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, (list, tuple)) else [data] if data else []
        if not files:
            super().clean(None)  # raises, since it is required
        return list(files)


class AttachmentUploadForm(PageForm):
    """Files to upload, with what is said of all of them."""

    service_fields: ClassVar[dict[str, str]] = {"file": "uploads"}

    uploads = FilesField(
        label=_("Files"),
        help_text=_("At most {largest} MB each and {together} MB together"),
    )
    valid_until = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The last day on which they are evidence; may stay empty"),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "upload-%s", **kwargs})
        field = self.fields["uploads"]
        field.help_text = str(field.help_text).format(
            largest=ATTACHMENT_FILE // MEGABYTE, together=ATTACHMENTS_AT_ONCE // MEGABYTE
        )
        field.widget.attrs["data-largest"] = str(ATTACHMENT_FILE)
        field.widget.attrs["data-together"] = str(ATTACHMENTS_AT_ONCE)


class AttachmentForm(ComparedForm, PageForm):
    """Name and description of a file, and how long it is evidence."""

    name = forms.CharField(
        label=_("Name"), max_length=LINE, widget=forms.TextInput({"dir": "auto"})
    )
    valid_until = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The last day on which it is evidence"),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
    )
    version = VersionField()

    def __init__(self, data: Any = None, *, instance: Attachment) -> None:
        names = ("name", "valid_until", "description", "version")
        super().__init__(data, initial={name: getattr(instance, name) for name in names})
        self.keep_chosen()

    def changes(self) -> dict[str, Any]:
        """The fields that differ from the stored ones, as arguments of the service."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}


class AttachmentLinkForm(PageForm):
    """The risks that a file is to be attached to."""

    service_fields: ClassVar[dict[str, str]] = {"target": "risks"}

    risks = RowsField("risks", label=_("Attach to risks"), required=True)

    def __init__(self, data: Any = None, *, organization: Organization) -> None:
        super().__init__(data)
        risks: Any = self.fields["risks"]
        risks.limit_to(organization)
