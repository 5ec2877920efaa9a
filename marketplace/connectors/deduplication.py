"""Telling apart what a report has several times at the same place."""

from collections import Counter


class DuplicateNumbering:
    """The first keeps its place, the next ones are "place (2)", "place (3)".

    Of all that was seen it keeps a number each, however long the texts are. Two that had the same
    by chance would only be counted.
    """

    def __init__(self) -> None:
        self._times: Counter[int] = Counter()

    def place(self, place: str, *others: str) -> str:
        """`others` is what else identifies the finding, e.g. its rule."""
        seen = hash((place, *others))
        self._times[seen] += 1
        times = self._times[seen]
        return place if times == 1 else f"{place} ({times})".lstrip()
