"""The last change of each model that this process has seen, by its signals; for operators."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from openrisk.caching.freshness.signals import cache_invalidated

STARTED = time.time()


@dataclass(frozen=True)
class RecentChange:
    model: str
    at: float  # seconds since 1970
    count: int  # since the process started


_changes: dict[str, RecentChange] = {}


def connect_receiver() -> None:
    cache_invalidated.connect(remember_change, dispatch_uid="cache.recent")


def latest_changes() -> list[RecentChange]:
    """The newest first."""
    return sorted(_changes.values(), key=lambda change: change.at, reverse=True)


def latest_change_of(labels: Iterable[str]) -> RecentChange | None:
    """The newest change of any of the models."""
    changes = [_changes[label] for label in labels if label in _changes]
    return max(changes, key=lambda change: change.at, default=None)


def clear_changes() -> None:
    _changes.clear()


def remember_change(sender: Any, models: set[str], **kwargs: Any) -> None:
    for label in models:
        before = _changes.get(label)
        _changes[label] = RecentChange(label, time.time(), before.count + 1 if before else 1)
