"""The history of a row as a page: who, when, each field before and after, and why."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import formats, timezone

from openrisk.database.labels import model_of_label
from risks.history.reading import changes_of, normalise
from risks.history.recorded_models import link_fields
from risks.models import Change

PER_PAGE = 50
Names = dict[type[Model], dict[Any, str]]


@dataclass(frozen=True)
class Difference:
    """One field of one change, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class DescribedChange:
    """A change with its differences in words."""

    change: Change
    what: str
    differences: list[Difference]


def history_page(
    model_admin: Any, request: HttpRequest, obj: Any, ids: Iterable[Any]
) -> HttpResponse:
    changes = changes_of(*ids).select_related("actor")
    page = Paginator(changes, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"History of {obj}",
        "page": page,
        "told": describe_changes(page.object_list),
        "object": obj,
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, model_admin.object_history_template, context)


def describe_changes(changes: Iterable[Change]) -> list[DescribedChange]:
    """Changes in words; ids become the names of what they stand for, one query per model."""
    read = [(change, normalise(change.model, change.changes)) for change in changes]
    names = _names(read)
    return [_told(change, fields, names) for change, fields in read]


def _told(change: Change, fields: dict[str, list[Any]], names: Names) -> DescribedChange:
    """Without what reads the same before and after: the empty fields of a new row."""
    differences = [_difference(change.model, name, pair, names) for name, pair in fields.items()]
    told = [each for each in differences if each.before != each.after]
    return DescribedChange(change, model_label(change.model), told)


def model_label(label: str) -> str:
    """What one row of the model is called, e.g. "risk" for risks.risk."""
    return str(model_of_label(label)._meta.verbose_name)


def _names(read: list[tuple[Change, dict[str, list[Any]]]]) -> Names:
    wanted: dict[type[Model], set[Any]] = defaultdict(set)
    for change, fields in read:
        for name, pair in fields.items():
            if target := _target(change.model, name):
                wanted[target] |= set(pair) - {None}
    return {
        model: {pk: str(row) for pk, row in model._default_manager.in_bulk(list(ids)).items()}
        for model, ids in wanted.items()
    }


def _target(label: str, name: str) -> Any:
    """The model that values of this field are ids of; None where they are values."""
    if column := link_fields(label).get(name):
        return column.related_model
    field = _field(label, name)
    return field.related_model if field is not None and field.is_relation else None


def _field(label: str, name: str) -> Any:
    try:
        field = model_of_label(label)._meta.get_field(name)
    except FieldDoesNotExist:
        return None  # a field that the model had once
    return field if field.concrete and not field.many_to_many else None


def _difference(label: str, name: str, pair: list[Any], names: Names) -> Difference:
    field, target = _field(label, name), _target(label, name)
    choices = dict(field.flatchoices) if field is not None else {}

    def worded(value: Any) -> str:
        if target is not None and value is not None:
            return names[target].get(value, str(value))
        return _text(choices.get(value, value) if isinstance(value, str) else value)

    title = str(field.verbose_name) if field is not None else name.replace("_", " ")
    return Difference(title, worded(pair[0]), worded(pair[1]))


def _text(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return formats.localize(timezone.localtime(value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_text(part)}" for name, part in value.items()) or "-"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return str(value)
