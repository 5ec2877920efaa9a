"""Choices of a person about a file: its columns, texts, sheet and dates, as options of reading.

A select counts only where it differs from what the page showed (`shown`), so that two people who
change different columns do not undo each other's choice.
"""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.pages.forms import PageForm
from openrisk.server.limits import REGISTER_FILE
from risks.fields import LEAVE_OUT
from risks.models import ImportRun, Status
from risks.models.risk import Treatment
from risks.pages.imports.columns import AUTOMATIC, EXTRA, ColumnChoice
from risks.registers.continuation import MAX_SOURCE_NAME
from risks.registers.options import OTHER_KINDS, ReadingOptions

ORDERS = {None: "", True: "yes", False: "no"}
WORDS = {*Status.values, *Treatment.values}
# Another sheet, header or encoding has other columns: what was chosen for these ends with it.
OF_THE_TABLE = ("sheet", "header_row", "encoding")
MAX_SHOWN = 500_000  # characters


class UploadRegisterForm(PageForm):
    """A file, and the source that it is from."""

    use_required_attribute = False  # its only field
    service_fields = {"options": "file"}

    file = forms.FileField(
        label=gettext_lazy("Choose your register, or drop it here"),
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".csv,.xlsx,.xlsm,.txt,.tsv"}),
        help_text=gettext_lazy("CSV or XLSX, at most 20 MB and 100,000 rows"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "upload-%s", **kwargs})
        for name in ("data-largest", "data-together"):
            self.fields["file"].widget.attrs[name] = str(REGISTER_FILE)


class ReadingForm(PageForm):
    """Reading of a file. The selects of columns and texts are drawn by `columns`."""

    source_name = forms.CharField(
        label=gettext_lazy("Source name"),
        required=False,
        max_length=MAX_SOURCE_NAME,
        widget=forms.TextInput({"dir": "auto", "list": "known-sources"}),
        help_text=gettext_lazy(
            "Identifies this file on the next import; the name of the file unless you change it"
        ),
    )
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"), required=False)
    header_row = forms.TypedChoiceField(
        label=gettext_lazy("Row with the names of the columns"),
        required=False,
        coerce=int,
        empty_value=0,  # type: ignore[arg-type]  # any value
    )
    month_first = forms.TypedChoiceField(
        label=gettext_lazy("Dates such as 03/04/2027"),
        required=False,
        choices=(
            ("", gettext_lazy("As the columns suggest")),
            ("no", gettext_lazy("3 April (day first)")),
            ("yes", gettext_lazy("March 4 (month first)")),
        ),
        coerce="yes".__eq__,
        empty_value=None,
    )
    derive_ratings = forms.BooleanField(
        label=gettext_lazy("Derive likelihood and impact from a score or level that stands alone"),
        required=False,
    )
    include = forms.MultipleChoiceField(
        label=gettext_lazy("Rows to import as risks too, of a log of several kinds"),
        required=False,
        choices=[(kind, kind.capitalize()) for kind in OTHER_KINDS],
        widget=forms.CheckboxSelectMultiple,
    )
    encoding = forms.CharField(
        label=gettext_lazy("Encoding"),
        required=False,
        max_length=50,
        help_text=gettext_lazy(
            "Only if letters come out wrong: cp1250, cp1251, gb18030, shift_jis"
        ),
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput, max_length=MAX_SHOWN)

    def __init__(self, run: ImportRun, data: Any = None) -> None:
        self.run = run
        self.options = ReadingOptions.from_json(run.options)
        super().__init__(data, auto_id="reading-%s", initial=self.initial_values())
        contents = run.contents
        read = ", ".join(contents.get("sheets_read", ()))
        sheets: Any = self.fields["sheet"]
        sheets.choices = [
            ("", _("Recognized: %(sheet)s") % {"sheet": read}),
            *((name, name) for name in contents.get("sheets", ())),
        ]
        rows: Any = self.fields["header_row"]
        found = contents.get("header_row") if not self.options.header_row else 0
        automatic = _("Recognized: row %(row)s") % {"row": found} if found else _("Recognize it")
        rows.choices = [
            ("", automatic),
            *((number, describe_row(number, cells)) for number, cells in contents.get("rows", ())),
        ]

    def initial_values(self) -> dict[str, Any]:
        options = self.options
        return {
            "source_name": self.run.source_name,
            "sheet": options.sheet,
            "header_row": options.header_row or "",
            "month_first": ORDERS[options.month_first],
            "derive_ratings": options.derive_ratings,
            "include": list(options.include),
            "encoding": options.encoding,
        }

    def clean_shown(self) -> dict[str, Any]:
        """Return the columns and texts that the page showed, with their values."""
        try:
            shown = json.loads(self.cleaned_data["shown"] or "{}")
            return {
                "fields": [(str(header), str(value)) for header, value in shown["fields"]],
                "texts": [tuple(map(str, text)) for text in shown["texts"] if len(text) == 4],
            }
        except (ValueError, TypeError, KeyError, RecursionError):
            message = _("The page is incomplete. Reload it and choose again.")
            raise ValidationError(message) from None

    def changes(self) -> dict[str, Any]:
        """Return the options that the person changed."""
        data, changes = self.cleaned_data, {}
        for name in ("sheet", "header_row", "month_first", "derive_ratings", "encoding"):
            if data[name] != getattr(self.options, name):
                changes[name] = data[name]
        if set(data["include"]) != set(self.options.include):
            changes["include"] = tuple(data["include"])
        if data["source_name"] and data["source_name"] != self.run.source_name:
            changes |= {"source_name": data["source_name"], "as_new": False}
        if not changes.keys().isdisjoint(OF_THE_TABLE):
            return {**changes, "mapping": {}, "words": {}, "meanings": {}, "scales": {}}
        return {**changes, **self.changed_columns(), **self.changed_texts()}

    def changed_columns(self) -> dict[str, Any]:
        mapping = dict(self.options.mapping)
        for number, (header, before) in enumerate(self.cleaned_data["shown"]["fields"]):
            value = self.data.get(f"field-{number}", before)
            if value == before:
                continue
            if value == AUTOMATIC:
                mapping.pop(header, None)
                continue
            if value not in {EXTRA, LEAVE_OUT}:  # the column that gave the field gives it no more
                mapping = {name: given for name, given in mapping.items() if given != value}
            mapping[header] = value
        return {"mapping": mapping} if mapping != self.options.mapping else {}

    def changed_texts(self) -> dict[str, Any]:
        """Return the meanings of texts: numbers are ratings, words are a status or treatment."""
        words = {header: dict(texts) for header, texts in self.options.words.items()}
        meanings = {header: dict(texts) for header, texts in self.options.meanings.items()}
        is_changed = False
        for name, header, text, before in self.cleaned_data["shown"]["texts"]:
            value = self.data.get(name, before)
            if value == before:
                continue
            is_changed = True
            words.get(header, {}).pop(text, None)
            meanings.get(header, {}).pop(text, None)
            if value.isdecimal() and len(value) == 1:
                words.setdefault(header, {})[text] = int(value)
            elif value == EXTRA or value in WORDS:
                meanings.setdefault(header, {})[text] = "" if value == EXTRA else value
        return {"words": words, "meanings": meanings} if is_changed else {}


def describe_row(number: int, cells: Sequence[str]) -> str:
    """Return "Row 3: ID · Risk · Likelihood"."""
    text = " · ".join(cell[:30] for cell in cells if cell)[:120]
    return _("Row %(number)s: %(text)s") % {"number": number, "text": text}


def note_shown(columns: Sequence[ColumnChoice]) -> str:
    """Return what the page shows of columns and texts, for the field `shown`."""
    return json.dumps(
        {
            "fields": [[column.header, column.value] for column in columns],
            "texts": [
                [text.name, column.header, text.text, text.value]
                for column in columns
                for text in column.texts
            ],
        }
    )
