"""Rules and how to try them: `promtool test rules` with cases that are written in Python."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deployment.local.files import MONITORING

RECORDED = re.compile(r"\bopenrisk:\w+(?::\w+)*")
Rates = Sequence[tuple[float, float]]  # a rate or a value, and for how many seconds
Phases = Sequence[tuple[float | None, float]]  # None: there is no sample
Rules = list[dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """What is measured, and how many alerts fire then, by seconds since the beginning.

    `counters` rise by so much a second, `gauges` stand at a value (None: there is none). `labels`
    are what the alerts that are counted have.
    """

    alert: str
    name: str
    fires: Mapping[float, int]
    counters: Mapping[str, Phases] = field(default_factory=dict)
    gauges: Mapping[str, Phases] = field(default_factory=dict)
    labels: str = ""
    window: str = ""  # of alerts that stand there once for each of several
    interval: int = 15  # seconds

    def __str__(self) -> str:
        return f"{self.alert}: {self.name}"

    def test(self) -> dict[str, Any]:
        """The case as promtool reads it."""
        series = [(name, self._counter(phases)) for name, phases in self.counters.items()]
        series += [(name, self._gauge(phases)) for name, phases in self.gauges.items()]
        window = f'window="{self.window}"' if self.window else ""
        wanted = ",".join(
            filter(None, [f'alertname="{self.alert}",alertstate="firing"', self.labels, window])
        )
        return {
            "name": str(self),
            "interval": f"{self.interval}s",
            "input_series": [{"series": name, "values": values} for name, values in series],
            "promql_expr_test": [
                {
                    "expr": f"count(ALERTS{{{wanted}}}) or vector(0)",
                    "eval_time": f"{round(at)}s",
                    "exp_samples": [{"labels": "{}", "value": count}],
                }
                for at, count in self.fires.items()
            ],
        }

    def _counter(self, phases: Phases) -> str:
        parts, total = [], 0.0
        for number, (rate, seconds) in enumerate(phases):
            steps = round(seconds / self.interval)
            if rate is None:
                parts.append(" ".join("_" * (steps + (number == 0))))
                continue
            rise = rate * self.interval
            begin = total if number == 0 else total + rise
            parts.append(f"{begin:.4f}+{rise:.4f}x{steps - (number > 0)}")
            total += rise * steps
        return " ".join(parts)

    def _gauge(self, phases: Phases) -> str:
        parts = []
        for number, (value, seconds) in enumerate(phases):
            steps = round(seconds / self.interval) + (number == 0)
            if value is None:
                parts.append(" ".join("_" * steps))
            else:
                parts.append(f"{value}+0x{steps - 1}")
        return " ".join(parts)


def load() -> tuple[Rules, Rules]:
    """Alerts and recording rules, as the shipped files have them."""
    alerts = yaml.safe_load((MONITORING / "alerts.yml").read_text())
    recorded = yaml.safe_load((MONITORING / "recording_rules.yml").read_text())
    both = [
        [rule for group in content["groups"] for rule in group["rules"]]
        for content in (alerts, recorded)
    ]
    return both[0], both[1]


def needed(alerts: Rules, recorded: Rules) -> Rules:
    """The recording rules that these alerts are made of, each before what uses it."""
    by_name = {rule["record"]: rule for rule in recorded}
    found: dict[str, dict[str, Any]] = {}

    def add(expression: str) -> None:
        for name in RECORDED.findall(expression):
            if name not in found and name in by_name:
                add(by_name[name]["expr"])
                found[name] = by_name[name]

    for alert in alerts:
        add(alert["expr"])
    return list(found.values())


def of(case: Case, alerts: Rules) -> Rules:
    """The rules that a case is about."""
    return [
        rule
        for rule in alerts
        if (rule["alert"], rule["labels"].get("window", "")) == (case.alert, case.window)
    ]


def run(cases: Iterable[Case], alerts: Rules, recorded: Rules) -> str:
    """What promtool says of the cases, "" if they all hold."""
    groups: dict[tuple[str, str, int], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.alert, case.window, case.interval), []).append(case)
    with tempfile.TemporaryDirectory(prefix="openrisk-rules-") as folder:
        files = []
        for number, ((name, _, interval), members) in enumerate(groups.items()):
            tried = of(members[0], alerts)
            rules = Path(folder) / f"{number}.rules.yml"
            group = {"name": name, "rules": [*needed(tried, recorded), *tried]}
            rules.write_text(yaml.safe_dump({"groups": [group]}))
            content = {
                "rule_files": [rules.name],
                "evaluation_interval": f"{interval}s",
                "tests": [case.test() for case in members],
            }
            files.append(Path(folder) / f"{number}.{name}.yml")
            files[-1].write_text(yaml.safe_dump(content))
        done = subprocess.run(
            ["promtool", "test", "rules", *files],
            env=os.environ | {"GOGC": "400"},  # series are many and short-lived
            capture_output=True,
            text=True,
            check=False,
        )
        return "" if done.returncode == 0 else done.stdout + done.stderr
