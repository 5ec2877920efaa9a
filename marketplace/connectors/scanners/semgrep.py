"""Reports of Semgrep, as JSON."""

import re
from collections.abc import Iterator
from typing import IO, Any

from marketplace.connectors.artifacts import ASSET
from marketplace.connectors.base import ScannerConnector, UnreadableReport, report_schema
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.items import Config, FindingItem, Item, RejectedItem, Scan
from marketplace.connectors.parsing import (
    as_dict,
    as_list,
    choose_rule,
    find_cves,
    join_paragraphs,
    parse_severity,
    stream_json,
    to_text,
)

TOOL = "semgrep"
_RESULT, _ERROR = "results.item", "errors.item"
_STARTS, _KEYS = ("results", "errors", "paths"), ("version",)
_ADVICE = "Not a report of Semgrep. Make one with `semgrep scan --json`."
_SEVERITIES = {
    "ERROR": "high",
    "WARNING": "medium",
    "INFO": "low",
    "INVENTORY": "info",
    "EXPERIMENT": "info",
}
# Without a login there is a sentence in its place.
_FINGERPRINT = re.compile(r"([0-9a-f]{16})[0-9a-f]*((?:_\d+)?)")


class Semgrep(ScannerConnector):
    """A result is identified by rule, file and fingerprint, which does not depend on the line.

    Without fingerprints, results of a rule in a file are numbered.
    """

    slug = "semgrep"
    name = "Semgrep"
    version = "1.0.0"
    summary = "Results of static analysis by Semgrep."
    documentation = (
        "Semgrep looks for patterns in source code. Make a report with `semgrep scan --json "
        "--json-output report.json`.\n\n"
        "Each result becomes a finding with the rule of Semgrep, or with the CVE if it is about a "
        "vulnerable dependency. Error is high, warning medium, info low; newer rules have words "
        "of their own. Results that a comment in the code ignores are accepted findings. The code "
        "itself is not stored.\n\n"
        "The report does not name what was scanned, so configure the asset. With an asset, a "
        "result that is not in the next report is resolved, unless that says that something could "
        "not be scanned."
    )
    file_names = (".json",)
    schema = report_schema(asset=ASSET)

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        has_errors = check_format(file)
        asset = to_text(config.get("asset"))
        numbering = DuplicateNumbering()
        for row, (_, _, result) in enumerate(stream_json(file, (_RESULT,)), 1):
            yield build_finding(row, asset, as_dict(result), numbering)
        yield Scan(TOOL, None, (asset,) if asset and not has_errors else ())


def check_format(file: IO[bytes]) -> bool:
    """Whether something could not be scanned. Raises UnreadableReport for other formats."""
    keys = set()
    has_errors = False
    for _, path, value in stream_json(file, (_RESULT, _ERROR, *_KEYS), starts=_STARTS):
        keys.add(path)
        if path == _ERROR and to_text(as_dict(value).get("level") or "error") == "error":
            has_errors = True
        if path == _RESULT and "check_id" not in as_dict(value):
            raise UnreadableReport(add_format_hint(_ADVICE, file))
    if "results" not in keys or keys.isdisjoint((_RESULT, *_STARTS[1:], *_KEYS)):
        raise UnreadableReport(add_format_hint(_ADVICE, file))
    return has_errors


def build_finding(
    row: int, asset: str, result: dict[str, Any], numbering: DuplicateNumbering
) -> FindingItem | RejectedItem:
    extra = as_dict(result.get("extra"))
    metadata = as_dict(extra.get("metadata"))
    check, path = to_text(result.get("check_id")), to_text(result.get("path"))
    message = to_text(extra.get("message")).strip()
    if not check or not path:
        missing = "path" if check else "rule"
        return RejectedItem(row, f"The result has no {missing}.", check or message)
    rule = choose_rule([to_text(metadata.get("sca-vuln-database-identifier"))], check)
    fingerprint = read_fingerprint(extra)
    location = " ".join(filter(None, (path, fingerprint)))
    word = to_text(extra.get("severity"))
    return FindingItem(
        row=row,
        tool=TOOL,
        rule=rule,
        severity=_SEVERITIES.get(word.upper()) or parse_severity(word) or "info",
        title=message.partition("\n")[0].partition(". ")[0] or check,
        asset=asset,
        location=numbering.number_location(location, rule),
        description=join_paragraphs(
            ("", message),
            ("At", describe_position(path, as_dict(result.get("start")))),
            ("Dependency", describe_dependency(as_dict(extra.get("sca_info")))),
            ("Weakness", list_texts(metadata.get("cwe"))),
            ("Confidence", metadata.get("confidence")),
            ("Rule", check),
            ("More", metadata.get("source") or list_texts(metadata.get("references"))),
        ),
        state="accepted" if extra.get("is_ignored") is True else "open",
        cves=find_cves(rule),
    )


def describe_position(path: str, start: dict[str, Any]) -> str:
    line = to_text(start.get("line"))
    return f"{path}, line {line}" if line else path


def describe_dependency(info: dict[str, Any]) -> str:
    """Name and version of a vulnerable dependency, and whether its weak part is used."""
    match = as_dict(as_dict(info.get("dependency_match")).get("found_dependency"))
    if not match:
        return ""
    name = f"{to_text(match.get('package'))} {to_text(match.get('version'))}".strip()
    return f"{name}, {'used' if info.get('reachable') is True else 'not known to be used'}"


def list_texts(value: Any) -> str:
    """A text, or the texts of a list: rules have one or the other."""
    return to_text(value) or ", ".join(filter(None, map(to_text, as_list(value))))


def read_fingerprint(extra: dict[str, Any]) -> str:
    match = _FINGERPRINT.match(to_text(extra.get("fingerprint")))
    return f"{match[1]}{match[2]}" if match else ""
