"""Without a collector nothing is traced; a wrong address stops the start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from openrisk import env, tracing


def test_nothing_stands_around_the_application_unless_asked(settings):
    settings.TRACES_ENDPOINT = ""
    application = object()
    assert tracing.traced(application, route_key="route") is application


def test_what_is_no_address_is_refused(monkeypatch):
    monkeypatch.setitem(env.source.ENVIRON, "OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")
    with pytest.raises(ImproperlyConfigured, match="write one such as http://"):
        env.address("OTEL_EXPORTER_OTLP_ENDPOINT")
