"""Reports in the Static Analysis Results Interchange Format, SARIF 2.1.0."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from marketplace.connectors.base import Capability, Connector, ConnectorCategory, UnreadableReport
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.items import Config, FindingItem, Item, RejectedItem, Scan
from marketplace.connectors.parsing import (
    as_dict,
    as_list,
    join_paragraphs,
    parse_time,
    severity_from_score,
    stream_json,
    to_number,
    to_text,
)
from marketplace.connectors.scanners.sarif_locations import Locations, artifact

RUN, RESULT = "runs.item", "runs.item.results.item"
_ENDED, _SUCCESSFUL = "invocations.item.endTimeUtc", "invocations.item.executionSuccessful"
_WHOLE = ("tool", "automationDetails", "versionControlProvenance", "originalUriBaseIds")
_PLACES = ("version", *(f"{RUN}.{name}" for name in (*_WHOLE, _ENDED, _SUCCESSFUL)))
_BEGUN = ("runs", RUN, f"{RUN}.results")
_ARTIFACT = f"{RUN}.artifacts.item"
_LEVELS = {"error": "high", "warning": "medium", "note": "low", "none": "info"}


class Sarif(Connector):
    """A result is known by rule, file and the fingerprint that its tool gives it, else by the
    function that it is in, else by its line; those that have all of it in common are numbered.
    Where it stands is in the description, since that changes. Severity is what `security-severity`
    of the rule says, which is a CVSS score by convention, else the level.
    """

    slug = "sarif"
    name = "SARIF 2.1.0"
    version = "1.0.0"
    summary = "Results of static analysis, of any tool that writes SARIF."
    documentation = (
        "SARIF is what static analysis tools write for others to read: CodeQL, Semgrep, SpotBugs, "
        "ESLint, Bandit, Checkov and many more, mostly with an option such as "
        "`--format sarif`.\n\n"
        "Each result that failed becomes a finding with the tool's rule. Its severity is the "
        "rule's security-severity where the tool gives one, else error is high, warning medium, "
        "note low. Suppressed results are accepted findings, unless the suppression is rejected "
        "or under review; results that are gone from a baseline are left out.\n\n"
        "SARIF does not name what was analysed. Configure the asset, or the address of the "
        "repository in the report is used. With an asset, a result that is not in the tool's next "
        "report is resolved, unless it has none and says that it failed."
    )
    category = ConnectorCategory.SECURITY
    capabilities = (Capability.FINDING_IMPORT,)
    permissions = ("Creates, updates and resolves findings", "Creates assets that are missing")
    file_names = (".sarif", ".json")
    schema = {
        "type": "object",
        "properties": {
            "url": {"type": "string", "format": "uri", "title": "Address of the report"},
            "asset": {
                "type": "string",
                "title": "Asset",
                "description": "The name of what is analysed, e.g. of the application",
            },
        },
        "additionalProperties": False,
    }

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        seen = DuplicateNumbering()
        asset = to_text(config.get("asset"))
        runs = {index: _Run(said, asset, seen) for index, said in _abouts(file).items()}
        for row, (index, _, result) in enumerate(stream_json(file, (RESULT,), RUN), 1):
            if not isinstance(result, dict) or index not in runs:
                yield RejectedItem(row, "This is no result of a tool.", to_text(result))
            else:
                runs[index].has_found = True
                if item := runs[index].finding(row, result):
                    yield item
        failed = {run.tool for run in runs.values() if run.failed}
        for run in runs.values():
            covered = (run.asset,) if run.asset and run.tool not in failed else ()
            yield Scan(run.tool, run.at, covered)


@dataclass
class _About:
    """What a run says beside its results."""

    said: dict[str, Any] = field(default_factory=dict)
    artifacts: list[tuple[str, str]] = field(default_factory=list)
    ended: list[datetime] = field(default_factory=list)
    has_results: bool = False  # else the tool did not get as far as looking
    failed: bool = False

    def take(self, place: str, value: Any) -> None:
        if place == "artifacts.item":
            self.artifacts.append(artifact(as_dict(value).get("location")))
        elif place == "results":
            self.has_results = True
        elif place == _SUCCESSFUL:
            self.failed |= value is False
        elif place == _ENDED:
            self.ended += filter(None, (parse_time(value),))
        else:
            self.said[place] = value


def _abouts(file: IO[bytes]) -> dict[int, _About]:
    """By run, counted from 1, wherever in the file it stands. Raises UnreadableReport."""
    abouts: dict[int, _About] = {}
    version, has_runs = None, False
    for index, place, value in stream_json(file, (*_PLACES, _ARTIFACT), RUN, _BEGUN):
        if place == "version":
            version = value
        elif place == "runs":
            has_runs = True
        elif place == RUN:
            abouts[index] = _About()
        elif index in abouts:
            abouts[index].take(place.removeprefix(f"{RUN}."), value)
    if not has_runs:
        raise UnreadableReport(
            add_format_hint("This is no SARIF: it has no runs. Make a report.", file)
        )
    if version != "2.1.0":
        found = (
            f"It says version {to_text(version)[:20]}."
            if to_text(version)
            else "It has no version."
        )
        raise UnreadableReport(f"Only SARIF 2.1.0 is read. {found} Convert the report.")
    if nameless := [index for index, about in abouts.items() if "tool" not in about.said]:
        raise UnreadableReport(f"Run {nameless[0]} names no tool. Make the report again.")
    return abouts


class _Run:
    """One tool's part of the report."""

    def __init__(self, about: _About, asset: str, seen: DuplicateNumbering) -> None:
        tool = as_dict(about.said.get("tool"))
        self.driver = as_dict(tool.get("driver"))
        self.extensions = [as_dict(part) for part in as_list(tool.get("extensions"))]
        details = as_dict(about.said.get("automationDetails"))
        # Two categories of the same tool are two scans, which do not close each other's findings.
        category = to_text(details.get("id")).rpartition("/")[0]
        self.tool = " ".join(filter(None, (to_text(self.driver.get("name")) or "SARIF", category)))
        self.asset = asset or _repository(about)
        self.at = max(about.ended, default=None)
        self.has_results, self.says_failed = about.has_results, about.failed
        self.has_found = False
        self.seen = seen
        self.locations = Locations(as_dict(about.said.get("originalUriBaseIds")), about.artifacts)
        self.rules: dict[str, dict[str, Any]] = {}
        for holder in (self.driver, *self.extensions):
            for rule in map(as_dict, as_list(holder.get("rules"))):
                self.rules.setdefault(to_text(rule.get("id")), rule)

    @property
    def failed(self) -> bool:
        """Some tools, like SpotBugs, say that they failed whenever they found something."""
        return not self.has_results or (self.says_failed and not self.has_found)

    def finding(self, row: int, result: dict[str, Any]) -> FindingItem | RejectedItem | None:
        if (
            to_text(result.get("kind") or "fail") != "fail"
            or result.get("baselineState") == "absent"
        ):
            return None
        reference = as_dict(result.get("rule"))
        component = self._component(as_dict(reference.get("toolComponent")))
        rule_id = to_text(result.get("ruleId")) or to_text(reference.get("id"))
        index = reference.get("index", result.get("ruleIndex"))
        rule = self._rule(component, index, rule_id)
        rule_id = rule_id or to_text(rule.get("id"))
        if not rule_id:
            return RejectedItem(row, "The result names no rule.", _text_of(result.get("message")))
        message = self._message(as_dict(result.get("message")), rule, component)
        place, known_by = self.locations.of(result)
        score = to_number(as_dict(rule.get("properties")).get("security-severity"), 10)
        title = _text_of(rule.get("shortDescription")) or to_text(rule.get("name")) or message
        return FindingItem(
            row=row,
            tool=self.tool,
            rule=rule_id,
            severity=severity_from_score(score) if score else _level(result, rule),
            title=title or rule_id,
            asset=self.asset,
            location=self.seen.number_location(known_by, self.tool, self.asset, rule_id),
            description=join_paragraphs(
                ("", message),
                ("At", place),
                ("", _text_of(rule.get("fullDescription"))),
                ("More", rule.get("helpUri")),
            ),
            cvss=score or None,
            state="accepted" if _is_suppressed(result) else "open",
        )

    def _component(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """The part of the tool that has the rule: the driver unless another one is named."""
        index = wanted.get("index")
        if isinstance(index, int) and 0 <= index < len(self.extensions):
            return self.extensions[index]
        for name in ("guid", "name"):
            for part in self.extensions:
                if wanted.get(name) and part.get(name) == wanted[name]:
                    return part
        return self.driver

    def _rule(self, component: dict[str, Any], index: Any, rule_id: str) -> dict[str, Any]:
        rules = as_list(component.get("rules"))
        if isinstance(index, int) and 0 <= index < len(rules):
            return as_dict(rules[index])
        # "CA1000/1" is a special case of the rule CA1000.
        return self.rules.get(rule_id) or self.rules.get(rule_id.rpartition("/")[0], {})

    def _message(
        self, message: dict[str, Any], rule: dict[str, Any], component: dict[str, Any]
    ) -> str:
        found, name = to_text(message.get("text")), to_text(message.get("id"))
        for holder in (
            rule.get("messageStrings"),
            component.get("globalMessageStrings"),
            self.driver.get("globalMessageStrings"),
        ):
            found = found or _text_of(as_dict(holder).get(name))
        arguments = [to_text(argument) for argument in as_list(message.get("arguments"))]
        return _filled(found, arguments) if arguments else found


def _level(result: dict[str, Any], rule: dict[str, Any]) -> str:
    default = as_dict(rule.get("defaultConfiguration")).get("level")
    return _LEVELS.get(to_text(result.get("level") or default or "warning"), "medium")


def _filled(message: str, arguments: list[str]) -> str:
    """With the arguments for {0}, {1}; braces that are none are doubled."""
    return re.sub(r"\{\{|\}\}|\{(\d{1,3})\}", lambda match: _argument(arguments, match), message)


def _argument(arguments: list[str], match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0][0]
    index = int(match[1])
    return arguments[index] if index < len(arguments) else match[0]


def _text_of(message: Any) -> str:
    return to_text(as_dict(message).get("text"))


def _repository(about: _About) -> str:
    for part in as_list(about.said.get("versionControlProvenance")):
        if found := to_text(as_dict(part).get("repositoryUri")):
            return re.sub(r"//[^/@]*@", "//", found)  # a token that it was fetched with
    return ""


def _is_suppressed(result: dict[str, Any]) -> bool:
    """Without a status it is accepted; one that is under review or rejected suppresses nothing."""
    found = as_list(result.get("suppressions"))
    states = [to_text(as_dict(part).get("status") or as_dict(part).get("state")) for part in found]
    return bool(states) and all(state in ("", "accepted") for state in states)
