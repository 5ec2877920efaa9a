"""Pages by number, with a count; or by cursor, at the same cost however far one reads."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db.models import (
    BooleanField,
    Count,
    Expression,
    F,
    Field,
    Func,
    QuerySet,
    UUIDField,
    Value,
    Window,
)
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from openrisk.api.filters import Order
from openrisk.api.problems import UnknownParameter

PAGE_SIZE = 25
MAX_PAGE_SIZE = 200
MAX_PAGE = 1_000_000


class Pagination(BasePagination):
    """`page` and `page_size`, or `cursor` (empty for the first page; `count` is then null).

    Takes an ordered queryset and returns rows as dicts of the view's `paths`, which include
    `_order` and `id` where a cursor is to work.
    """

    count: int | None

    def paginate_queryset(  # type: ignore[override]  # rows, not instances
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[dict[str, Any]]:
        self.url = request.build_absolute_uri()
        self.size = _number(request, "page_size", PAGE_SIZE, MAX_PAGE_SIZE)
        if "cursor" in request.query_params:
            return self._by_cursor(queryset, request.query_params["cursor"], view)
        return self._by_number(queryset, _number(request, "page", 1, MAX_PAGE), view)

    def _by_number(self, queryset: QuerySet[Any], page: int, view: Any) -> list[dict[str, Any]]:
        start = (page - 1) * self.size
        wanted = slice(start, start + self.size)
        if view.searched:
            count, queryset = _found(queryset, wanted, view)
            wanted = slice(None)
        else:
            # Counted before the paths are added: they would join tables that change no count.
            count = queryset.order_by().count()
        self.count = count
        if start and start >= count:
            last = max(1, -(-count // self.size))
            raise UnknownParameter({"page": [f"There is no page {page}; the last is {last}."]})
        self.next = self._page(page + 1) if start + self.size < count else None
        self.previous = self._page(page - 1) if page > 1 else None
        return list(queryset.values(*view.paths)[wanted])

    def _page(self, number: int) -> str:
        return replace_query_param(self.url, "page", number)

    def _by_cursor(self, queryset: QuerySet[Any], cursor: str, view: Any) -> list[dict[str, Any]]:
        order, paths = view.order, view.paths
        self.count, self.previous = None, None
        if cursor:
            queryset = queryset.filter(_is_beyond(order, *_decode(cursor, order)))
        if view.searched:
            _, queryset = _found(queryset, slice(self.size + 1), view)
        rows = list(queryset.values(*paths)[: self.size + 1])
        more, rows = len(rows) > self.size, rows[: self.size]
        url = remove_query_param(self.url, "page")
        self.next = replace_query_param(url, "cursor", _encode(order, rows[-1])) if more else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {"count": self.count, "next": self.next, "previous": self.previous, "results": data}
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": ["integer", "null"], "description": "null with a cursor"},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        def parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
            return {"name": name, "in": "query", "description": description, "schema": schema}

        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
        return [
            parameter("page", "Page number", {"type": "integer", "minimum": 1, "default": 1}),
            parameter("page_size", "Rows a page", size),
            parameter(
                "cursor",
                "Read on by cursor: empty for the first page, then follow `next`",
                {"type": "string"},
            ),
        ]


def _number(request: Request, name: str, default: int, maximum: int) -> int:
    text = request.query_params.get(name, str(default))
    whole = text.isascii() and text.isdigit() and len(text) < 10
    if not whole or not 1 <= int(text) <= maximum:
        raise UnknownParameter({name: [f"Write a whole number from 1 to {maximum}."]})
    return int(text)


def _found(queryset: QuerySet[Any], wanted: slice, view: Any) -> tuple[int, QuerySet[Any]]:
    """How many rows a search finds, and those `wanted` of them.

    In one pass: a search costs what it reads, and counting, sorting and reading would each search.
    It also keeps planners, which cannot know how many rows a word matches, from walking the whole
    order index to find a few.
    """
    counted = queryset.annotate(_count=Window(Count("*"))).values_list("pk", "_count")
    rows = list(counted[wanted])
    if rows:
        count = rows[0][1]
    else:
        count = queryset.order_by().count() if wanted.start else 0
    page = view.get_queryset().filter(pk__in=[pk for pk, _ in rows])
    return count, view.order.apply(page)


class _Row(Func):
    template = "(%(expressions)s)"
    output_field = BooleanField()


class _Beyond(Func):
    """Comparison of two rows, which one index on (organization, order, id) answers."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


def _is_beyond(order: Order, value: Any, pk: str) -> Expression:
    last = _Row(Value(value, output_field=order.output_field), Value(pk, output_field=UUIDField()))
    return _Beyond(
        _Row(order.expression, F("id")), last, arg_joiner=" < " if order.descending else " > "
    )


def _encode(order: Order, row: dict[str, Any]) -> str:
    packed = orjson.dumps([order.text, row["_order"], row["id"]], default=str)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _decode(cursor: str, order: Order) -> tuple[Any, Any]:
    """The value and id of the last row read; a cursor of another order is an error."""
    try:
        text, value, pk = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if text != order.text:
            raise ValueError(text)
        return _comparable(value, order.output_field), _comparable(pk, UUIDField())
    except (ValueError, TypeError, OverflowError, binascii.Error, ValidationError):
        raise UnknownParameter(
            {"cursor": ["This cursor does not fit. Start again with an empty one."]}
        ) from None


def _comparable(value: Any, field: Field) -> Any:
    """`value` as a database can compare it with `field`, or an error that says it cannot."""
    result = field.to_python(value)
    field.run_validators(result)
    if result is None or (isinstance(result, str) and "\0" in result):
        raise ValueError(value)
    return result.astimezone(UTC) if isinstance(result, datetime) else result
