"""Fetches reports, sends messages, and tries out whether an app works."""

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
from marketplace.registry import connector_of
from marketplace.sync.to_records import survey_report

REFUSED = (401, 403)
log = structlog.get_logger(__name__)


class SourceFailed(Exception):
    """The source or the receiver of messages failed. The message says why, without any secret.

    `lasting`: trying again will not help.
    """

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
        with _translate_fetch_errors():
            fetched = fetching.fetch(
                url,
                file,
                headers=connector.request_headers(configuration),
                limit=connector.largest_report,
                allowed=allowed_networks(),
            )
        file.seek(0)
        yield SourceReport(file, fetched.file_name, fetched.sha256)


@contextmanager
def _translate_fetch_errors() -> Iterator[None]:
    try:
        yield
    except fetching.FetchRefused as error:
        raise SourceFailed(Failure.CONNECTION, str(error), lasting=True) from None
    except fetching.FetchFailed as error:
        refused = error.status in REFUSED
        failure = Failure.CREDENTIAL if refused else Failure.CONNECTION
        lasting = error.status is not None and 400 <= error.status < 500 and error.status != 429
        raise SourceFailed(failure, str(error), lasting=lasting) from None


def allowed_networks() -> Any:
    return tuple(ip_network(text) for text in settings.MARKETPLACE_ALLOWED_NETWORKS)


def send_message(connector: Connector, event: Event, configuration: dict[str, Any]) -> None:
    """Send one message. Raises SourceFailed."""
    message = connector.build_message(event, configuration)
    with _translate_fetch_errors():
        fetching.post_message(
            message.url, message.body, message.headers, allowed=allowed_networks()
        )


def probe_app(app: InstalledApp) -> ProbeResult:
    """Read the report as a run would, or send a test message. Nothing is written."""
    connector = connector_of(app)
    try:
        return ProbeResult(True, use_connector(app, connector, load_configuration(app)))
    except SourceFailed as error:
        return ProbeResult(False, error.message)
    except UnreadableReport as error:
        return ProbeResult(False, f"The source answers, but its report is wrong. {error.message}")
    # The boundary to connectors: without an end, people would wait for this test.
    except Exception as error:
        log.exception("test_failed", app=str(app.pk), connector=app.connector)
        kind = type(error).__name__
        message = f"An unexpected error ended the test ({kind}). Ask your operator to read the log."
        return ProbeResult(False, message)


def use_connector(app: InstalledApp, connector: Connector, configuration: dict[str, Any]) -> str:
    """Use the connector once and describe the result. Raises what connectors and sources raise."""
    if Capability.NOTIFICATION in connector.capabilities:
        now = timezone.now()
        event = Event(
            id=str(uuid4()),
            type="test",
            at=now,
            organization=app.organization.slug,
            title=f"A test message of {app.name}: nothing has happened.",
            url="",
            data={},
            sent_at=now,
        )
        send_message(connector, event, configuration)
        return "The test message was accepted."
    if not configurations.report_address(connector, configuration):
        return "It reads reports that are uploaded, so there is no address to try."
    with fetch_report(connector, configuration) as report:
        items = connector.read_report(report.file, configuration, name=report.name)
        survey = survey_report(items)
    return f"The source was read: {survey.items} entries, {survey.rejected} of them unreadable."
