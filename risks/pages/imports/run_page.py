"""The page of a run, whether its rows come from a file or from a connector: one view model.

`risks/imports/run.html` shows it. A run of a file adds its columns (`risks.pages.imports.columns`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class RunStep:
    """A button of the page, which posts `name`=`value` to `url`. With a `reason`, it is closed."""

    label: str
    url: str
    name: str = ""
    value: str = ""
    kind: str = ""  # primary or danger
    icon: str = ""
    reason: str = ""


@dataclass(frozen=True)
class RunLink:
    label: str
    url: str
    icon: str = ""


@dataclass(frozen=True)
class RunTab:
    """A part of the page, or a filter of its rows, with the number of what it shows."""

    label: str
    url: str
    is_current: bool
    count: int | None = None


@dataclass(frozen=True)
class RunFigure:
    """A number of the summary, with the address of what it counts."""

    number: int
    label: str
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class LogLine:
    at: str
    text: str


@dataclass(frozen=True)
class ValueChange:
    """A field of a row: its label, its values, and what they were read from."""

    label: str
    before: str
    after: str
    is_update: bool
    is_guess: bool
    guessed_from: str
    is_edited: bool  # someone has edited the value that is replaced


@dataclass(frozen=True)
class ShownRow:
    number: int
    kind: str
    title: str
    address: str  # of a risk
    action: str
    tone: str
    changes: list[ValueChange]
    is_new: bool
    errors: list[Mapping[str, Any]]
    notes: list[str]


@dataclass(frozen=True)
class RowList:
    """A page of the rows that the address asks for; `tabs` are the filters."""

    tabs: list[RunTab]
    rows: list[ShownRow]
    number: int
    pages: int
    previous_url: str = ""
    next_url: str = ""


@dataclass
class RunPage:
    """A run as `risks/imports/run.html` shows it.

    `crumbs` are label and address; `problem` are sentences on what went wrong; `waits` says what a
    worker does, since `waits_since`. `question` is asked before the steps.
    """

    title: str
    address: str
    crumbs: Sequence[tuple[str, str]]
    state: str
    tone: str = ""
    revision: int = 0
    facts: list[tuple[str, str]] = field(default_factory=list)
    figures: list[RunFigure] = field(default_factory=list)
    problem: list[str] = field(default_factory=list)
    waits: str = ""
    waits_since: datetime | None = None
    question: str = ""
    answers: list[RunStep] = field(default_factory=list)
    steps: list[RunStep] = field(default_factory=list)
    links: list[RunLink] = field(default_factory=list)
    tabs: list[RunTab] = field(default_factory=list)
    rows: RowList | None = None
    log: list[LogLine] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        """Return why steps are closed, each once."""
        return list(dict.fromkeys(step.reason for step in self.steps if step.reason))
