"""Keeps findings apart that a report has several times at the same location."""

from collections import Counter


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
