"""Nothing is traced unless asked; what traces hold is tried in tests/deployment."""

from wsgiref.util import setup_testing_defaults

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from openrisk.telemetry import tracing


def test_nothing_stands_around_the_application_unless_asked(settings):
    settings.TRACES_ENDPOINT = ""
    application = object()
    assert tracing.trace_requests(application, route_key="route") is application


def test_address_of_an_invitation_is_traced_without_its_secret(settings, monkeypatch):
    monkeypatch.setattr(trace, "get_tracer_provider", TracerProvider)
    settings.TRACES_ENDPOINT = "http://127.0.0.1:4318"
    spans, environ = [], {"RAW_URI": "/invitation/Kw7lopYaiPqf/?a=b"}
    setup_testing_defaults(environ)
    environ["PATH_INFO"] = "/invitation/Kw7lopYaiPqf/"

    def application(environ, start_response):
        spans.append(trace.get_current_span())
        start_response("200 OK", [])
        return [b""]

    list(tracing.trace_requests(application, route_key="route")(environ, lambda *given: None))
    texts = [str(value) for value in spans[0].attributes.values()]
    assert any("/invitation/.../" in text for text in texts)
    assert not any("Kw7lopYaiPqf" in text for text in texts)
