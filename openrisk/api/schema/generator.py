"""Adds what drf-spectacular cannot see: the shared parameters and the problem body."""

import inspect
from typing import Any

from drf_spectacular.authentication import SessionScheme as DjangoSessionScheme
from drf_spectacular.contrib.django_filters import DjangoFilterExtension
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from openrisk.api.filters import MAX_SEARCH
from openrisk.api.serializers import RowSerializer, Serializer
from openrisk.limits import reason_for
from openrisk.server.limits import format_size, limit_for

PROBLEM_TYPE = "application/problem+json"
PROBLEMS = {
    "400": ("Invalid", "The request is malformed; `errors` points at what is wrong"),
    "409": ("Conflict", "The rules of the domain refuse this now; `reasons` says why"),
    "412": ("StaleVersion", "Someone else changed this since the version that was sent"),
    "413": ("TooLarge", "The body is larger than what is taken here"),
    "422": ("KeyReused", "This Idempotency-Key was used for a different request"),
    "428": ("VersionRequired", "This needs the version that you saw: If-Match, or in the body"),
    "429": ("TooManyTries", "Too many tries; Retry-After says how many seconds to wait"),
}
BASE_DESCRIPTIONS = {inspect.getdoc(Serializer), inspect.getdoc(RowSerializer)}
DATABASE_INTEGER = 2**31 - 1
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "reasons": {"type": "array", "items": {"type": "string"}},
        "rows": {
            "type": "array",
            "description": "What is wrong with the rows of an uploaded file",
            "items": {
                "type": "object",
                "properties": {
                    "row": {"type": ["integer", "null"]},
                    "column": {"type": ["string", "null"]},
                    "value": {"type": "string"},
                    "reason": {"type": "string"},
                },
            },
        },
        "edits": {
            "type": "array",
            "description": "What was edited since an import run was applied",
            "items": {"type": "object"},
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body"},
                    "parameter": {"type": "string", "description": "Query parameter"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "openrisk.api.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <token>`, from /api/v1/auth/login/ or `manage.py token_create`",
        }


class SessionScheme(DjangoSessionScheme):
    """The session's cookie, together with the organization where there are several."""

    target_class = "openrisk.api.accounts.authentication.SessionAuthentication"
    name = ["cookieAuth", "organization"]  # type: ignore[assignment]  # a list is allowed

    def get_security_requirement(self, auto_schema: AutoSchema) -> Any:
        return [{"cookieAuth": []}, {"cookieAuth": [], "organization": []}]

    def get_security_definition(self, auto_schema: AutoSchema) -> Any:
        header = {
            "type": "apiKey",
            "in": "header",
            "name": "X-Organization",
            "description": "The slug of the organization, beside a session. Anyone who belongs to "
            "several organizations must send it; a token has an organization already.",
        }
        return [super().get_security_definition(auto_schema), header]


class StrictFilters(DjangoFilterExtension):  # type: ignore[no-untyped-call]
    """Adds what every list takes besides its filters."""

    target_class = "openrisk.api.filters.StrictFilterBackend"
    match_subclasses = True
    priority = 1  # before drf-spectacular's own, which knows filters only

    def get_schema_operation_parameters(
        self, auto_schema: AutoSchema, *args: Any, **kwargs: Any
    ) -> list[dict[str, Any]]:
        view: Any = auto_schema.view
        parameters = super().get_schema_operation_parameters(auto_schema, *args, **kwargs)
        names = [name for order in sorted(view.orders) for name in (order, f"-{order}")]
        orders = {"type": "string", "enum": names, "default": view.default_order}
        parameters.append({"name": "ordering", "in": "query", "schema": orders})
        if view.searchable:
            search = {"type": "string", "maxLength": MAX_SEARCH}
            parameters.append(
                {
                    "name": "search",
                    "in": "query",
                    "description": "Words that all stand in the row, also inside of longer ones; "
                    "case, accents and forms of characters do not matter, signs do",
                    "schema": search,
                }
            )
        return parameters


IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag that you saw, or `*`; a `version` in the body says the same",
    "schema": {"type": "string"},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A repeat with the same key is answered with the first answer",
    "schema": {"type": "string", "maxLength": 255},
}


class Schema(AutoSchema):
    """Adds to every operation its problems, and the headers that it reads."""

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        headers = [IF_MATCH] if self._precondition() is not None else []
        if self.method == "POST" and hasattr(self.view, "preconditions"):
            headers.append(IDEMPOTENCY_KEY)
        if headers:
            operation["parameters"] = [*headers, *operation.get("parameters", [])]
        if "requestBody" in operation:
            limit = limit_for(self.path)
            operation["requestBody"]["description"] = f"At most {format_size(limit.size)}"
        for status in self._problems("requestBody" in operation):
            name, _ = PROBLEMS[status]
            operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{name}"})
        operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
        return operation

    def _precondition(self) -> bool | None:
        """Whether the action needs the version that its caller saw; None if it takes none."""
        if self.method == "GET":
            return None
        return getattr(self.view, "preconditions", {}).get(getattr(self.view, "action", ""))

    def _problems(self, takes_body: bool) -> list[str]:
        """The statuses of the problems that this operation can answer, beside any other."""
        if self.method == "GET":
            return ["400"]
        precondition = self._precondition()
        chosen = {
            "400": True,
            "409": hasattr(self.view, "preconditions"),
            "412": precondition is not None,
            "413": takes_body,
            "422": self.method == "POST" and hasattr(self.view, "preconditions"),
            "428": bool(precondition),
            "429": getattr(self.view, "limits_tries", False),
        }
        return [status for status, occurs in chosen.items() if occurs]


def _problem_response(description: str) -> dict[str, Any]:
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


def _give_reasons(schema: dict[str, Any]) -> None:
    """Say of each text, and of those within lists and objects, why it may be so long."""
    for part in (
        *schema.get("properties", {}).values(),
        *(schema[key] for key in ("items", "additionalProperties") if schema.get(key)),
    ):
        if not isinstance(part, dict):
            continue
        if "maxLength" in part:
            texts = [part["description"]] if "description" in part else []
            part["description"] = "\n\n".join([*texts, reason_for(part["maxLength"])])
        _give_reasons(part)


def finish(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Postprocessing hook: adds the problem, drops what says nothing about the API."""
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("Request"):
            _give_reasons(schema)
    for schema in schemas.values():
        if schema.get("description") in BASE_DESCRIPTIONS:
            del schema["description"]
        for field in schema.get("properties", {}).values():
            # The range of the database's integers: another one on each database.
            if abs(field.get("maximum", 0)) >= DATABASE_INTEGER:
                del field["maximum"]
            if abs(field.get("minimum", 0)) >= DATABASE_INTEGER:
                del field["minimum"]
            if field.get("format") == "int64":
                del field["format"]
    schemas["Problem"] = PROBLEM
    result["components"]["responses"] = {
        "Problem": _problem_response("A problem (RFC 9457)"),
        **{name: _problem_response(description) for name, description in PROBLEMS.values()},
    }
    return result
