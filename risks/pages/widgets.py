"""Fields of forms with a widget of their own: rating by picture, and choosing rows by typing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.forms.utils import flatatt
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from openrisk.accounts.models import Organization
from risks.models import Asset, Control, Level, Matrix
from risks.pages.choices import KINDS, ResolvedLines

MAX_CHOSEN = 500
LEVEL_LABELS = dict(Level.choices)


# --- Rating -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class MatrixCell:
    """A cell of the matrix, as the picker draws it."""

    likelihood: int
    impact: int
    level: str
    label: str  # for screen readers
    is_chosen: bool
    mark: str = ""  # letters of the ratings that are here now

    @property
    def score(self) -> int:
        return self.likelihood * self.impact

    @property
    def level_label(self) -> str:
        return str(LEVEL_LABELS[self.level])


class RatingPicker:
    """The two fields of a rating and the matrix to click, for `components/rating_picker.html`.

    The form has `<kind>_likelihood` and `<kind>_impact` by `rating_field`. `marks` are letters to
    show in cells.
    """

    def __init__(
        self,
        form: forms.BaseForm,
        kind: str,
        matrix: Matrix,
        title: str = "",
        *,
        marks: Mapping[tuple[int, int], str] | None = None,
    ) -> None:
        self.kind, self.matrix = kind, matrix
        self.marks = marks or {}
        self.title = title or _("%(kind)s risk") % {"kind": kind.capitalize()}
        self.likelihood = form[f"{kind}_likelihood"]
        self.impact = form[f"{kind}_impact"]
        self.id = f"{self.likelihood.auto_id}-matrix"

    @property
    def chosen(self) -> tuple[str, str]:
        return str(self.likelihood.value() or ""), str(self.impact.value() or "")

    @property
    def is_partial(self) -> bool:
        """Return whether only one of the two is chosen."""
        likelihood, impact = self.chosen
        return bool(likelihood) != bool(impact)

    @property
    def errors(self) -> list[str]:
        return [*self.likelihood.errors, *self.impact.errors]

    @cached_property
    def rows(self) -> list[tuple[int, str, list[MatrixCell]]]:
        """Return value, label and cells of each likelihood, the highest first."""
        labels = self.matrix.likelihood_labels
        return [
            (value, labels[value - 1], [self.cell(value, impact) for impact, _ in self.impacts])
            for value in range(len(labels), 0, -1)
        ]

    @property
    def impacts(self) -> list[tuple[int, str]]:
        return list(enumerate(self.matrix.impact_labels, 1))

    @property
    def chosen_cell(self) -> MatrixCell | None:
        cells = (cell for _, _, row in self.rows for cell in row)
        return next((cell for cell in cells if cell.is_chosen), None)

    def cell(self, likelihood: int, impact: int) -> MatrixCell:
        level = self.matrix.level(likelihood, impact) or ""
        label = _("Likelihood %(likelihood)s, impact %(impact)s: %(level)s %(score)s") % {
            "likelihood": f"{likelihood} {self.matrix.likelihood_labels[likelihood - 1]}",
            "impact": f"{impact} {self.matrix.impact_labels[impact - 1]}",
            "level": LEVEL_LABELS[level],
            "score": likelihood * impact,
        }
        is_chosen = self.chosen == (str(likelihood), str(impact))
        mark = self.marks.get((likelihood, impact), "")
        return MatrixCell(likelihood, impact, level, label, is_chosen, mark)


def rating_field(label: Any, labels: list[str]) -> forms.TypedChoiceField:
    """Return the field of a likelihood or an impact; `labels` are those of the matrix."""
    return forms.TypedChoiceField(
        label=label,
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", gettext_lazy("Not assessed")),
            *((value, f"{value} {text}") for value, text in enumerate(labels, 1)),
        ],
    )


def partial_ratings(fields: Mapping[str, Any], kinds: Iterable[str]) -> list[str]:
    """Return a sentence for each rating of which only likelihood or impact is given."""
    sentences = []
    for kind in kinds:
        likelihood, impact = fields.get(f"{kind}_likelihood"), fields.get(f"{kind}_impact")
        if (likelihood is None) != (impact is None):
            missing = _("impact") if impact is None else _("likelihood")
            sentences.append(
                _("The %(kind)s risk has no score yet: choose its %(missing)s too.")
                % {"kind": kind, "missing": missing}
            )
    return sentences


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


# --- Choosing rows by typing --------------------------------------------------------------------
class TypedText(str):  # noqa: SLOT000  `new` has a default
    """The text of a field as it was typed, and the names in it that may be created."""

    new: tuple[str, ...] = ()


class SearchSelect(forms.Widget):
    """A text field that a script turns into a search with the chosen rows beside it.

    `<name>-new` has the names that the person wants to be created.
    """

    template_name = "components/search_select.html"
    kind = ""
    organization: Organization | None = None
    is_multiple = True
    create_label: Any = ""  # "" where nothing may be created
    unknown: tuple[str, ...] = ()

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        slug = self.organization.slug if self.organization else ""
        context["widget"].update(
            url=reverse("choices", args=[slug, self.kind]),
            is_multiple=self.is_multiple,
            create_label=self.create_label,
            unknown=self.unknown,
            text=value or "",
            rows=min(8, str(value or "").count("\n") + 2),
        )
        return context

    def format_value(self, value: Any) -> Any:
        return value

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        get_list = getattr(data, "getlist", None)
        values = get_list(name) if get_list else [data[name]] if name in data else []
        flat = [str(part) for value in values for part in as_list(value)]
        text = TypedText("\n".join(flat))
        new = get_list(f"{name}-new") if get_list else as_list(data.get(f"{name}-new", []))
        text.new = tuple(new)
        return text

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


class RowsField(forms.Field):
    """Rows of the organization, typed by name. The value is a list of rows; new ones are unsaved.

    Give the form's organization with `limit_to`.
    """

    widget = SearchSelect
    creators: ClassVar[dict[str, Any]] = {
        "assets": lambda organization, name: Asset(organization=organization, name=name),
        "controls": lambda organization, name: Control(organization=organization, title=name),
    }
    create_labels: ClassVar[dict[str, Any]] = {
        "assets": gettext_lazy("Create asset “{}”"),
        "controls": gettext_lazy("Create control “{}”"),
    }

    def __init__(self, kind: str, *, multiple: bool = True, **options: Any) -> None:
        super().__init__(**{"required": False, **options})
        self.kind, self.multiple = kind, multiple
        self.organization: Organization | None = None
        self.present: Any = None  # a row that may stay, also where it is offered no longer
        self.resolved: dict[str, ResolvedLines] = {}
        self.widget.kind = kind
        self.widget.is_multiple = multiple

    def __deepcopy__(self, memo: Any) -> Any:
        copied = super().__deepcopy__(memo)
        copied.resolved = {}
        return copied

    def limit_to(self, organization: Organization, *, may_create: bool = False) -> None:
        """Offer the rows of this organization, and to create those that are missing."""
        self.organization = self.widget.organization = organization
        if may_create:
            self.widget.create_label = self.create_labels[self.kind]

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        return "\n".join(KINDS[self.kind].text(row) for row in as_list(value))

    def resolve(self, value: Any) -> ResolvedLines:
        text = str(value or "")
        if text not in self.resolved:
            assert self.organization is not None  # noqa: S101  see `limit_to`
            lines = [line for part in text.splitlines() if (line := " ".join(part.split()))]
            choices = KINDS[self.kind]
            resolved = choices.resolve(self.organization, lines[:MAX_CHOSEN])
            if self.present is not None and choices.text(self.present) in resolved.unknown:
                resolved.unknown.remove(choices.text(self.present))
                resolved.rows.append(self.present)
            self.resolved[text] = resolved
        return self.resolved[text]

    def clean(self, value: Any) -> Any:
        self.check_length(value)
        resolved = self.resolve(value)
        new = set(getattr(value, "new", ())) if self.widget.create_label else set()
        unknown = [name for name in dict.fromkeys(resolved.unknown) if name not in new]
        problems = list(resolved.ambiguous)
        if unknown:
            self.widget.unknown = tuple(unknown)
            problems.insert(0, self.unknown_sentence(unknown))
        if not self.multiple and len(resolved.rows) > 1:
            problems.append(_("Choose only one."))
        if problems:
            raise forms.ValidationError(problems)
        created = [
            self.creators[self.kind](self.organization, name)
            for name in dict.fromkeys(resolved.unknown)
        ]
        rows = [*resolved.rows, *created]
        if self.required and not rows:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return rows if self.multiple else next(iter(rows), None)

    def check_length(self, value: Any) -> None:
        if str(value or "").count("\n") >= MAX_CHOSEN:
            raise forms.ValidationError(_("Choose at most %(most)s.") % {"most": MAX_CHOSEN})

    def unknown_sentence(self, unknown: list[str]) -> str:
        names = ", ".join(f"“{name}”" for name in unknown[:10])
        sentence = ngettext(
            "There is none called %(names)s here. Check the spelling.",
            "There are none called %(names)s here. Check the spelling.",
            len(unknown),
        ) % {"names": names}
        if self.widget.create_label:
            sentence += " " + _("Or tick below what is to be created.")
        return sentence

    def has_changed(self, initial: Any, data: Any) -> bool:
        resolved = self.resolve(data)
        if resolved.unknown or resolved.ambiguous:
            return True
        present = {row.pk for row in as_list(initial) if row is not None} if initial else set()
        return present != {row.pk for row in resolved.rows}


class TagSelect(SearchSelect):
    kind = "tags"
    create_label = gettext_lazy("Add tag “{}”")


class TypedTagsField(forms.CharField):
    """A list of tags, written on lines of their own or with commas between them."""

    widget = TagSelect

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        parts = str(value or "").replace("\n", ",").split(",")
        return [tag for part in parts if (tag := " ".join(part.split()))]

    def validate(self, value: Any) -> None:
        """Leave the limits to the service."""

    def run_validators(self, value: Any) -> None:
        for tag in value:
            super().run_validators(tag)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(initial or []) != sorted(set(self.to_python(data)))


class ActionTitlesField(forms.CharField):
    """The titles of new actions, one on each line. The value is a list of them."""

    def clean(self, value: Any) -> list[str]:
        lines = (" ".join(line.split()) for line in super().clean(value).splitlines())
        titles = [line for line in lines if line]
        problems = [
            _("“%(title)s…” is longer than 255 characters. Shorten this line.")
            % {"title": title[:40]}
            for title in titles
            if len(title) > 255
        ]
        if problems:
            raise forms.ValidationError(problems)
        return titles


class ReviewDayField(forms.DateField):
    """A time of which only the day is entered: the beginning of that day (UTC)."""

    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")

    def prepare_value(self, value: Any) -> Any:
        return value.astimezone(UTC).date() if isinstance(value, datetime) else value

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        return datetime.combine(day, time(), UTC) if day else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
