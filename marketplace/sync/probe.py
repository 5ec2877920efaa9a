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
from marketplace.models import App, Failure
from marketplace.network import fetching
from marketplace.registry import connectors
from marketplace.sync.to_records import survey

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
class Outcome:
    works: bool
    message: str


@dataclass(frozen=True)
class Report:
    file: IO[bytes]
    name: str
    sha256: str


def configuration_of(app: App) -> dict[str, Any]:
    try:
        return configurations.full(app)
    except SecretsUnreadable as error:
        raise SourceFailed(Failure.CREDENTIAL, str(error), lasting=True) from None


@contextmanager
def fetched(connector: Connector, configuration: dict[str, Any]) -> Iterator[Report]:
    """The report in a temporary file. Raises SourceFailed."""
    url = configurations.address(connector, configuration)
    with TemporaryFile() as file:
        with _reaching():
            found = fetching.fetch(
                url,
                file,
                headers=connector.headers(configuration),
                limit=connector.largest_report,
                allowed=_networks(),
            )
        file.seek(0)
        yield Report(file, found.file_name, found.sha256)


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


def deliver(connector: Connector, event: Event, configuration: dict[str, Any]) -> None:
    """Send one message. Raises SourceFailed."""
    message = connector.message(event, configuration)
    with _reaching():
        fetching.send(message.url, message.body, message.headers, allowed=_networks())


def probe(app: App) -> Outcome:
    """Read the report as a run would, or send a test message. Nothing is written."""
    connector = connectors()[app.connector]
    try:
        return Outcome(True, _try(app, connector, configuration_of(app)))
    except SourceFailed as error:
        return Outcome(False, error.message)
    except UnreadableReport as error:
        return Outcome(False, f"The source answers, but {error.message}")
    # The boundary to connectors: a test that never ends would be waited for.
    except Exception as error:
        log.exception("test_failed", app=str(app.pk), connector=app.connector)
        kind = type(error).__name__
        return Outcome(False, f"The test met something unexpected ({kind}). Ask your operator.")


def _try(app: App, connector: Connector, configuration: dict[str, Any]) -> str:
    if Capability.NOTIFICATION in connector.capabilities:
        deliver(connector, _test_event(app), configuration)
        return "The test message was taken."
    if not configurations.address(connector, configuration):
        return "It reads reports that are uploaded: there is no address to reach."
    with fetched(connector, configuration) as report:
        found = survey(connector.read(report.file, configuration, name=report.name))
    return f"The source was read: {found.items} entries, {found.rejected} of them unreadable."


def _test_event(app: App) -> Event:
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
