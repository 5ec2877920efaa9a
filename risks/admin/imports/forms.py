"""Forms about reading a file: for the upload, to read it again, and for the source's next file."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import Organization
from openrisk.admin.site import (
    LinesField,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)
from risks.admin.forms import RegisterForm
from risks.models import ImportSource
from risks.registers.continuation import MAX_SOURCE_NAME
from risks.registers.options import OTHER_KINDS, ReadingOptions

ORDERS = {None: "", True: "yes", False: "no"}  # of day and month, as the form has them


_SCALE = re.compile(r"\d{1,3} to \d{1,3}")
_WORD = re.compile(r"(.+)=\s*([0-5])\s*")


class ReadingFields(forms.Form):
    """The options of reading that hold for every file of a source."""

    columns = LinesField(
        required=False,
        help_text=gettext_lazy(
            "The field of a column, one per line: Likelihood (1-5) = inherent_likelihood. "
            "The field extra keeps a column as it is."
        ),
    )
    sheet = forms.CharField(
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("The sheet to read, if it is not the one that the preview shows"),
    )
    encoding = forms.CharField(
        required=False,
        max_length=50,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy(
            "Only if letters come out wrong: cp1250, cp1251, gb18030, shift_jis"
        ),
    )
    month_first = forms.TypedChoiceField(
        label=gettext_lazy("Dates such as 03/04/2027"),
        required=False,
        choices=(("", "as the column suggests"), ("yes", "March 4"), ("no", "3 April")),
        coerce="yes".__eq__,
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
    )
    derive_ratings = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy(
            "Make likelihood and impact from a score or level that stands alone"
        ),
    )
    include = forms.MultipleChoiceField(
        required=False,
        choices=[(kind, kind.capitalize()) for kind in OTHER_KINDS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("Rows of a RAID log to import as risks too"),
    )

    def clean_columns(self) -> dict[str, str]:
        """Return {column: field}."""
        pairs = [line.rpartition("=") for line in self.cleaned_data["columns"]]
        if not all(column.strip() and field.strip() for column, _, field in pairs):
            raise ValidationError(_("Write each line as: Column = field."))
        return {column.strip(): field.strip() for column, _, field in pairs}

    def reading_options(self) -> ReadingOptions:
        data = self.cleaned_data
        names = ("source_name", "sheet", "encoding", "month_first", "derive_ratings", "as_new")
        return ReadingOptions(
            mapping=data["columns"],
            include=tuple(data["include"]),
            **{name: data[name] for name in names if name in data},
        )


def initial_of(options: ReadingOptions) -> dict[str, Any]:
    """The values of the form's fields that say these options."""
    return {
        **options.to_json(),
        "columns": [f"{column} = {field}" for column, field in options.mapping.items()],
        "month_first": ORDERS[options.month_first],
    }


class ReadAgainForm(ReadingFields):
    source_name = forms.CharField(
        required=False,
        max_length=MAX_SOURCE_NAME,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy(
            "The system that the row ids come from. Default: the file name without extension"
        ),
    )
    as_new = forms.BooleanField(
        label=gettext_lazy("A new source"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("A source of its own, though its risks are known from another"),
    )
    field_order = ("organization", "file", "source_name", "as_new")


class UploadForm(ReadAgainForm):
    organization = forms.ModelChoiceField(
        Organization.objects.none(), widget=UnfoldAdminSelectWidget, empty_label=None
    )
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget({"accept": ".csv,.xlsx"}),
        help_text=gettext_lazy("CSV or XLSX, at most 20 MB and 100,000 rows"),
    )

    def __init__(self, *args: Any, organizations: QuerySet[Organization]) -> None:
        super().__init__(*args)
        self.fields["organization"].queryset = organizations  # type: ignore[attr-defined]
        if len(organizations) == 1:
            self.fields["organization"].widget = forms.HiddenInput()
            self.initial["organization"] = organizations[0].pk


OF_RATINGS = ("scales", "words")
SOURCE_FIELDS = (*ReadingFields.base_fields, *OF_RATINGS)


class SourceForm(RegisterForm, ReadingFields):
    """The form of a source: how its next file is read."""

    scales = LinesField(
        required=False,
        help_text=gettext_lazy("Of numbers in a column of ratings: Likelihood = 1 to 10"),
    )
    words = LinesField(
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 8}),
        help_text=gettext_lazy(
            "Ratings of words in a column, on the scale of the matrix: Likelihood: High = 4"
        ),
    )

    columns = LinesField(
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 12}),
        help_text=ReadingFields.base_fields["columns"].help_text,
    )

    class Meta:
        model = ImportSource
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = ReadingOptions.from_json(self.instance.options)
        self.initial.update(initial_of(options))
        self.initial["scales"] = [f"{column} = {scale}" for column, scale in options.scales.items()]
        self.initial["words"] = [
            f"{column}: {word} = {rating}"
            for column, words in options.words.items()
            for word, rating in words.items()
        ]

    def clean_scales(self) -> dict[str, str]:
        """Return {column: scale}."""
        pairs = [line.rpartition("=") for line in self.cleaned_data["scales"]]
        scales = {column.strip(): scale.strip() for column, _, scale in pairs}
        if not all(map(_SCALE.fullmatch, scales.values())):
            raise ValidationError(_("Write each line as: Column = 1 to 10."))
        return scales

    def clean_words(self) -> dict[str, dict[str, int]]:
        """Return {column: {word: rating}}."""
        words: dict[str, dict[str, int]] = {}
        columns = sorted(self.instance.options.get("mapping", ()), key=len, reverse=True)
        for line in self.cleaned_data["words"]:
            column = next((c for c in columns if line.startswith(f"{c}: ")), None)
            match = _WORD.fullmatch(line.removeprefix(f"{column}: "))
            if column is None or match is None:
                raise ValidationError(
                    _(
                        "'%(line)s' names no column of the source, or no rating. "
                        "Write each line as: Column: word = 4."
                    )
                    % {"line": line}
                )
            words.setdefault(column, {})[match[1].strip()] = int(match[2])
        return words

    def changes(self) -> dict[str, Any]:
        """The options, if the person changed any of them."""
        if set(self.changed_data).isdisjoint(SOURCE_FIELDS):
            return {}
        options = self.reading_options().to_json()
        for name in ("source_name", "as_new", "header_row", "meanings"):
            del options[name]  # of one file only, or chosen in the pages
        return {"options": {**options, **{name: self.cleaned_data[name] for name in OF_RATINGS}}}
