"""Versions of packs, and ranges such as `>=0.1,<2`."""

import operator
import re
from typing import Any

from marketplace.packs.errors import BadPack

_COMPARISON = re.compile(r"(>=|<=|>|<|==)?\s*(\d{1,9}(?:\.\d{1,9}){0,2})", re.ASCII)
_OPERATORS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}


def is_version_in_range(version: str, version_range: str) -> bool:
    """Whether a version is in a range such as `>=0.1,<2`. Raises BadPack for an invalid range.

    A pre-release counts as its release: 2.0.0-rc.1 is not below 2.
    """
    release = _release_of(version)
    comparisons = parse_range(version_range)
    return all(_OPERATORS[name](release, bound) for name, bound in comparisons)


def parse_range(version_range: str) -> list[tuple[str, tuple[int, ...]]]:
    """The comparisons of a range, as (operator, release). Raises BadPack."""
    matches = [_COMPARISON.fullmatch(part.strip()) for part in version_range.split(",")]
    if not all(matches):
        message = f"{version_range[:50]!r} is not a range of versions. Write it as >=1.0,<2."
        raise BadPack(message)
    return [(match[1] or "==", _release_of(match[2])) for match in matches if match]


def version_key(version: str) -> tuple[Any, ...]:
    """The sort key of a version, in the order of Semantic Versioning 2.0 (item 11)."""
    pre = version.partition("+")[0].partition("-")[2]
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in pre.split("."))
    return (*_release_of(version), not pre, parts)


def _release_of(version: str) -> tuple[int, ...]:
    release = version.partition("+")[0].partition("-")[0]
    numbers = [int(part) for part in release.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))
