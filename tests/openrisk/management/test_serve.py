"""What `manage.py serve` says once the web server answers."""

from io import StringIO

import pytest

from monitoring.health.probes import Readiness
from openrisk.management.commands import serve


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Readiness("", "", "", draining=False, cache="ok"), "OpenRisk is ready at http://"),
        (
            Readiness("", "6 are not applied.", "", draining=False, cache="ok"),
            "is not ready: 6 are not applied.",
        ),
        (
            Readiness("It does not answer.", "", "", draining=False, cache="ok"),
            "is not ready: It does not answer.",
        ),
    ],
    ids=["ready", "migrations-missing", "no-database"],
)
@pytest.mark.django_db
def test_ready_is_said_only_of_what_is(monkeypatch, found: Readiness, said: str) -> None:
    monkeypatch.setattr(serve, "check_readiness", lambda: found)
    monkeypatch.setattr(serve.connections, "close_all", lambda: None)
    output = StringIO()
    serve.Command(stdout=output)._say_ready()
    assert said in output.getvalue()
