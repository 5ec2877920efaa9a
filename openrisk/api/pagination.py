"""Pages by number, with a count; or by cursor, at the same cost however far one reads."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db.models import (
    BooleanField,
    Count,
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

from openrisk.api.filters import FilteredList, Order
from openrisk.api.problems import UnknownParameter

PAGE_SIZE = 25
MAX_PAGE_SIZE = 200
MAX_PAGE = 1_000_000


class Pagination(BasePagination):
    """`page` and `page_size`, or `cursor` (empty for the first page; `count` is then null).

    Pages are lists of dicts with the `paths` of the rows; for a cursor they include `_order` and
    `id`.
    """

    count: int | None

    def paginate(
        self, filtered: FilteredList, request: Request, paths: Sequence[str]
    ) -> list[dict[str, Any]]:
        self.url = request.build_absolute_uri()
        self.size = _read_number(request, "page_size", PAGE_SIZE, MAX_PAGE_SIZE)
        if "cursor" in request.query_params:
            return self._page_by_cursor(filtered, request.query_params["cursor"], paths)
        page = _read_number(request, "page", 1, MAX_PAGE)
        return self._page_by_number(filtered, page, paths)

    def _page_by_number(
        self, filtered: FilteredList, page: int, paths: Sequence[str]
    ) -> list[dict[str, Any]]:
        start = (page - 1) * self.size
        span = slice(start, start + self.size)
        if filtered.is_search:
            self.count, rows = _count_and_select(filtered, span)
        else:
            # Counted before the paths are added: they would join tables that change no count.
            self.count, rows = filtered.rows.order_by().count(), filtered.rows
        if start and start >= self.count:
            last = max(1, -(-self.count // self.size))
            raise UnknownParameter({"page": [f"There is no page {page}; the last is {last}."]})
        has_next = start + self.size < self.count
        self.next = replace_query_param(self.url, "page", page + 1) if has_next else None
        self.previous = replace_query_param(self.url, "page", page - 1) if page > 1 else None
        return list(rows.values(*paths)[slice(None) if filtered.is_search else span])

    def _page_by_cursor(
        self, filtered: FilteredList, cursor: str, paths: Sequence[str]
    ) -> list[dict[str, Any]]:
        order = filtered.order
        self.count, self.previous = None, None
        if cursor:
            value, pk = _decode_cursor(cursor, order)
            last = _Row(
                Value(value, output_field=order.output_field), Value(pk, output_field=UUIDField())
            )
            operator = " < " if order.is_descending else " > "
            beyond = _Beyond(_Row(order.expression, F("id")), last, arg_joiner=operator)
            filtered = replace(filtered, rows=filtered.rows.filter(beyond))
        selected = filtered.rows
        if filtered.is_search:
            _, selected = _count_and_select(filtered, slice(self.size + 1))
        rows = list(selected.values(*paths)[: self.size + 1])
        has_next, rows = len(rows) > self.size, rows[: self.size]
        self.next = None
        if has_next:
            packed = orjson.dumps([order.text, rows[-1]["_order"], rows[-1]["id"]], default=str)
            following = base64.urlsafe_b64encode(packed).decode().rstrip("=")
            url = remove_query_param(self.url, "page")
            self.next = replace_query_param(url, "cursor", following)
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


def _read_number(request: Request, name: str, default: int, maximum: int) -> int:
    text = request.query_params.get(name, str(default))
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    if not is_number or not 1 <= int(text) <= maximum:
        raise UnknownParameter({name: [f"Write a whole number from 1 to {maximum}."]})
    return int(text)


def _count_and_select(filtered: FilteredList, span: slice) -> tuple[int, QuerySet[Any]]:
    """The number of rows that a search finds, and those of them in `span`.

    In one pass: a search costs what it reads, and counting, sorting and reading would each search.
    It also keeps planners, which cannot know how many rows a word matches, from walking the whole
    order index to find a few.
    """
    counted = filtered.rows.annotate(_count=Window(Count("*"))).values_list("pk", "_count")
    rows = list(counted[span])
    if rows:
        count = rows[0][1]
    else:
        count = filtered.rows.order_by().count() if span.start else 0
    page = filtered.candidates.filter(pk__in=[pk for pk, _ in rows])
    return count, filtered.order.sort(page)


class _Row(Func):
    template = "(%(expressions)s)"
    output_field = BooleanField()


class _Beyond(Func):
    """Comparison of two rows, which one index on (organization, order, id) answers."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


def _decode_cursor(cursor: str, order: Order) -> tuple[Any, Any]:
    """The value and id of the last row read; a cursor of another order is an error."""
    try:
        text, value, pk = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if text != order.text:
            raise ValueError(text)
        return _to_comparable(value, order.output_field), _to_comparable(pk, UUIDField())
    except (ValueError, TypeError, OverflowError, binascii.Error, ValidationError):
        raise UnknownParameter(
            {"cursor": ["This cursor does not fit. Start again with an empty one."]}
        ) from None


def _to_comparable(value: Any, field: Field) -> Any:
    """`value` as a database can compare it with `field`, or an error that says it cannot."""
    result = field.to_python(value)
    field.run_validators(result)
    if result is None or (isinstance(result, str) and "\0" in result):
        raise ValueError(value)
    return result.astimezone(UTC) if isinstance(result, datetime) else result
