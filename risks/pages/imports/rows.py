"""Rows of a run on its page: filtered, a page of them, with before and after of each field."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from risks.fields import CUSTOM_PREFIX, FIELD
from risks.import_runs.current_values import EXTRA
from risks.import_runs.plan import importer_classes
from risks.models import ImportRow, ImportRun, Risk, RowAction, RunStatus, Status
from risks.models.risk import Treatment
from risks.pages.imports.run_page import RowList, RunFigure, RunTab, ShownRow, ValueChange
from risks.text import shorten_text

ROWS_PER_PAGE = 50
MAX_VALUE = 400  # characters of a value
PARAMETER = "rows"  # of the address: the key of a filter


@dataclass(frozen=True)
class RowFilter:
    """A choice of rows; `count` reads from the run how many there are, None where unknown."""

    key: str
    label: str | Promise
    condition: Q
    count: Callable[[ImportRun], int | None]
    tone: str = ""


def _with_action(*actions: str) -> Callable[[ImportRun], int]:
    return lambda run: sum(
        counts.get(action, 0) for counts in run.counts.values() for action in actions
    )


def _counted(name: str) -> Callable[[ImportRun], int | None]:
    return lambda run: run.row_counts.get(name)


ERROR, CREATE, UPDATE, UNCHANGED = (
    action.value
    for action in (RowAction.ERROR, RowAction.CREATE, RowAction.UPDATE, RowAction.UNCHANGED)
)
FILTERS = (
    RowFilter("all", gettext_lazy("All"), Q(), _with_action(*RowAction.values)),
    RowFilter("errors", gettext_lazy("Errors"), Q(action=ERROR), _with_action(ERROR), "error"),
    RowFilter(
        "guesses", gettext_lazy("Guesses"), Q(is_guessed=True), _counted("guessed"), "warning"
    ),
    RowFilter(
        "held-back",
        gettext_lazy("Held back"),
        Q(is_held_back=True),
        _counted("held_back"),
        "warning",
    ),
    RowFilter("new", gettext_lazy("New"), Q(action=CREATE), _with_action(CREATE), "success"),
    RowFilter("changes", gettext_lazy("Changes"), Q(action=UPDATE), _with_action(UPDATE)),
    RowFilter("unchanged", gettext_lazy("Unchanged"), Q(action=UNCHANGED), _with_action(UNCHANGED)),
)
ACTIONS = {
    CREATE: (gettext_lazy("New"), "success"),
    UPDATE: (gettext_lazy("Changed"), "info"),
    UNCHANGED: (gettext_lazy("Unchanged"), ""),
    ERROR: (gettext_lazy("Error"), "error"),
}


def count_filters(run: ImportRun) -> dict[str, int]:
    """Return the number of rows of each filter; 0 where it is not known."""
    return {row_filter.key: row_filter.count(run) or 0 for row_filter in FILTERS}


def list_figures(run: ImportRun, address: str = "") -> list[RunFigure]:
    """Return the numbers of the run that are not 0, each with the address of its rows."""
    counts = count_filters(run)
    return [
        RunFigure(counts[f.key], str(f.label), f"{address}?{PARAMETER}={f.key}#rows", f.tone)
        for f in FILTERS
        if f.key != "all" and counts[f.key]
    ]


def list_rows(request: HttpRequest, run: ImportRun, default: str = "all") -> RowList:
    """Return the rows of `run` that the request asks for."""
    keys = {row_filter.key: row_filter for row_filter in FILTERS}
    chosen = keys.get(request.GET.get(PARAMETER, ""), keys[default])
    counts = {row_filter.key: row_filter.count(run) for row_filter in FILTERS}
    query = {name: request.GET[name] for name in ("tab",) if name in request.GET}
    matching = run.rows.filter(chosen.condition).order_by("row_number", "id")
    paginator = Paginator(matching, ROWS_PER_PAGE)
    total = counts[chosen.key]
    paginator.count = matching.count() if total is None else total
    page = paginator.get_page(request.GET.get("page"))
    # By the index alone, then these rows: a late page does not read all before it.
    start = max(0, page.start_index() - 1)
    ids = list(matching.values_list("pk", flat=True)[start : page.end_index()])
    rows = list(run.rows.filter(pk__in=ids).order_by("row_number", "id"))

    def address(key: str, number: int = 1) -> str:
        pages = {"page": number} if number > 1 else {}
        return f"?{urlencode({**query, PARAMETER: key, **pages})}#rows"

    tabs = [
        RunTab(str(f.label), address(f.key), f.key == chosen.key, counts[f.key])
        for f in FILTERS
        if counts[f.key] != 0 or f.key in {"all", chosen.key}
    ]
    return RowList(
        tabs=tabs,
        rows=show_rows(run, rows),
        number=page.number,
        pages=paginator.num_pages,
        previous_url=address(chosen.key, page.number - 1) if page.has_previous() else "",
        next_url=address(chosen.key, page.number + 1) if page.has_next() else "",
    )


def show_rows(run: ImportRun, rows: Iterable[ImportRow]) -> list[ShownRow]:
    rows = list(rows)
    names = names_of_objects(rows)
    kinds = {kind.model_label(): str(kind.model._meta.verbose_name) for kind in importer_classes()}
    return [show_row(run, row, kinds.get(row.model, row.model), names) for row in rows]


def names_of_objects(rows: list[ImportRow]) -> dict[Any, tuple[str, str]]:
    """Return the name of each object that exists by now, and a risk's reference."""
    names: dict[Any, tuple[str, str]] = {}
    for kind in importer_classes():
        ids = [row.object_id for row in rows if row.model == kind.model_label() and row.object_id]
        if ids:
            objects = kind.model._default_manager.filter(pk__in=ids)
            names.update((row.pk, (str(row), getattr(row, "reference", ""))) for row in objects)
    return names


def show_row(
    run: ImportRun, row: ImportRow, kind: str, names: Mapping[Any, tuple[str, str]]
) -> ShownRow:
    name, reference = names.get(row.object_id, ("", ""))
    is_risk = row.model == Risk._meta.label_lower
    title = row.changes.get("title", [None, ""])[1] or row.values.get("title") or name
    address = ""
    if is_risk and reference and run.status != RunStatus.UNDONE:
        address = reverse("risk-page", args=[run.organization.slug, reference])
    label, tone = ACTIONS[row.action]
    return ShownRow(
        number=row.row_number,
        kind=kind,
        title=shorten_text(str(title or row.identity), MAX_VALUE),
        address=address,
        action=str(label),
        tone=tone,
        changes=[
            show_change(row, name, before, after)
            for name, (before, after) in row.changes.items()
            if not (row.action == CREATE and name in {"title", "name"})
        ],
        is_new=row.action == CREATE,
        errors=row.errors,
        notes=row.notes,
    )


def show_change(row: ImportRow, name: str, before: Any, after: Any) -> ValueChange:
    return ValueChange(
        label=label_of(name),
        before=display_value(name, before),
        after=display_value(name, after),
        is_update=row.action == UPDATE,
        is_guess=name in row.guessed,
        guessed_from=row.guessed.get(name, ""),
        is_edited=name in row.edited,
    )


def label_of(name: str) -> str:
    """Return the label of a field; of a column that is kept, its name."""
    if name.startswith(EXTRA):
        return name.removeprefix(EXTRA)
    name = name.removeprefix(CUSTOM_PREFIX)
    return FIELD[name].title if name in FIELD else name.replace("_", " ").capitalize()


def display_value(name: str, value: Any) -> str:
    """Return a JSON value as text for people."""
    if value is None or value in ("", [], {}):
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "status" and value in Status.values:
        return str(Status(value).label)
    if name == "treatment" and value in Treatment.values:
        return str(Treatment(value).label)
    if isinstance(value, Mapping):
        value = [f"{key}: {text}" for key, text in value.items()]
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if name.endswith("_at") and text.endswith("T00:00:00+00:00"):
        text = text[:10]
    return shorten_text(text, MAX_VALUE)
