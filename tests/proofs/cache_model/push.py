"""The listening connection of one process, as `caching.freshness.notifications` keeps it."""

from collections.abc import Iterator
from typing import NamedTuple

Notices = tuple[frozenset[int], ...]


class Ear(NamedTuple):
    """`delivered` notices have arrived, `noted` of them have been taken in.

    A beat is a notice to oneself: `sent` says after how many of the others the one under way was
    sent, `heard` the last that came back. `lease` is whether that one was sent lately enough.
    """

    connected: bool = False
    delivered: int = 0
    noted: int = 0
    counter: int = 1
    all_changed: int = 1
    changed: tuple[tuple[int, int], ...] = ()  # (tag, count at which it was heard to change)
    sent: int = -1
    heard: int = -1
    lease: bool = False

    def drained(self, notices: Notices) -> "Ear":
        """Takes in what has arrived."""
        count, changed = self.counter, dict(self.changed)
        for notice in notices[self.noted : self.delivered]:
            count += 1
            changed |= dict.fromkeys(notice, count)
        return self._replace(
            noted=self.delivered, counter=count, changed=tuple(sorted(changed.items()))
        )

    def hears(self, has_lease: bool) -> bool:
        """Without a lease nobody notices that the connection has gone silent."""
        return self.lease if has_lease else self.heard >= 0

    def unchanged(self, confirmed: int, tags: frozenset[int]) -> bool:
        return confirmed >= self.all_changed and not any(
            count > confirmed for tag, count in self.changed if tag in tags
        )

    def later(self, aged: int) -> "Ear":
        """A lease lasts as long as it takes a commit to age, from when the beat was sent."""
        return self._replace(lease=self.lease and self.heard >= aged)

    def steps(self, notices: Notices, aged: int, *, cut: bool) -> Iterator[tuple[str, "Ear"]]:
        if not self.connected:
            yield "listens anew: all counts as changed", self._listens(len(notices))
            return
        if self.delivered < len(notices):
            yield "receives a notice", self._replace(delivered=self.delivered + 1)
        if self.sent < 0 and not (self.lease and self.heard == len(notices)):
            yield "sends a beat", self._replace(sent=len(notices))
        if 0 <= self.sent <= self.delivered:
            lease = self.sent >= aged
            back = self.drained(notices)._replace(sent=-1, heard=self.sent, lease=lease)
            yield "hears its beat", back
        if cut:
            yield "falls silent", self._replace(connected=False, sent=-1)

    def _listens(self, position: int) -> "Ear":
        """The loss was noticed (all changed), and LISTEN has begun (all changed again)."""
        count = self.counter + 1
        return Ear(True, position, position, count, count)


DEAF = Ear()
