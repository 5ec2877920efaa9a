"""Any JSON feed. The configuration says where its entries are and what their values mean."""

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

MAX_RISKS = 100_000
_FINDING = ("rule", "title", "severity", "asset", "location", "description", "cvss")
_RISK = (
    *("title", "external_id", "description", "category", "status", "owner", "tags", "assets"),
    *("inherent_likelihood", "inherent_impact", "residual_likelihood", "residual_impact"),
    *("target_likelihood", "target_impact", "treatment", "treatment_plan", "due_date"),
)
_PATH = {"type": "string", "minLength": 1}


def mapping_schema(fields: tuple[str, ...], required: tuple[str, ...]) -> dict[str, Any]:
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
    """A path such as `asset.name` is a value inside another one."""

    slug = "json-feed"
    name = "JSON feed"
    version = "1.0.0"
    summary = "Risks or findings from any address that returns JSON."
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
        "then": mapping_schema(_RISK, ("title",)),
        "else": {**mapping_schema(_FINDING, ("rule", "title", "severity")), "required": ["tool"]},
    }

    def request_headers(self, config: Config) -> dict[str, str]:
        return {"Authorization": f"Bearer {config['token']}"} if config.get("token") else {}

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        mapping: dict[str, str] = config["mapping"]
        entries = stream_entries(file, to_text(config.get("items")).strip("."))
        if config["kind"] == "risks":
            yield build_table(entries, mapping)
            return
        for row, entry in enumerate(entries, 1):
            yield build_finding(row, entry, mapping, config["tool"])


def stream_entries(file: IO[bytes], path: str) -> Iterator[Any]:
    """The list at `path` may be empty, but it must exist."""
    is_empty = True
    for _, _, entry in stream_json(file, (f"{path}.item" if path else "item",)):
        is_empty = False
        yield entry
    if is_empty and not any(value == [] for _, _, value in stream_json(file, (path,))):
        position = f"at {path[:100]}" if path else "in the answer"
        raise UnreadableReport(f"There is no list {position}. Correct where the entries are.")


def _value_at(entry: Any, path: str) -> Any:
    for part in path.split("."):
        entry = as_dict(entry).get(part)
    return entry


def to_cell(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(to_text(part) for part in value)
    return "" if isinstance(value, bool | dict) else to_text(value)


def build_table(entries: Iterator[Any], mapping: dict[str, str]) -> TableItem:
    rows = []
    for row, entry in enumerate(entries, 1):
        if row > MAX_RISKS:
            raise UnreadableReport(f"The feed has more than {MAX_RISKS:,} risks. Split it.")
        rows.append(
            (row, {name: to_cell(_value_at(entry, path)) for name, path in mapping.items()})
        )
    return TableItem(Table(list(mapping), rows), {name: name for name in mapping})


def build_finding(
    row: int, entry: Any, mapping: dict[str, str], tool: str
) -> FindingItem | RejectedItem:
    values = {name: _value_at(entry, path) for name, path in mapping.items()}
    rule, title = to_text(values["rule"]).strip(), to_text(values["title"]).strip()
    if not rule or not title:
        missing = "rule" if not rule else "title"
        return RejectedItem(row, f"The entry has no {missing}.", to_text(entry), mapping[missing])
    score = to_number(values["severity"], 10)
    word = severity_from_score(score) if score is not None else parse_severity(values["severity"])
    if not word:
        reason = "The severity is neither a known word nor a number from 0 to 10."
        return RejectedItem(row, reason, to_text(values["severity"]), mapping["severity"])
    return FindingItem(
        row=row,
        tool=tool,
        rule=rule,
        severity=word,
        title=title,
        asset=to_text(values.get("asset")).strip(),
        location=to_text(values.get("location")).strip(),
        description=to_text(values.get("description")),
        cvss=to_number(values.get("cvss"), 10),
    )
