"""JSON in."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

NULL_CHARACTER = "Null characters are not allowed."


class OrjsonParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # Django checks forms only
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}. Send one JSON value.") from None
        if rb"\u0000" in body and (path := _find_null(value)):
            # PostgreSQL stores none, and no text of a register holds one.
            raise ValidationError(path)
        return value


def _find_null(value: Any) -> Any:
    """The error of the first null character in `value`, nested as serializers nest theirs."""
    if isinstance(value, str):
        return [NULL_CHARACTER] if "\0" in value else None
    if isinstance(value, list):
        value = {str(index): item for index, item in enumerate(value)}
    if not isinstance(value, dict):
        return None
    for name, item in value.items():
        if error := _find_null(name) or _find_null(item):
            return {name.replace("\0", ""): error}
    return None
