"""Breaks each rule in many small ways and sees whether a case notices: `make mutate-rules`.

Prints what survived, and ends with 1 where fewer than 95 % were noticed.
"""

import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.deployment.monitoring import rules
from tests.deployment.monitoring.cases import CASES
from tests.deployment.monitoring.rules import Case

WANTED = 0.95
HEARTBEAT = "Watchdog"
_STRING = r'"[^"]*"'
_SWAPS = (
    # A comparison becomes its opposite, a set operation another, an aggregation another.
    (r"(?<![=!<>])>(?!=)", ("<=",)),
    (r"(?<![=!<>])<(?!=)", (">=",)),
    (r"<=", (">",)),
    (r"(?<![=!<>])==", ("!=",)),
    (r"\band\b", ("unless",)),
    (r"\bunless\b", ("and",)),
    (r"\bor\b(?! vector)", ("and",)),  # with 0 or absent: an alert cannot tell
    (r"\bsum\b", ("max", "count")),
    (r"\bmax\b", ("min",)),
    (r"\babsent\b", ("count",)),
    (r"\bavg_over_time\b", ("min_over_time",)),
    (r"\bstddev_over_time\b", ("0 * avg_over_time",)),
    (r"(?<=[\w\"])=~(?=\")", ("!~",)),
    (r"(?<=\w)!=(?=\")", ("=",)),
    (r"(?<=\w)=(?=\")", ("!=",)),
    (r" by \([^)]*\)", ("",)),
)
_NUMBER = re.compile(r"(?<![\w.:])(\d+(?:\.\d+)?)(?![\w.\]])")
_DURATION = re.compile(r"(?<=\[)(\d+)([a-z])(?=\])|(?<=offset )(\d+)([a-z])")
_OTHER_SEVERITY = {"critical": "warning", "warning": "info", "info": "none", "none": "info"}
_UNITS = {"m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Mutant:
    """A rule that says something else."""

    words: str
    original: dict[str, Any]
    changed: dict[str, Any]


def expressions(text: str) -> Iterator[str]:
    """The expression with one thing changed."""
    quoted = [match.span() for match in re.finditer(_STRING, text)]
    for begin, end, other in _replacements(text):
        if not any(start < begin < stop for start, stop in quoted):
            yield text[:begin] + other + text[end:]


def _replacements(text: str) -> Iterator[tuple[int, int, str]]:
    """From where to where, and by what."""
    for pattern, replacements in _SWAPS:
        for match in re.finditer(pattern, text):
            for replacement in replacements:
                yield *match.span(), replacement
    for match in _NUMBER.finditer(text):
        number = float(match[1])
        for other in (number * 2, number / 2) if number else (1,):
            yield *match.span(), f"{other:g}"
    for match in _DURATION.finditer(text):
        number, unit = int(match[1] or match[3]), match[2] or match[4]
        for factor in (3, 1 / 3):
            yield *match.span(), f"{round(number * _UNITS[unit] * factor)}s"


def _seconds(duration: str) -> int:
    return int(duration[:-1]) * _UNITS[duration[-1]]


def _of_alert(rule: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for text in expressions(rule["expr"]):
        yield text, rule | {"expr": text}
    if "for" in rule:
        for factor in (2, 0.5):
            other = f"{round(_seconds(rule['for']) * factor)}s"
            yield f"for: {other}", rule | {"for": other}
    else:
        yield "for: 5m", rule | {"for": "5m"}
    severity = _OTHER_SEVERITY[rule["labels"]["severity"]]
    yield f"severity: {severity}", rule | {"labels": rule["labels"] | {"severity": severity}}


def mutants(alerts: rules.Rules, recorded: rules.Rules) -> Iterator[Mutant]:
    for rule in alerts:
        if rule["alert"] == HEARTBEAT:
            continue  # any number fires
        for words, changed in _of_alert(rule):
            if " ".join(words.split()) != " ".join(rule["expr"].split()):
                yield Mutant(words, rule, changed)
    for rule in recorded:
        for text in expressions(rule["expr"]):
            yield Mutant(text, rule, rule | {"expr": text})


def survives(mutant: Mutant, alerts: rules.Rules, recorded: rules.Rules) -> bool:
    """Whether all cases hold although the rule is another."""

    def uses(case: Case) -> bool:
        tried = rules.of(case, alerts)
        return any(rule is mutant.original for rule in [*tried, *rules.needed(tried, recorded)])

    def changed(found: rules.Rules) -> rules.Rules:
        return [mutant.changed if rule is mutant.original else rule for rule in found]

    # The short ones first: most changes are noticed there.
    concerned = sorted(filter(uses, CASES), key=lambda case: max(case.fires) / case.interval)
    for cases in (concerned[:8], concerned[8:]):
        if cases and rules.run(cases, changed(alerts), changed(recorded)):
            return False
    return True


def main(say: Callable[[str], object] = print) -> int:
    alerts, recorded = rules.load()
    made = list(mutants(alerts, recorded))
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda mutant: survives(mutant, alerts, recorded), made))
    left = [mutant for mutant, survived in zip(made, outcomes, strict=True) if survived]
    for mutant in left:
        name = mutant.original.get("alert") or mutant.original["record"]
        say(f"survived  {name}: {' '.join(mutant.words.split())}")
    share = 1 - len(left) / len(made)
    say(f"{len(made) - len(left)} of {len(made)} changes of rules were noticed ({share:.1%}).")
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
