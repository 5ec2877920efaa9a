"""The base classes of connectors: declarations, and one method that reads or sends."""

from collections.abc import Iterator
from enum import StrEnum
from typing import IO, Any, ClassVar

from marketplace.connectors.items import Config, Event, Item, OutgoingMessage

MEGABYTE = 1024**2


class ConnectorCategory(StrEnum):
    INTEGRATION = "integration"
    REPORTING = "reporting"
    SECURITY = "security"
    COMPLIANCE = "compliance"
    NOTIFICATION = "notification"


class Capability(StrEnum):
    RISK_IMPORT = "risk_import"
    FINDING_IMPORT = "finding_import"
    CONTROL_IMPORT = "control_import"
    RISK_EXPORT = "risk_export"
    NOTIFICATION = "notification"


class Maturity(StrEnum):
    ACTIVE = "active"
    BETA = "beta"
    DEPRECATED = "deprecated"


MATURITIES = [(maturity.value, maturity.name.capitalize()) for maturity in Maturity]


class UnreadableReport(Exception):
    """The report as a whole cannot be read. The message says what is wrong and what to do next.

    `row` is the position in the report, if it is known.
    """

    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.row = row


class Connector:
    """A kind of integration. Subclasses declare, and override `read_report` or `build_message`.

    `schema` is the JSON Schema (2020-12) of its configuration; a property with
    `"writeOnly": true` is a secret: stored encrypted, and never shown. Of an address
    (`"format": "uri"`) user, query and fragment are secret; if it is writeOnly, all but its host.
    `documentation` is read by people before they install it: paragraphs of plain text.
    `permissions` lists in words what it may do, e.g. "Creates and updates findings".
    """

    slug: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[str]  # semantic
    summary: ClassVar[str]  # one sentence
    documentation: ClassVar[str]
    category: ClassVar[ConnectorCategory]
    capabilities: ClassVar[tuple[Capability, ...]]
    permissions: ClassVar[tuple[str, ...]]
    maturity: ClassVar[Maturity] = Maturity.ACTIVE
    schema: ClassVar[dict[str, Any]] = {"type": "object", "properties": {}}
    # The address of the report, unless the configuration has another "url"; "" for none.
    default_url: ClassVar[str] = ""
    file_names: ClassVar[tuple[str, ...]] = ()  # endings of the files it reads, e.g. ".json"
    largest_report: ClassVar[int] = 256 * MEGABYTE  # bytes, uploaded or fetched

    def request_headers(self, config: Config) -> dict[str, str]:
        """Headers of a request for the report, e.g. with a token."""
        return {}

    def build_message(self, event: Event, config: Config) -> OutgoingMessage:
        """The message for an event. Connectors with the capability notification override this."""
        raise NotImplementedError

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        """Yield the items of one report. `file` is seekable, `name` is its name.

        Raises UnreadableReport, also after some items: then nothing of the report is imported.
        """
        raise NotImplementedError


def report_schema(**properties: dict[str, Any]) -> dict[str, Any]:
    """The schema of a connector that reads reports, with its own properties after the address."""
    url = {"type": "string", "format": "uri", "title": "Address of the report"}
    return {
        "type": "object",
        "properties": {"url": url, **properties},
        "additionalProperties": False,
    }


class ScannerConnector(Connector):
    """Reads the reports of a tool: findings, and the assets that they are on."""

    category = ConnectorCategory.SECURITY
    capabilities = (Capability.FINDING_IMPORT,)
    permissions = ("Creates, updates and resolves findings", "Creates assets that are missing")
    schema = report_schema()
