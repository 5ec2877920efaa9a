"""What a connector reads from a report, piece by piece. Plain values alone.

A connector yields these from `read`, as a stream: whatever the size of the report, only a piece at
a time is held in memory. Texts may be as long as the report has them; the platform shortens them.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from risks.registers.results import Table


@dataclass(frozen=True, slots=True)
class FindingItem:
    """One thing that `tool` saw on one asset.

    `rule` is the rule's id or the CVE, `location` where on the asset (a file and line, a package,
    a port): tool, rule, asset and location together identify the finding over scans, so none of
    them may hold what changes from scan to scan. `asset` is a name or "" where the report names
    none. `row` is its place in the report, from 1. `state` is "open" unless the report itself says
    that it is suppressed ("accepted") or wrong ("false_positive").
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


@dataclass(frozen=True, slots=True)
class AssetItem:
    """What the report knows of an asset that findings name; yield it before they do.

    Only used where the register has no such asset yet.
    """

    row: int
    name: str
    type: str = "other"  # a value of risks.models.AssetType
    hostnames: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """When `tool` looked, and which assets it looked at whole; yield it anywhere in the stream.

    An open finding of this tool on one of the `covered` assets that is not in the report is closed.
    `covered` is empty where the report cannot tell, and then nothing is closed. `at` is aware.
    """

    tool: str
    at: datetime | None = None
    covered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VulnerabilityItem:
    """What a feed knows of a CVE; it marks the findings of that CVE. None: it says nothing of it.

    `reason` says in a sentence why the risks of marked findings may be more likely now.
    """

    row: int
    cve: str
    known_exploited: bool | None = None
    epss: Decimal | None = None  # 0 to 1
    listed: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VexItem:
    """A statement on whether a CVE affects a component: it decides findings that exist.

    `state` is a value of risks.models.FindingState. `asset` and `location` as in FindingItem, ""
    where the statement holds for every asset or place.
    """

    row: int
    cve: str
    state: str
    reason: str
    asset: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class FrameworkItem:
    """A catalogue of controls; yield it before its controls."""

    row: int
    name: str
    edition: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class ControlItem:
    """A control of the framework that was yielded last. `parent` is the identifier of another one,
    which came before."""

    row: int
    identifier: str
    title: str
    text: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class TableItem:
    """A register in the whole. `mapping` says of headers which field they are, or "extra"."""

    table: Table
    mapping: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """A piece of the report that cannot be read; the rest can. `value` is the start of it."""

    row: int
    reason: str
    value: str = ""
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in the register of the organization with this slug.

    `type` is risk.created, risk.level_changed, risk.status_changed, risk.closed or test, `title` a
    sentence, `url` the page that shows it ("" for none), `data` JSON: reference, level, status ...
    It happened `at` and is sent `sent_at`, perhaps again.
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
class Message:
    """What is posted to say it."""

    url: str
    headers: dict[str, str]
    body: bytes


Item = (
    FindingItem
    | AssetItem
    | Scan
    | VulnerabilityItem
    | VexItem
    | FrameworkItem
    | ControlItem
    | TableItem
    | RejectedItem
)
Config = dict[str, Any]
