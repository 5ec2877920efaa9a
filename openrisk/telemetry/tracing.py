"""Traces of requests by OpenTelemetry, made only where OTEL_EXPORTER_OTLP_ENDPOINT says where to.

A span of a request is named by its route and says what the cache did: `openrisk.cache.result` (hit,
miss, stale, bypass) and `openrisk.cache.layer` (front, memory, store, view). Below it stand Django,
each statement and each command to Redis. Which requests are traced is for the sampler, whose
variables are OpenTelemetry's own (OTEL_TRACES_SAMPLER).

Its packages are imported where they are used, so that others need not wait for them.
"""

import re
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

from django.conf import settings

from openrisk.telemetry.logs import hide_invitation

Application = Callable[..., Iterable[bytes]]
_LAYER = re.compile(r"detail=(\w+)")


def install_tracing() -> None:
    """Before Django's handler is made, in the process that serves: spans are sent by a thread."""
    if not settings.TRACES_ENDPOINT:
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "openrisk"}))
    exporter = OTLPSpanExporter(f"{settings.TRACES_ENDPOINT.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(request_hook=hide_secrets)
    PsycopgInstrumentor().instrument()
    RedisInstrumentor().instrument()


def trace_requests(application: Application, *, route_key: str) -> Application:
    """The application with a span around each request; the same one where nothing is traced.

    `route_key` is where the environ of a request has the name of its route, once it is known.
    """
    if not settings.TRACES_ENDPOINT:
        return application
    from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware

    return OpenTelemetryMiddleware(_TraceHeaders(application, route_key), request_hook=hide_secrets)


def hide_secrets(span: Any, request: Any) -> None:
    """Leave out of the address of a request what accepts an invitation."""
    for name, value in dict(getattr(span, "attributes", None) or {}).items():
        if isinstance(value, str) and "/invitation/" in value:
            span.set_attribute(name, hide_invitation(value))


class _TraceHeaders:
    """Tells the span what became of the request, and the caller which trace it is."""

    def __init__(self, application: Application, route_key: str) -> None:
        self.application = application
        self.route_key = route_key

    def __call__(self, environ: MutableMapping[str, Any], start_response: Any) -> Iterable[bytes]:
        from opentelemetry import trace

        span = trace.get_current_span()
        context = span.get_span_context()
        parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if route := environ.get(self.route_key):
                span.update_name(f"{environ['REQUEST_METHOD']} {route}")
                span.set_attribute("http.route", route)
            values = dict(headers)
            if result := values.get("X-Cache"):
                span.set_attribute("openrisk.cache.result", result.lower())
            if layer := _LAYER.search(values.get("Cache-Status", "")):
                span.set_attribute("openrisk.cache.layer", layer[1])
            traced = [*headers, ("Server-Timing", f'traceparent;desc="{parent}"')]
            return start_response(status, traced, *rest)

        return self.application(environ, start)


def name_trace(logger: Any, method: str, event: MutableMapping[str, Any]) -> Any:
    """Adds `trace_id` to what is logged while a request is traced."""
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event
