"""The items of a report, and the events that are sent: plain values.

A connector yields items from `read_report` as a stream, so that only one is in memory at a time.
Texts may have any length; the platform shortens them.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from risks.registers.results import Table


@dataclass(frozen=True, slots=True)
class FindingItem:
    """One problem that `tool` reports on one asset.

    `rule` is the id of the rule or the CVE, `location` the position on the asset (a file and line,
    a package, a port). Tool, rule, asset and location together identify the finding over scans, so
    none of them may contain anything that changes from scan to scan. `asset` is a name, or "" if
    the report has none. `row` counts from 1. `state` is "open" unless the report itself marks the
    finding as suppressed ("accepted") or wrong ("false_positive"). `cves` are the vulnerabilities
    that it is about, by which feeds find it; `components` are what has them, each a package URL
    with a version, or "name@version".
    """

    row: int
    tool: str
    rule: str
    severity: str  # info, low, medium, high, critical
    title: str
    asset: str = ""
    location: str = ""
    description: str = ""
    cvss: Decimal | None = None  # base score, 0 to 10
    state: str = "open"
    cves: tuple[str, ...] = ()
    components: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssetItem:
    """Details of an asset that findings name. Yield it before those findings.

    It is used only if the register does not have the asset yet.
    """

    row: int
    name: str
    type: str = "other"  # a value of risks.models.AssetType
    hostnames: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """The time of a scan and the assets it covered completely. Yield it anywhere in the stream.

    An open finding of this tool on a `covered` asset that is not in the report is resolved. Leave
    `covered` empty if the report cannot tell: then nothing is resolved. `at` has a time zone.
    """

    tool: str
    at: datetime | None = None
    covered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VulnerabilityItem:
    """Facts of a feed about a CVE, for the findings of that CVE. None: the feed has no such fact.

    `reason` is a sentence that says why the risks of these findings may be more likely now.
    """

    row: int
    cve: str
    known_exploited: bool | None = None
    epss: Decimal | None = None  # 0 to 1
    listed: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BillItem:
    """A bill of materials that statements of others may refer to, by its serial number.

    `product` is the version of the asset that it is about and `subject` the reference of that in
    the bill. `components` are those that the bill refers to by something else than a package URL:
    reference -> component, as in FindingItem.
    """

    row: int
    serial_number: str  # a UUID, or "" if nothing can refer to it
    version: str
    asset: str
    subject: str = ""
    product: str = ""
    components: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """A version, or a range such as vers:npm/>=1.0|<2.0, and its status.

    That is affected, unaffected, unknown, or "" if it is what the statement says.
    """

    version: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class VexItem:
    """A statement whether a vulnerability affects something. It decides findings that exist.

    `state` is a value of risks.models.FindingState. The statement is about what `reference` says:
    a BOM-Link (urn:cdx:...), a component as in FindingItem, or "" for the product itself. `asset`
    and `product` are name and version of the product, "" if the statement does not tell.
    With `versions` it is about those, else about the version in the reference.
    """

    row: int
    cve: str
    state: str
    reason: str
    reference: str = ""
    asset: str = ""
    product: str = ""
    versions: tuple[VersionStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameworkItem:
    """A catalogue of controls; yield it before its controls."""

    row: int
    name: str
    edition: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class ControlItem:
    """A control of the last framework. `parent` is the identifier of an earlier control."""

    row: int
    identifier: str
    title: str
    text: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class TableItem:
    """A whole register. `mapping` has the field for a header, or "extra" to keep the column."""

    table: Table
    mapping: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """A part of the report that cannot be read, while the rest can. `value` is its beginning."""

    row: int
    reason: str
    value: str = ""
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in the register of the organization with this slug.

    `type` is risk.created, risk.level_changed, risk.status_changed, risk.closed or test, `title` a
    sentence, `url` the page of the risk ("" for none), `data` JSON: reference, level, status ...
    It happened `at`; this attempt to send it is from `sent_at`.
    """

    id: str
    type: str
    at: datetime
    organization: str
    title: str
    url: str
    data: dict[str, Any]
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """An HTTP request that reports an event."""

    url: str
    headers: dict[str, str]
    body: bytes


Item = (
    FindingItem
    | AssetItem
    | Scan
    | VulnerabilityItem
    | BillItem
    | VexItem
    | FrameworkItem
    | ControlItem
    | TableItem
    | RejectedItem
)
Config = dict[str, Any]
