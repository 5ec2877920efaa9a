"""The metrics that rules, panels and runbooks are made of."""

import json
import re
from collections.abc import Iterator

import promql_parser

from deployment.local.files import MONITORING, ROOT
from tests.deployment.monitoring import rules

LIST = ROOT / "tests/deployment/monitoring/metrics.txt"


def queries() -> Iterator[tuple[str, str]]:
    """(where, expression) of all rules and panels."""
    for found in rules.load():
        for rule in found:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for path in sorted((MONITORING / "grafana/dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", ()):
                yield f"{path.stem}: {panel['title']}", target["expr"]


def at_once(expression: str, window: str) -> str:
    """The expression of a panel as Prometheus takes it."""
    return expression.replace("$__rate_interval", window)


def names(expression: str) -> set[str]:
    """The metrics that an expression reads."""
    found: set[str] = set()

    def visit(node: object) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.add(node.name)
        elif isinstance(node, promql_parser.MatrixSelector):
            visit(node.vector_selector)
        else:
            for part in ("expr", "lhs", "rhs", "param"):
                if hasattr(node, part):
                    visit(getattr(node, part))
            for argument in getattr(node, "args", ()):
                visit(argument)

    visit(promql_parser.parse(at_once(expression, "5m")))
    return found


def used() -> set[str]:
    """All of them, but those that our own rules record and those of Prometheus itself."""
    recorded = {rule["record"] for rule in rules.load()[1]}
    everything = {name for _, expression in queries() for name in names(expression)}
    return everything - recorded - {"ALERTS", "up"}


def listed() -> set[str]:
    return set(re.findall(r"^[a-z]\w+$", LIST.read_text(), re.MULTILINE))
