"""Columns of a file on the page of its import: the field of each, why, and what else to choose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import Organization
from risks.custom_fields.definitions import load_fields
from risks.fields import CUSTOM_PREFIX, FIELD, IMPORT_FIELDS, LEAVE_OUT
from risks.models import ImportRun, Matrix, Risk, Status
from risks.pages.imports.texts import without_arguments
from risks.registers.mapping.lexicon import OPEN
from risks.scoring import KINDS

EXTRA = "extra"
AUTOMATIC = ""  # what is chosen where the file is read as we recognize it
# Fields in groups, as a person looks for them.
GROUPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (
        gettext_lazy("Risk"),
        (
            *("title", "description", "external_id", "reference", "status", "category"),
            *("tags", "assets", "threat", "vulnerability"),
        ),
    ),
    (gettext_lazy("People"), ("owner", "owner_name", "assignee", "reviewer")),
    *(
        (label, tuple(f"{kind}_{part}" for part in ("likelihood", "impact", "score", "level")))
        for kind, label in zip(
            KINDS,
            (
                gettext_lazy("Inherent rating"),
                gettext_lazy("Residual rating"),
                gettext_lazy("Target rating"),
            ),
            strict=True,
        )
    ),
    (
        gettext_lazy("Treatment"),
        ("treatment", "treatment_plan", "due_date", "existing_controls", "controls"),
    ),
    (gettext_lazy("Review"), ("next_review_at", "review_interval_days")),
)
LABELS: dict[str, str | Promise] = {
    "title": gettext_lazy("Title"),
    "external_id": gettext_lazy("Id in the source"),
    "reference": gettext_lazy("Our reference (R-0001)"),
    "owner": gettext_lazy("Owner (e-mail address)"),
    "owner_name": gettext_lazy("Owner (name)"),
    "assignee": gettext_lazy("Assignee (e-mail address)"),
    "reviewer": gettext_lazy("Reviewer (e-mail address)"),
    "treatment_plan": gettext_lazy("Treatment plan (becomes a mitigation)"),
    "due_date": gettext_lazy("Due date of the plan"),
}
# How a column got its field: the word for it, and its tone.
SURENESS: dict[str, tuple[str | Promise, str]] = {
    "chosen": (gettext_lazy("Your choice"), "info"),
    "learned": (gettext_lazy("As in the last file"), "info"),
    "name": (gettext_lazy("Recognized"), "success"),
    "synonym": (gettext_lazy("Recognized"), "success"),
    "product": (gettext_lazy("Recognized"), "success"),
    "similar": (gettext_lazy("Guess"), "warning"),
    "extra": (gettext_lazy("Kept"), ""),
    "ignored": (gettext_lazy("Left out"), ""),
}
GUESS = (gettext_lazy("Guess"), "warning")


@dataclass(frozen=True)
class TextChoice:
    """A text of a column and its meaning; `name` is that of its select."""

    name: str
    text: str
    count: int
    options: SafeString
    is_error: bool
    value: str


@dataclass
class ColumnChoice:
    """A column with its samples, and the select that says what it is read as."""

    name: str  # of the select
    header: str
    samples: Sequence[str]
    options: SafeString
    value: str
    field_label: str
    sureness: str
    tone: str
    reasons: list[str]
    texts: list[TextChoice] = field(default_factory=list)
    more_texts: int = 0
    unread: int = 0

    @property
    def is_chosen(self) -> bool:
        """Return whether the meaning of one of its texts was chosen."""
        return any(text.value for text in self.texts)


def list_columns(run: ImportRun, matrix: Matrix) -> list[ColumnChoice]:
    """Return the columns of the run, in the order of the file."""
    contents = run.contents.get("columns", {})
    details: dict[str, list[str]] = {}
    for guess in run.guesses:
        if guess["column"]:
            details.setdefault(guess["column"], []).append(without_arguments(guess["detail"]))
    field_options = OptionList(list_field_options(run.organization))
    columns = []
    for number, column in enumerate(run.mapping):
        header = column["column"]
        content = contents.get(header, {})
        value = value_of(column)
        reasons = list(dict.fromkeys([*filter(None, [column["note"]]), *details.get(header, ())]))
        word, tone = SURENESS.get(column["how"], ("", ""))
        if reasons and column["how"] not in {"chosen", "learned", "extra", "ignored"}:
            word, tone = GUESS
        choice = ColumnChoice(
            name=f"field-{number}",
            header=header,
            samples=content.get("samples", []),
            options=field_options.render(value, with_automatic=column["how"] == "chosen"),
            value=value,
            field_label=field_label(value),
            sureness=str(word),
            tone=tone,
            reasons=reasons,
            more_texts=content.get("more_readings", 0),
        )
        choice.texts = list_texts(run, number, column, content, matrix)
        choice.unread = sum(text.is_error for text in choice.texts)
        columns.append(choice)
    return columns


def value_of(column: Mapping[str, Any]) -> str:
    """Return what a column of the mapping is read as, as it is chosen."""
    if column["field"]:
        return str(column["field"])
    return LEAVE_OUT if column["how"] == "ignored" else EXTRA


def field_label(name: str) -> str:
    if name == EXTRA:
        return _("Keep as extra column")
    if name == LEAVE_OUT:
        return _("Leave out")
    if name in LABELS:
        return str(LABELS[name])
    name = name.removeprefix(CUSTOM_PREFIX)
    return FIELD[name].title if name in FIELD else name.replace("_", " ").capitalize()


# --- What a text means


def list_texts(
    run: ImportRun,
    number: int,
    column: Mapping[str, Any],
    content: Mapping[str, Any],
    matrix: Matrix,
) -> list[TextChoice]:
    """Return the texts of a column of ratings, statuses or treatments, with their selects."""
    readings = content.get("readings", [])
    if not readings:
        return []
    header = column["column"]
    labels = labels_of_values(column["field"] or "", matrix)
    chosen = chosen_texts(run, header)
    options = OptionList([("", list(labels.items()))])
    return [
        TextChoice(
            name=f"text-{number}-{index}",
            text=reading["text"],
            count=reading["count"],
            options=options.render(
                chosen.get(reading["text"], AUTOMATIC),
                automatic_label=describe_reading(reading, labels),
            ),
            is_error=reading["is_error"],
            value=chosen.get(reading["text"], AUTOMATIC),
        )
        for index, reading in enumerate(readings)
    ]


def chosen_texts(run: ImportRun, header: str) -> dict[str, str]:
    """Return the meanings that were chosen for this file, as the selects have them."""
    words = run.options.get("words", {}).get(header, {})
    meanings = run.options.get("meanings", {}).get(header, {})
    return {
        **{text: str(rating) for text, rating in words.items()},
        **{text: value or EXTRA for text, value in meanings.items()},
    }


def labels_of_values(name: str, matrix: Matrix) -> dict[str, str]:
    """Return what a text of a column of this field may mean."""
    if name == "status":
        states = {str(value): str(label) for value, label in Status.choices}
        return {**states, EXTRA: _("None: keep the text")}
    if name == "treatment":
        treatments = dict(Risk._meta.get_field("treatment").flatchoices)
        known = {str(value): str(label) for value, label in treatments.items() if value}
        return {**known, EXTRA: _("None: keep the text")}
    is_likelihood = name.endswith("likelihood")
    labels = matrix.likelihood_labels if is_likelihood else matrix.impact_labels
    ratings = {str(rating): f"{rating}: {label}" for rating, label in enumerate(labels, 1)}
    return {**ratings, "0": _("Not assessed")}


def describe_reading(reading: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Return the first option of a text's select: what it is read as without a choice."""
    value = reading["value"]
    if reading["is_error"]:
        return _("Not recognized: choose")
    if value == OPEN:
        return _("Recognized: open")
    label = labels.get(str(value)) or (_("Not assessed") if value is None else str(value))
    return _("Recognized: %(label)s") % {"label": label}


# --- Options of a select


class OptionList:
    """Options of a select that is drawn many times; a rendering marks one of them as selected."""

    def __init__(self, groups: Iterable[tuple[str, Sequence[tuple[str, str]]]]) -> None:
        parts = []
        for label, options in groups:
            tags = format_html_join("", '<option value="{}">{}</option>', options)
            group = format_html('<optgroup label="{}">{}</optgroup>', label, tags)
            parts.append(group if label else tags)
        self.html = "".join(parts)

    def render(
        self, value: str, *, with_automatic: bool = False, automatic_label: str = ""
    ) -> SafeString:
        first: str = ""
        if with_automatic or automatic_label:
            label = automatic_label or _("Recognize it")
            first = format_html('<option value="">{}</option>', label)
        marked = format_html('<option value="{}">', value)
        selected = format_html('<option value="{}" selected>', value)
        return SafeString((first + self.html).replace(marked, selected, 1))


def list_field_options(organization: Organization) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the fields that a column may give, in groups; those of the organization too."""
    custom = load_fields(organization, with_retired=False).values()
    grouped = {name for _label, names in GROUPS for name in names}
    others = [name for name in IMPORT_FIELDS if name not in grouped]
    groups = [(str(label), [n for n in names if n in IMPORT_FIELDS]) for label, names in GROUPS]
    return [
        (_("Without a field"), [(name, field_label(name)) for name in (EXTRA, LEAVE_OUT)]),
        *((label, [(name, field_label(name)) for name in names]) for label, names in groups),
        (_("Other fields"), [(name, field_label(name)) for name in others]),
        *([(_("Custom fields"), [(own.name, own.label) for own in custom])] if custom else []),
    ]
