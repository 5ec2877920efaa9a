"""Any JSON feed: where its entries are, and which of their values mean what, is configured."""

from collections.abc import Iterator
from typing import IO, Any

from marketplace.connectors.base import (
    MEGABYTE,
    Capability,
    Connector,
    ConnectorCategory,
    UnreadableReport,
)
from marketplace.connectors.items import Config, FindingItem, Item, RejectedItem, TableItem
from marketplace.connectors.parsing import (
    as_dict,
    parse_severity,
    severity_from_score,
    stream_json,
    to_number,
    to_text,
)
from risks.registers.results import Table

MOST_RISKS = 100_000
_FINDING = ("rule", "title", "severity", "asset", "location", "description", "cvss")
_RISK = (
    *("title", "external_id", "description", "category", "status", "owner", "tags", "assets"),
    *("inherent_likelihood", "inherent_impact", "residual_likelihood", "residual_impact"),
    *("target_likelihood", "target_impact", "treatment", "treatment_plan", "due_date"),
)
_PATH = {"type": "string", "minLength": 1}


def _mapping(fields: tuple[str, ...], required: tuple[str, ...]) -> dict[str, Any]:
    return {
        "properties": {
            "mapping": {
                "properties": dict.fromkeys(fields, _PATH),
                "required": list(required),
                "additionalProperties": False,
            }
        }
    }


class JsonFeed(Connector):
    """A path names a value inside of another, as in `asset.name`."""

    slug = "json-feed"
    name = "JSON feed"
    version = "1.0.0"
    summary = "Risks or findings from any address that answers JSON."
    documentation = (
        "For sources that no other connector knows. Give the address, where in the answer the "
        "list of entries is (data.items; nothing where the answer is the list itself), and which "
        "value of an entry is which field.\n\n"
        'A feed of findings: {"kind": "findings", "items": "data.alerts", "tool": "Watcher", '
        '"mapping": {"rule": "check.id", "title": "name", "severity": "level", "asset": '
        '"host"}}. A severity may be a word or a score from 0 to 10.\n\n'
        'A feed of risks: {"kind": "risks", "mapping": {"title": "name", "external_id": "id", '
        '"inherent_likelihood": "l", "inherent_impact": "i"}}. Its values are read as those of a '
        "spreadsheet.\n\n"
        "A token is sent as a bearer token."
    )
    category = ConnectorCategory.INTEGRATION
    capabilities = (Capability.RISK_IMPORT, Capability.FINDING_IMPORT)
    permissions = ("Creates and updates risks or findings", "Creates assets that are missing")
    file_names = (".json",)
    largest_report = 64 * MEGABYTE  # its risks are kept in memory while they are read
    schema = {
        "type": "object",
        "properties": {
            "kind": {"type": "string", "enum": ["findings", "risks"], "title": "What it has"},
            "url": {"type": "string", "format": "uri", "title": "Address"},
            "token": {"type": "string", "writeOnly": True, "minLength": 1, "title": "Token"},
            "items": {"type": "string", "title": "Where the entries are"},
            "tool": {"type": "string", "minLength": 1, "title": "Name of the tool, for findings"},
            "mapping": {
                "type": "object",
                "title": "Mapping",
                "description": "Path of the value by field",
            },
        },
        "required": ["kind", "mapping"],
        "additionalProperties": False,
        "if": {"properties": {"kind": {"const": "risks"}}},
        "then": _mapping(_RISK, ("title",)),
        "else": {**_mapping(_FINDING, ("rule", "title", "severity")), "required": ["tool"]},
    }

    def request_headers(self, config: Config) -> dict[str, str]:
        return {"Authorization": f"Bearer {config['token']}"} if config.get("token") else {}

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        where = to_text(config.get("items")).strip(".")
        mapping: dict[str, str] = config["mapping"]
        entries = _entries(file, where)
        if config["kind"] == "risks":
            yield _table(entries, mapping)
            return
        for row, entry in enumerate(entries, 1):
            yield _finding(row, entry, mapping, config["tool"])


def _entries(file: IO[bytes], where: str) -> Iterator[Any]:
    """Nothing is an answer too, but only from a list that is there."""
    found = False
    for _, _, entry in stream_json(file, (f"{where}.item" if where else "item",)):
        found = True
        yield entry
    if not found and not any(value == [] for _, _, value in stream_json(file, (where,))):
        named = f"at {where[:100]}" if where else "in the answer"
        raise UnreadableReport(f"There is no list {named}. Correct where the entries are.")


def _at(entry: Any, path: str) -> Any:
    for part in path.split("."):
        entry = as_dict(entry).get(part)
    return entry


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(to_text(part) for part in value)
    return "" if isinstance(value, bool | dict) else to_text(value)


def _table(entries: Iterator[Any], mapping: dict[str, str]) -> TableItem:
    rows = []
    for row, entry in enumerate(entries, 1):
        if row > MOST_RISKS:
            raise UnreadableReport(f"The feed has more than {MOST_RISKS:,} risks. Split it.")
        rows.append((row, {name: _cell(_at(entry, path)) for name, path in mapping.items()}))
    return TableItem(Table(list(mapping), rows), {name: name for name in mapping})


def _finding(
    row: int, entry: Any, mapping: dict[str, str], tool: str
) -> FindingItem | RejectedItem:
    said = {name: _at(entry, path) for name, path in mapping.items()}
    rule, title = to_text(said["rule"]).strip(), to_text(said["title"]).strip()
    if not rule or not title:
        missing = "rule" if not rule else "title"
        return RejectedItem(row, f"The entry has no {missing}.", to_text(entry), mapping[missing])
    score = to_number(said["severity"], 10)
    word = severity_from_score(score) if score is not None else parse_severity(said["severity"])
    if not word:
        reason = "The severity is neither a known word nor a number from 0 to 10."
        return RejectedItem(row, reason, to_text(said["severity"]), mapping["severity"])
    return FindingItem(
        row=row,
        tool=tool,
        rule=rule,
        severity=word,
        title=title,
        asset=to_text(said.get("asset")).strip(),
        location=to_text(said.get("location")).strip(),
        description=to_text(said.get("description")),
        cvss=to_number(said.get("cvss"), 10),
    )
