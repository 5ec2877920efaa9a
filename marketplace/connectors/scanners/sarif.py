"""Reports in the Static Analysis Results Interchange Format, SARIF 2.1.0."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from marketplace.connectors.artifacts import ASSET
from marketplace.connectors.base import ScannerConnector, UnreadableReport, report_schema
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.items import Config, FindingItem, Item, RejectedItem, Scan
from marketplace.connectors.parsing import (
    as_dict,
    as_list,
    find_cves,
    join_paragraphs,
    parse_severity,
    parse_time,
    severity_from_score,
    stream_json,
    to_number,
    to_text,
)
from marketplace.connectors.scanners.sarif_locations import Locations, parse_artifact

RUN, RESULT = "runs.item", "runs.item.results.item"
_ENDED, _SUCCESSFUL = "invocations.item.endTimeUtc", "invocations.item.executionSuccessful"
_FACTS = ("tool", "automationDetails", "versionControlProvenance", "originalUriBaseIds")
_PATHS = ("version", *(f"{RUN}.{name}" for name in (*_FACTS, _ENDED, _SUCCESSFUL)))
_STARTS = ("runs", RUN, f"{RUN}.results")
_ARTIFACT = f"{RUN}.artifacts.item"
_LEVELS = {"error": "high", "warning": "medium", "note": "low", "none": "info"}


class Sarif(ScannerConnector):
    """A result is identified by rule, file and fingerprint; without one by function, then by line.

    Without a rule it is known by its message. Each of its locations is a finding. Duplicates are
    numbered. The line is in the description, since it changes. The severity comes from
    `security-severity` of the rule, by convention a CVSS score, or from the level.
    """

    slug = "sarif"
    name = "SARIF 2.1.0"
    version = "1.0.0"
    summary = "Results of static analysis, of any tool that writes SARIF."
    documentation = (
        "SARIF is the exchange format of static analysis tools: CodeQL, Semgrep, SpotBugs, "
        "ESLint, Bandit, Checkov and many more, mostly with an option such as "
        "`--format sarif`.\n\n"
        "Each result that failed becomes a finding with the tool's rule, one for each of its "
        "locations. Feeds find it by the CVE in the rule's id, name, tags or texts. Its severity "
        "is the security-severity of the rule or the result where the tool gives one, else error "
        "is high, warning medium, note low. Suppressed results are accepted findings, unless the "
        "suppression is rejected or under review; results that are absent from a baseline are "
        "left out.\n\n"
        "SARIF does not name what was analysed. Configure the asset; otherwise the address of "
        "the repository in the report is used. With an asset, a result that is not in the tool's "
        "next report is resolved, unless that report is empty and says that the tool failed."
    )
    file_names = (".sarif", ".json")
    schema = report_schema(
        asset=ASSET | {"description": "The name of the analysed application or the like"}
    )

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        numbering = DuplicateNumbering()
        asset = to_text(config.get("asset"))
        runs = {
            index: _Run(context, asset, numbering)
            for index, context in read_run_contexts(file).items()
        }
        for row, (index, _, result) in enumerate(stream_json(file, (RESULT,), RUN), 1):
            if not isinstance(result, dict) or index not in runs:
                yield RejectedItem(row, "Not a result of a tool.", to_text(result))
            else:
                runs[index].has_findings = True
                yield from runs[index].build_findings(row, result)
        failed = {run.tool for run in runs.values() if run.has_failed}
        for run in runs.values():
            covered = (run.asset,) if run.asset and run.tool not in failed else ()
            yield Scan(run.tool, run.at, covered)


@dataclass
class _RunContext:
    """Facts of a run beside its results."""

    facts: dict[str, Any] = field(default_factory=dict)
    artifacts: list[tuple[str, str]] = field(default_factory=list)
    end_times: list[datetime] = field(default_factory=list)
    has_results: bool = False  # without them the tool did not get as far as scanning
    failed: bool = False

    def add_fact(self, path: str, value: Any) -> None:
        if path == "artifacts.item":
            self.artifacts.append(parse_artifact(as_dict(value).get("location")))
        elif path == "results":
            self.has_results = True
        elif path == _SUCCESSFUL:
            self.failed |= value is False
        elif path == _ENDED:
            self.end_times += filter(None, (parse_time(value),))
        else:
            self.facts[path] = value


def read_run_contexts(file: IO[bytes]) -> dict[int, _RunContext]:
    """The context of each run, counted from 1. Raises UnreadableReport."""
    contexts: dict[int, _RunContext] = {}
    version, has_runs = None, False
    for index, path, value in stream_json(file, (*_PATHS, _ARTIFACT), RUN, _STARTS):
        if path == "version":
            version = value
        elif path == "runs":
            has_runs = True
        elif path == RUN:
            contexts[index] = _RunContext()
        elif index in contexts:
            contexts[index].add_fact(path.removeprefix(f"{RUN}."), value)
    if not has_runs:
        raise UnreadableReport(
            add_format_hint("Not a SARIF report: it has no runs. Make one with your tool.", file)
        )
    if version != "2.1.0":
        declared = (
            f"It says version {to_text(version)[:20]}."
            if to_text(version)
            else "It has no version."
        )
        raise UnreadableReport(f"Only SARIF 2.1.0 is supported. {declared} Convert the report.")
    if nameless := [index for index, context in contexts.items() if "tool" not in context.facts]:
        raise UnreadableReport(f"Run {nameless[0]} does not name its tool. Make the report again.")
    return contexts


class _Run:
    """One tool's part of the report."""

    def __init__(self, context: _RunContext, asset: str, numbering: DuplicateNumbering) -> None:
        tool = as_dict(context.facts.get("tool"))
        self.driver = as_dict(tool.get("driver"))
        self.extensions = [as_dict(part) for part in as_list(tool.get("extensions"))]
        details = as_dict(context.facts.get("automationDetails"))
        # Two categories of the same tool are two scans, which do not close each other's findings.
        category = to_text(details.get("id")).rpartition("/")[0]
        self.tool = " ".join(filter(None, (to_text(self.driver.get("name")) or "SARIF", category)))
        self.asset = asset or find_repository(context)
        self.at = max(context.end_times, default=None)
        self.has_results, self.reports_failure = context.has_results, context.failed
        self.has_findings = False
        self.numbering = numbering
        self.locations = Locations(
            as_dict(context.facts.get("originalUriBaseIds")), context.artifacts
        )
        self.rules: dict[str, dict[str, Any]] = {}
        for holder in (self.driver, *self.extensions):
            for rule in map(as_dict, as_list(holder.get("rules"))):
                self.rules.setdefault(to_text(rule.get("id")), rule)

    @property
    def has_failed(self) -> bool:
        """Some tools, like SpotBugs, report a failure whenever they find something."""
        return not self.has_results or (self.reports_failure and not self.has_findings)

    def build_findings(self, row: int, result: dict[str, Any]) -> Iterator[Item]:
        """One finding for each location of the result, or one without a location."""
        if (
            to_text(result.get("kind") or "fail") != "fail"
            or result.get("baselineState") == "absent"
        ):
            return
        rule, component, rule_id = self._identify_rule(result)
        message = self._build_text(as_dict(result.get("message")), rule, component)
        rule_id = rule_id or message  # without a rule, the message says what it is
        if not rule_id:
            yield RejectedItem(row, "The result has neither a rule nor a message.")
            return
        score, severity = rate_result(result, rule)
        for location, identity in self.locations.describe_locations(result):
            yield FindingItem(
                row=row,
                tool=self.tool,
                rule=rule_id,
                severity=severity,
                title=_message_text(rule.get("shortDescription"))
                or to_text(rule.get("name"))
                or message
                or rule_id,
                asset=self.asset,
                location=self.numbering.number_location(identity, self.tool, self.asset, rule_id),
                description=join_paragraphs(
                    ("", message),
                    ("At", location),
                    ("", _message_text(rule.get("fullDescription"))),
                    ("More", rule.get("helpUri")),
                ),
                cvss=score,
                state="accepted" if is_suppressed(result) else "open",
                cves=find_vulnerabilities(result, rule, rule_id, message),
            )

    def _identify_rule(self, result: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], str]:
        """The rule, the part of the tool that has it, and its id; empty if they are not there."""
        reference = as_dict(result.get("rule"))
        component = self._find_component(as_dict(reference.get("toolComponent")))
        rule_id = to_text(result.get("ruleId")) or to_text(reference.get("id"))
        index = reference.get("index", result.get("ruleIndex"))
        rule = self._find_rule(component, index, rule_id)
        return rule, component, (rule_id or to_text(rule.get("id"))).strip()

    def _find_component(self, reference: dict[str, Any]) -> dict[str, Any]:
        """The part of the tool that has the rule: the driver unless another one is named."""
        index = reference.get("index")
        if isinstance(index, int) and 0 <= index < len(self.extensions):
            return self.extensions[index]
        for name in ("guid", "name"):
            for part in self.extensions:
                if reference.get(name) and part.get(name) == reference[name]:
                    return part
        return self.driver

    def _find_rule(self, component: dict[str, Any], index: Any, rule_id: str) -> dict[str, Any]:
        rules = as_list(component.get("rules"))
        if isinstance(index, int) and 0 <= index < len(rules):
            return as_dict(rules[index])
        # "CA1000/1" is a special case of the rule CA1000.
        return self.rules.get(rule_id) or self.rules.get(rule_id.rpartition("/")[0], {})

    def _build_text(
        self, message: dict[str, Any], rule: dict[str, Any], component: dict[str, Any]
    ) -> str:
        text, name = to_text(message.get("text")), to_text(message.get("id"))
        for holder in (
            rule.get("messageStrings"),
            component.get("globalMessageStrings"),
            self.driver.get("globalMessageStrings"),
        ):
            text = text or _message_text(as_dict(holder).get(name))
        text = text or to_text(message.get("markdown"))
        arguments = [to_text(argument) for argument in as_list(message.get("arguments"))]
        return fill_placeholders(text, arguments) if arguments else text


def rate_result(result: dict[str, Any], rule: dict[str, Any]) -> tuple[Decimal | None, str]:
    """Score and severity: the security-severity of the result or its rule, else the level."""
    for holder in (result, rule):
        rating = as_dict(holder.get("properties")).get("security-severity")
        if score := to_number(rating, 10):
            return score, severity_from_score(score)
        if word := parse_severity(rating):
            return None, word
    return None, severity_of_level(result, rule)


def find_vulnerabilities(
    result: dict[str, Any], rule: dict[str, Any], rule_id: str, message: str
) -> tuple[str, ...]:
    """The CVEs of a result: those of the first text that names any.

    A long text may name others in passing, so it only counts if it names a single one.
    """
    tags = [
        to_text(tag)
        for holder in (rule, result)
        for tag in as_list(as_dict(holder.get("properties")).get("tags"))
    ]
    short = (rule_id, to_text(rule.get("name")), " ".join(tags))
    about = (_message_text(rule.get("shortDescription")), message)
    for text in (*short, *about):
        if cves := find_cves(text):
            return cves
    help_texts = as_dict(rule.get("help"))
    long = (
        _message_text(rule.get("fullDescription")),
        to_text(help_texts.get("text")),
        to_text(help_texts.get("markdown")),
        to_text(rule.get("helpUri")),
    )
    cves = find_cves(*long)
    return cves if len(cves) == 1 else ()


def severity_of_level(result: dict[str, Any], rule: dict[str, Any]) -> str:
    default = as_dict(rule.get("defaultConfiguration")).get("level")
    return _LEVELS.get(to_text(result.get("level") or default or "warning"), "medium")


def fill_placeholders(message: str, arguments: list[str]) -> str:
    """Replace {0}, {1} by the arguments. Literal braces are doubled."""

    def replace(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        index = int(match[1])
        return arguments[index] if index < len(arguments) else match[0]

    return re.sub(r"\{\{|\}\}|\{(\d{1,3})\}", replace, message)


def _message_text(message: Any) -> str:
    return to_text(as_dict(message).get("text"))


def find_repository(context: _RunContext) -> str:
    """The address of the repository, without the token it was cloned with."""
    for part in as_list(context.facts.get("versionControlProvenance")):
        if address := to_text(as_dict(part).get("repositoryUri")):
            return re.sub(r"//[^/@]*@", "//", address)
    return ""


def is_suppressed(result: dict[str, Any]) -> bool:
    """A suppression without a status is accepted; one under review or rejected does not count."""
    suppressions = [as_dict(part) for part in as_list(result.get("suppressions"))]
    states = [to_text(part.get("status") or part.get("state")) for part in suppressions]
    return bool(states) and all(state in ("", "accepted") for state in states)
