"""The protocol within bounds that can be explored whole, and controls that must be caught."""

from typing import NamedTuple

from tests.proofs.cache_model.world import Bounds, Rules

PROTOCOL = {
    "two processes": Bounds(tags=(0, 1)),
    "a crash": Bounds(tags=(0, 1), crashes=1, reads=2),
    "one process, single flight": Bounds(processes=(0, 0)),
    "failover": Bounds(fallbacks=1, reads=2, restores=False),
    "failover or restore": Bounds(writes=((0, 1),), fallbacks=1, reads=2),
    "compaction": Bounds(compactions=1, reads=2),
    "identity": Bounds(tags=(0, 1), writes=((0,), (1,)), identity=True, reads=2),
    "identity and failover": Bounds(
        tags=(0, 1), writes=((0,),), identity=True, reads=2, fallbacks=1
    ),
    "two scopes": Bounds(writes=((0, 1),), processes=(0, 0), scopes=(0, 1)),
    "push": Bounds(writes=((0, 1),), processes=(0, 0), push=True, reads=2),
    "push, cut off": Bounds(writes=((0, 1),), processes=(0,), scopes=(0,), push=True, cuts=1),
}


class Control(NamedTuple):
    bounds: Bounds
    rules: Rules
    fault: str = "freshness"


RIGHT = Rules()
IDENTITY = Bounds(tags=(0, 1), writes=((0,),), identity=True)
PUSH = Bounds(writes=((0, 1),), processes=(0,), scopes=(0,), push=True)
CONTROLS = {
    "stamp read after the rows": Control(Bounds(), RIGHT._replace(stamp_before_rows=False)),
    "no stamp, deleted when saved": Control(Bounds(), RIGHT._replace(entries_have_stamps=False)),
    "counters, two failovers": Control(
        Bounds(processes=(0,), scopes=(0,), reads=2, fallbacks=2, restores=False),
        RIGHT._replace(random_tokens=False),
    ),
    "invalidation on commit only": Control(
        Bounds(), RIGHT._replace(tokens_in_the_transaction=False)
    ),
    "a stamp from before the request": Control(
        Bounds(processes=(0, 0)), RIGHT._replace(stamp_begins_after_request=False)
    ),
    "followers do not check": Control(
        Bounds(processes=(0, 0)), RIGHT._replace(followers_check=False)
    ),
    "identity read once": Control(IDENTITY, RIGHT._replace(identity_read_twice=False)),
    "identity not compared": Control(IDENTITY, RIGHT._replace(identity_compared=False)),
    "organization not in the entry": Control(IDENTITY, RIGHT._replace(identity_in_entry=False)),
    "epoch stays at a restore": Control(
        Bounds(writes=((0, 1),), fallbacks=1, reads=2), RIGHT._replace(epoch_rotates=False)
    ),
    "epoch stays at a failover": Control(
        Bounds(writes=((0, 1),), fallbacks=1, reads=2, restores=False),
        RIGHT._replace(epoch_rotates=False),
    ),
    "xor across tags": Control(Bounds(tags=(0, 1)), RIGHT._replace(tokens_compared_by_tag=False)),
    "compaction does not add up": Control(
        Bounds(compactions=1), RIGHT._replace(compaction_adds_up=False)
    ),
    "push, counted after the stamp": Control(PUSH, RIGHT._replace(count_before_stamp=False)),
    "push without a lease": Control(PUSH, RIGHT._replace(lease=False)),
    "scope not in the key": Control(
        Bounds(scopes=(0, 1)), RIGHT._replace(scope_in_key=False), "isolation"
    ),
}
