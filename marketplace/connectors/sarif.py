"""Reports in the Static Analysis Results Interchange Format, SARIF 2.1.0."""

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any

from marketplace.connectors.base import Capability, Category, Connector, UnreadableReport
from marketplace.connectors.items import Config, FindingItem, Item, Rejected, Scan
from marketplace.connectors.reading import (
    items_of,
    json_pieces,
    moment,
    number,
    object_of,
    severity_of_score,
    text,
    told,
)

RUN, RESULT = "runs.item", "runs.item.results.item"
_ABOUT = ("tool", "invocations", "automationDetails", "versionControlProvenance")
_LEVELS = {"error": "high", "warning": "medium", "note": "low", "none": "info"}


class Sarif(Connector):
    """A result is known by rule, file and the fingerprint that its tool gives it, else by the
    function that it is in, else by its line; those that have all of it in common are numbered.
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
        "note low. Suppressed results are accepted findings; results that are gone from a "
        "baseline are left out.\n\n"
        "SARIF does not name what was analysed. Configure the asset, or the address of the "
        "repository in the report is used. With an asset, a result that is not in the tool's next "
        "report is resolved."
    )
    category = Category.SECURITY
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

    def read(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        runs = _runs(file, text(config.get("asset")))
        for row, (index, _, result) in enumerate(json_pieces(file, (RESULT,), RUN), 1):
            if not isinstance(result, dict) or index not in runs:
                yield Rejected(row, "This is no result of a tool.", text(result))
            elif item := runs[index].finding(row, result):
                yield item
        for run in runs.values():
            yield Scan(run.tool, run.at, (run.asset,) if run.asset else ())


def _runs(file: IO[bytes], asset: str) -> dict[int, "_Run"]:
    """What each run, counted from 1, says beside its results, wherever that stands in the file."""
    wanted = ("version", *(f"{RUN}.{name}" for name in _ABOUT))
    about: dict[int, dict[str, Any]] = {}
    version = None
    for index, place, value in json_pieces(file, wanted, RUN):
        if place == "version":
            version = value
        else:
            about.setdefault(index, {})[place.rpartition(".")[2]] = value
    if version != "2.1.0":
        found = f"It says version {text(version)[:20]}." if version else "It has no version."
        raise UnreadableReport(f"Only SARIF 2.1.0 is read. {found} Convert the report.")
    if nameless := [index for index, said in about.items() if "tool" not in said]:
        raise UnreadableReport(f"Run {nameless[0]} names no tool. Make the report again.")
    return {index: _Run(said, asset) for index, said in about.items()}


class _Run:
    """One tool's part of the report."""

    def __init__(self, about: dict[str, Any], asset: str) -> None:
        tool = object_of(about.get("tool"))
        self.driver = object_of(tool.get("driver"))
        self.extensions = [object_of(part) for part in items_of(tool.get("extensions"))]
        details = object_of(about.get("automationDetails"))
        # Two categories of the same tool are two scans, which do not close each other's findings.
        category = text(details.get("id")).rpartition("/")[0]
        self.tool = " ".join(filter(None, (text(self.driver.get("name")) or "SARIF", category)))
        self.asset = asset or _repository(about)
        ended = [
            moment(object_of(part).get("endTimeUtc")) for part in items_of(about.get("invocations"))
        ]
        self.at = max(filter(None, ended), default=None)
        self.seen: Counter[tuple[str, str]] = Counter()
        self.rules = {
            text(object_of(rule).get("id")): object_of(rule)
            for holder in (self.driver, *self.extensions)
            for rule in items_of(holder.get("rules"))
        }

    def finding(self, row: int, result: dict[str, Any]) -> FindingItem | Rejected | None:
        if text(result.get("kind") or "fail") != "fail" or result.get("baselineState") == "absent":
            return None
        rule = self._rule(result)
        rule_id = text(result.get("ruleId")) or text(rule.get("id"))
        if not rule_id:
            return Rejected(row, "The result names no rule.", text(result.get("message")))
        message = self._message(object_of(result.get("message")), rule)
        place, known_by = _location(result)
        self.seen[rule_id, known_by] += 1
        if (times := self.seen[rule_id, known_by]) > 1:
            known_by = f"{known_by} ({times})"
        score = number(object_of(rule.get("properties")).get("security-severity"), 10)
        title = _text_of(rule.get("shortDescription")) or text(rule.get("name")) or message
        return FindingItem(
            row=row,
            tool=self.tool,
            rule=rule_id,
            severity=severity_of_score(score) if score else self._level(result, rule),
            title=title or rule_id,
            asset=self.asset,
            location=known_by,
            description=told(
                ("", message),
                ("At", place),
                ("", _text_of(rule.get("fullDescription"))),
                ("More", rule.get("helpUri")),
            ),
            cvss=score if score and score > Decimal(0) else None,
            state="accepted" if _is_suppressed(result) else "open",
        )

    def _rule(self, result: dict[str, Any]) -> dict[str, Any]:
        """By index in the component that the result names, else by id."""
        reference = object_of(result.get("rule"))
        index = reference.get("index", result.get("ruleIndex"))
        component = object_of(reference.get("toolComponent")).get("index")
        holder = self.driver
        if isinstance(component, int) and 0 <= component < len(self.extensions):
            holder = self.extensions[component]
        rules = items_of(holder.get("rules"))
        if isinstance(index, int) and 0 <= index < len(rules):
            return object_of(rules[index])
        wanted = text(result.get("ruleId")) or text(reference.get("id"))
        # "CA1000/1" is a special case of the rule CA1000.
        return self.rules.get(wanted) or self.rules.get(wanted.rpartition("/")[0], {})

    def _level(self, result: dict[str, Any], rule: dict[str, Any]) -> str:
        default = object_of(rule.get("defaultConfiguration")).get("level")
        return _LEVELS.get(text(result.get("level") or default or "warning"), "medium")

    def _message(self, message: dict[str, Any], rule: dict[str, Any]) -> str:
        found = text(message.get("text"))
        if not found:
            texts = object_of(rule.get("messageStrings"))
            shared = object_of(self.driver.get("globalMessageStrings"))
            name = text(message.get("id"))
            found = _text_of(texts.get(name)) or _text_of(shared.get(name))
        arguments = [text(argument) for argument in items_of(message.get("arguments"))]
        return re.sub(r"\{(\d{1,3})\}", lambda m: _argument(arguments, m), found)


def _argument(arguments: list[str], match: re.Match[str]) -> str:
    index = int(match[1])
    return arguments[index] if index < len(arguments) else match[0]


def _text_of(message: Any) -> str:
    return text(object_of(message).get("text"))


def _repository(about: dict[str, Any]) -> str:
    for part in items_of(about.get("versionControlProvenance")):
        if found := text(object_of(part).get("repositoryUri")):
            return found
    return ""


def _location(result: dict[str, Any]) -> tuple[str, str]:
    """Where it is, for people; and what it is known by over scans."""
    location = object_of(next(iter(items_of(result.get("locations"))), None))
    physical = object_of(location.get("physicalLocation"))
    uri = text(object_of(physical.get("artifactLocation")).get("uri"))
    line = text(object_of(physical.get("region")).get("startLine"))
    logical = object_of(next(iter(items_of(location.get("logicalLocations"))), None))
    function = text(logical.get("fullyQualifiedName")) or text(logical.get("name"))
    place = f"{uri}:{line}" if line else uri or function
    prints = object_of(result.get("fingerprints")) or object_of(result.get("partialFingerprints"))
    marks = " ".join(text(prints[name]) for name in sorted(prints))
    return place, " ".join(filter(None, (uri, marks or function or line)))


def _is_suppressed(result: dict[str, Any]) -> bool:
    """Without a status it is accepted; one that is under review or rejected suppresses nothing."""
    found = items_of(result.get("suppressions"))
    states = [text(object_of(part).get("status") or object_of(part).get("state")) for part in found]
    return bool(states) and all(state in ("", "accepted") for state in states)
