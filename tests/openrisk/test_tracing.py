"""Nothing is traced unless asked; what traces hold is tried in tests/deployment."""

from openrisk import tracing


def test_nothing_stands_around_the_application_unless_asked(settings):
    settings.TRACES_ENDPOINT = ""
    application = object()
    assert tracing.traced(application, route_key="route") is application
