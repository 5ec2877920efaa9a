"""Keeps findings apart that a report has several times at a location, or makes them one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from marketplace.connectors.items import FindingItem, RejectedItem


class DuplicateNumbering:
    """Numbers duplicates: the first keeps its location, the next are "location (2)" and so on.

    It stores one hash per location, so its size does not depend on the texts. Two locations with
    the same hash would only be numbered needlessly.
    """

    def __init__(self) -> None:
        self._times: Counter[int] = Counter()

    def number_location(self, location: str, *others: str) -> str:
        """`others` are the other identifiers of the finding, e.g. its rule."""
        key = hash((location, *others))
        self._times[key] += 1
        times = self._times[key]
        return location if times == 1 else f"{location} ({times})".lstrip()


def merge_versions(items: Iterable[FindingItem | RejectedItem]) -> list[FindingItem | RejectedItem]:
    """Make one finding of several versions of a package in one file: open if one of them is."""
    merged: dict[Any, FindingItem | RejectedItem] = {}
    for item in items:
        if not isinstance(item, FindingItem):
            merged[item.row] = item
            continue
        key = (item.rule, item.location)
        first = merged.get(key, item)
        assert isinstance(first, FindingItem)  # noqa: S101  by its key
        leading = item if item.state == "open" and first.state != "open" else first
        components = tuple(sorted({*first.components, *item.components}))
        merged[key] = replace(leading, components=components)
    return list(merged.values())
