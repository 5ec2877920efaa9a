"""Getting hold of what a connector reads, and finding out whether an app would work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.utils import timezone

from marketplace.connectors.base import Capability, Connector, UnreadableReport
from marketplace.connectors.items import Event
from marketplace.installations import configuration as configurations
from marketplace.installations.encryption import SecretsUnreadable
from marketplace.models import Failure, InstalledApp
from marketplace.network import fetching
from marketplace.registry import available_connectors
from marketplace.sync.to_records import survey_report

REFUSED = (401, 403)
log = structlog.get_logger(__name__)


class SourceFailed(Exception):
    """The source, or who receives messages, could not be used. `lasting`: trying again will not
    help. The message says why, and holds no secret."""

    def __init__(self, failure: str, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.failure = failure
        self.message = message
        self.lasting = lasting


@dataclass(frozen=True)
class ProbeResult:
    works: bool
    message: str


@dataclass(frozen=True)
class SourceReport:
    file: IO[bytes]
    name: str
    sha256: str


def load_configuration(app: InstalledApp) -> dict[str, Any]:
    try:
        return configurations.full_configuration(app)
    except SecretsUnreadable as error:
        raise SourceFailed(Failure.CREDENTIAL, str(error), lasting=True) from None


@contextmanager
def fetch_report(connector: Connector, configuration: dict[str, Any]) -> Iterator[SourceReport]:
    """The report in a temporary file. Raises SourceFailed."""
    url = configurations.report_address(connector, configuration)
    with TemporaryFile() as file:
        with _reaching():
            found = fetching.fetch(
                url,
                file,
                headers=connector.request_headers(configuration),
                limit=connector.largest_report,
                allowed=_networks(),
            )
        file.seek(0)
        yield SourceReport(file, found.file_name, found.sha256)


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except fetching.FetchRefused as error:
        raise SourceFailed(Failure.CONNECTION, str(error), lasting=True) from None
    except fetching.FetchFailed as error:
        refused = error.status in REFUSED
        failure = Failure.CREDENTIAL if refused else Failure.CONNECTION
        lasting = error.status is not None and 400 <= error.status < 500 and error.status != 429
        raise SourceFailed(failure, str(error), lasting=lasting) from None


def _networks() -> Any:
    return tuple(ip_network(text) for text in settings.MARKETPLACE_ALLOWED_NETWORKS)


def send_message(connector: Connector, event: Event, configuration: dict[str, Any]) -> None:
    """Send one message. Raises SourceFailed."""
    message = connector.build_message(event, configuration)
    with _reaching():
        fetching.post_message(message.url, message.body, message.headers, allowed=_networks())


def probe_app(app: InstalledApp) -> ProbeResult:
    """Read the report as a run would, or send a test message. Nothing is written."""
    connector = available_connectors()[app.connector]
    try:
        return ProbeResult(True, _try(app, connector, load_configuration(app)))
    except SourceFailed as error:
        return ProbeResult(False, error.message)
    except UnreadableReport as error:
        return ProbeResult(False, f"The source answers, but {error.message}")
    # The boundary to connectors: a test that never ends would be waited for.
    except Exception as error:
        log.exception("test_failed", app=str(app.pk), connector=app.connector)
        kind = type(error).__name__
        return ProbeResult(False, f"The test met something unexpected ({kind}). Ask your operator.")


def _try(app: InstalledApp, connector: Connector, configuration: dict[str, Any]) -> str:
    if Capability.NOTIFICATION in connector.capabilities:
        send_message(connector, _test_event(app), configuration)
        return "The test message was taken."
    if not configurations.report_address(connector, configuration):
        return "It reads reports that are uploaded: there is no address to reach."
    with fetch_report(connector, configuration) as report:
        found = survey_report(connector.read_report(report.file, configuration, name=report.name))
    return f"The source was read: {found.items} entries, {found.rejected} of them unreadable."


def _test_event(app: InstalledApp) -> Event:
    return Event(
        id=str(uuid4()),
        type="test",
        at=timezone.now(),
        organization=app.organization.slug,
        title=f"A test message of {app.name}: nothing has happened.",
        url="",
        data={},
        sent_at=timezone.now(),
    )
