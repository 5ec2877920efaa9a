"""Filtering, searching and ordering of lists; anything unknown is a 400 that lists the known."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from django import forms
from django.db import models
from django.db.models import F, Field, Model, QuerySet
from django.db.models.expressions import Combinable
from django_filters.fields import IsoDateTimeField
from django_filters.filters import (
    BaseInFilter,
    BooleanFilter,
    CharFilter,
    ChoiceFilter,
    IsoDateTimeFilter,
    NumberFilter,
    UUIDFilter,
)
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

from openrisk.accounts.models import Organization
from openrisk.api.problems import UnknownParameter

PAGING = frozenset({"page", "page_size", "cursor"})
MAX_SEARCH = 200
MAX_VALUES = 1000  # of one `__in`


@dataclass(frozen=True)
class Order:
    """One order of a list: by `expression`, then by id in the same direction."""

    text: str
    expression: Combinable
    output_field: Field

    @classmethod
    def by_column(cls, text: str, model: type[Model]) -> "Order":
        """By a plain column of `model`."""
        name = text.removeprefix("-")
        return cls(text, F(name), _column(model, name))

    @property
    def is_descending(self) -> bool:
        return self.text.startswith("-")

    def sort(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queryset = queryset.annotate(_order=self.expression)
        return queryset.order_by(*(("-_order", "-id") if self.is_descending else ("_order", "id")))


def _column(model: type[Model], name: str) -> Field:
    return cast(Field, model._meta.get_field(name))


class _FlagField(forms.NullBooleanField):
    """true or false; Django's own field takes anything else as "not given"."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]
        try:
            return {None: None, "": None, "true": True, "false": False}[value]
        except KeyError:
            raise forms.ValidationError("Write true or false.") from None

    def validate(self, value: Any) -> None:
        """Not required, so nothing is left to check."""


class FlagFilter(BooleanFilter):
    field_class = _FlagField


class _WholeField(forms.IntegerField):
    """A number that every database can compare with: SQLite fails on more than 64 bits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=-(2**31), max_value=2**31 - 1, **kwargs)


class WholeNumberFilter(NumberFilter):
    field_class = _WholeField

    def get_max_validator(self) -> None:
        """The field has its own."""


class _MomentField(IsoDateTimeField):
    """A time in UTC; 0001-01-01T00:00:00+14:00 is before all that a database can hold."""

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError("Write a year from 1 to 9999, in UTC.") from None


class MomentFilter(IsoDateTimeFilter):
    field_class = _MomentField


class ChoiceInFilter(BaseInFilter, ChoiceFilter):
    """Each value is one of the choices; django-filter's own takes any text."""


class CharInFilter(BaseInFilter, CharFilter):
    """One of several texts, with commas between them."""


class OrganizationFilterSet(FilterSet):
    """Filters of an organization's rows.

    A foreign key is filtered by its id, without loading the row it names: one of another
    organization simply finds nothing.
    """

    def __init__(
        self,
        data: Any = None,
        *args: Any,
        organization: Organization | None = None,
        **kwargs: Any,
    ) -> None:
        self.organization = organization
        # Copying and validating a hundred filters that no one asked for costs milliseconds.
        given = {name: self.base_filters[name] for name in data or () if name in self.base_filters}
        self.__dict__["base_filters"] = given  # hides the class's, which stays as it is
        super().__init__(data, *args, **kwargs)

    @classmethod
    def accepts(cls, name: str) -> bool:
        """Return whether a parameter may be a filter; those that depend on the organization too."""
        return name in cls.base_filters

    FILTER_DEFAULTS = {
        **FilterSet.FILTER_DEFAULTS,
        models.BooleanField: {"filter_class": FlagFilter},
        models.DateTimeField: {"filter_class": MomentFilter},
        models.ForeignKey: {"filter_class": UUIDFilter},
        models.IntegerField: {"filter_class": WholeNumberFilter},
        models.PositiveIntegerField: {"filter_class": WholeNumberFilter},
        models.PositiveSmallIntegerField: {"filter_class": WholeNumberFilter},
    }

    @classmethod
    def filter_for_lookup(cls, field: Field, lookup_type: str) -> tuple[Any, dict[str, Any]]:
        if lookup_type == "in" and field.choices:
            return ChoiceInFilter, {"choices": field.choices}
        return super().filter_for_lookup(field, lookup_type)


@dataclass(frozen=True)
class FilteredList:
    """The rows that a request asks for, filtered and ordered, and what pages of them need to know.

    `candidates` are the rows before they were filtered. To count the rows costs a search where
    `is_search`.
    """

    rows: QuerySet[Any]
    order: Order
    candidates: QuerySet[Any]
    is_search: bool = False


class StrictFilterBackend(DjangoFilterBackend):
    """django-filter ignores what it does not know; a misspelt filter must not return all rows.

    A view declares `filterset_class`, `orders` (name -> expression), `default_order` and
    `searchable` (its queryset has `search`).
    """

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        return self.filter_list(request, queryset, view).rows if view.is_list else queryset

    def filter_list(self, request: Request, candidates: Any, view: Any) -> FilteredList:
        """The rows of `candidates` that the query parameters leave. Raises UnknownParameter."""
        known = self.known_parameters(view)
        errors: dict[str, list[str]] = {}
        for name, values in request.query_params.lists():
            if name not in known and not self.accepts(view, name):
                errors[name] = [f"Unknown parameter. Known ones: {', '.join(sorted(known))}."]
            elif len(values) > 1:  # of `status=draft&status=closed` the last would win in silence
                errors[name] = ["Give this once. Several values go into one __in, with commas."]
            elif name.endswith("__in") and values[0].count(",") >= MAX_VALUES:
                errors[name] = [f"Give at most {MAX_VALUES} values."]
        text = request.query_params.get("search", "")
        if len(text) > MAX_SEARCH and "search" not in errors:
            errors["search"] = [f"Search for at most {MAX_SEARCH} characters."]
        if errors:
            raise UnknownParameter(errors)
        rows = super().filter_queryset(request, candidates, view)
        if text:
            rows = rows.search(text)
        order = self._requested_order(request, rows, view)
        return FilteredList(order.sort(rows), order, candidates, is_search=bool(text))

    def get_filterset(self, request: Request, queryset: Any, view: Any) -> Any:
        filterset = super().get_filterset(request, queryset, view)
        if filterset is not None and not filterset.is_valid():
            raise UnknownParameter(
                {
                    name: [ErrorDetail(str(e), "invalid") for e in errors]
                    for name, errors in filterset.errors.items()
                }
            )
        return filterset

    def get_filterset_kwargs(self, request: Request, queryset: Any, view: Any) -> dict[str, Any]:
        kwargs = super().get_filterset_kwargs(request, queryset, view)
        return {**kwargs, "organization": getattr(view, "organization", None)}

    def accepts(self, view: Any, name: str) -> bool:
        filterset_class = getattr(view, "filterset_class", None)
        return filterset_class is not None and filterset_class.accepts(name)

    def known_parameters(self, view: Any) -> set[str]:
        filterset_class = getattr(view, "filterset_class", None)
        filters = set(filterset_class.base_filters) if filterset_class else set()
        search = {"search"} if view.searchable else set()
        return filters | search | PAGING | {"ordering"}

    def _requested_order(self, request: Request, queryset: QuerySet[Any], view: Any) -> Order:
        text = request.query_params.get("ordering") or view.default_order
        expression = view.orders.get(text.removeprefix("-"))
        if expression is None:
            names = ", ".join(sorted(view.orders))
            raise UnknownParameter(
                {"ordering": [f"Order by one of {names}; a leading - reverses it."]}
            )
        if isinstance(expression, F):
            column = expression.name  # type: ignore[attr-defined]  # the stubs lack it
            return Order(text, expression, _column(queryset.model, column))
        return Order(text, expression, expression.resolve_expression(queryset.query).output_field)
