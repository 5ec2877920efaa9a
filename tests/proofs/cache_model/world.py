"""What the model consists of: the rules, the bounds, and the state of everything at a moment."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from tests.proofs.cache_model.push import DEAF, Ear

Number = frozenset[int]  # a random number, or the xor of some: symmetric difference of their names
Rows = tuple[int, ...]
Stamp = tuple[object, ...]
NOTHING: Number = frozenset()


class Rules(NamedTuple):
    """The protocol as it is. A control sets one of these otherwise."""

    stamp_before_rows: bool = True
    entries_have_stamps: bool = True  # otherwise: whoever commits deletes the entry
    tokens_in_the_transaction: bool = True  # otherwise: the on_commit signal leaves them
    random_tokens: bool = True  # otherwise: counters
    stamp_begins_after_request: bool = True  # otherwise: any that the process has
    followers_check: bool = True  # otherwise: they take what the leader computed
    identity_read_twice: bool = True  # otherwise: rows, then their tokens
    identity_compared: bool = True  # before a response is stored
    identity_in_entry: bool = True  # the organization's tag is one of the entry's
    epoch_rotates: bool = True  # when the database falls back to an older state
    tokens_compared_by_tag: bool = True  # otherwise: one number a write, xored over the tags
    compaction_adds_up: bool = True
    scope_in_key: bool = True
    count_before_stamp: bool = True  # push: what had been heard when the stamp began
    lease: bool = True  # push


class Bounds(NamedTuple):
    """How much there is of everything. `tags` names the tag of each row.

    A write is the rows that it changes. With `identity` row 0 is the caller's own organization:
    authentication reads it, and the response shows it.
    """

    tags: tuple[int, ...] = (0, 0)
    writes: tuple[tuple[int, ...], ...] = ((0, 1), (1,))
    processes: tuple[int, ...] = (0, 1)  # of each reader
    scopes: tuple[int, ...] = (0, 0)  # of each reader
    reads: int = 3
    crashes: int = 0
    fallbacks: int = 0
    compactions: int = 0
    identity: bool = False
    push: bool = False
    restores: bool = (
        True  # a fallback may leave the tokens as they are: rows restored, triggers off
    )
    cuts: int = 0  # of the listening connection


class Database(NamedTuple):
    """What is committed: `tokens` are the rows of the token table, by tag."""

    rows: Rows
    tokens: tuple[frozenset[Number], ...]
    epoch: int = 0


class Entry(NamedTuple):
    key: int
    stamp: Stamp
    scope: int  # of the request that computed it
    body: Rows
    confirmed: int = 0  # push: the count at which the stamp was known to hold


class Caller(NamedTuple):
    row: int
    stamp: Stamp


class Process(NamedTuple):
    memory: tuple[Entry | None, ...]  # by key
    caller: Caller | None = None
    stamp: Stamp = ()  # the last that any request took; only a control looks at it
    ear: Ear = DEAF


class Reader(NamedTuple):
    """A request. `legal` is all that the view without a cache may have seen since it began:
    of the first row, of the first two, and so on."""

    phase: str = "idle"
    legal: tuple[frozenset[Rows], ...] = ()
    caller: Caller | None = None
    stamp: Stamp = ()
    body: Rows = ()
    counter: int = 0


class World(NamedTuple):
    database: Database
    readers: tuple[Reader, ...]
    processes: tuple[Process, ...]
    writers: tuple[str, ...]
    store: frozenset[Entry] = frozenset()  # all ever sent; it may give any of them, or none
    past: frozenset[Database] = frozenset()
    fresh: int = 1  # the next random number, which nothing gives back
    notices: tuple[frozenset[int], ...] = ()  # push: the tags of each commit
    versions: tuple[Rows, ...] = ()  # push: the rows after each commit
    aged: int = 0  # push: commits that are older than a lease lasts
    reads: int = 0
    crashes: int = 0
    fallbacks: int = 0
    compactions: int = 0
    cuts: int = 0
    fault: str = ""


Step = tuple[str, World]


def with_item(values: tuple[Any, ...], index: int, value: Any) -> tuple[Any, ...]:
    return (*values[:index], value, *values[index + 1 :])


def with_reader(world: World, number: int, reader: Reader) -> World:
    return world._replace(readers=with_item(world.readers, number, reader))


def seen(legal: tuple[frozenset[Rows], ...], rows: Rows) -> tuple[frozenset[Rows], ...]:
    """`legal` when, from now on, statements may also see `rows`: each may be the next one's."""
    before: frozenset[Rows] = frozenset({()})
    result = []
    for seen, row in zip(legal, rows, strict=True):
        before = seen | {(*prefix, row) for prefix in before}
        result.append(before)
    return tuple(result)


def xor(numbers: Iterable[Number]) -> Number:
    result = NOTHING
    for number in numbers:
        result = result ^ number
    return result
