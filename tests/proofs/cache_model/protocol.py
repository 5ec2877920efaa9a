"""The protocol of the response cache as a state machine.

Writers commit rows together with tokens; readers take a stamp, look for an entry, or read the rows
one statement at a time and keep what they saw. Whatever may go wrong between two steps may happen:
the store loses, delays, reorders and brings back, processes crash, the database falls back to an
older state, notices come late or never. `Rules` says what the protocol does; each control in
`tests.proofs.cache_model.controls` breaks one of them.

Not modelled, because it changes nothing here: timeouts (a reader may always go on without the
cache), TTLs (an entry may always be missing), stamps that several requests share (several equal
ones with nothing between), signals (they only make a process forget).
"""

from collections.abc import Iterator

from tests.proofs.cache_model.readers import Readers
from tests.proofs.cache_model.world import (
    Database,
    Process,
    Reader,
    Step,
    World,
    seen,
    with_item,
    xor,
)


class Protocol(Readers):
    """The steps of everybody, within `bounds` and by `rules`."""

    def initial(self) -> World:
        bounds = self.bounds
        rows = (0,) * len(bounds.tags)
        process = Process((None,) * len(set(bounds.scopes)))
        return World(
            database=Database(rows, (frozenset(),) * (max(bounds.tags) + 1)),
            readers=(Reader(),) * len(bounds.processes),
            processes=(process,) * (max(bounds.processes) + 1),
            writers=("idle",) * len(bounds.writes),
            versions=(rows,) if bounds.push else (),
            reads=bounds.reads,
            crashes=bounds.crashes,
            fallbacks=bounds.fallbacks,
            compactions=bounds.compactions,
            cuts=bounds.cuts,
        )

    def steps(self, world: World) -> Iterator[Step]:
        if not world.reads and all(reader.phase == "idle" for reader in world.readers):
            return  # nobody looks any more
        for number in range(len(world.writers)):
            yield from self._write(world, number)
        for number in range(len(world.readers)):
            yield from self.read(world, number)
        yield from self._mishaps(world)
        if self.bounds.push:
            yield from self._hearing(world)

    @staticmethod
    def invariant(world: World) -> str:
        return world.fault

    # --- Writers -----------------------------------------------------------------------------
    def _write(self, world: World, number: int) -> Iterator[Step]:
        phase, who = world.writers[number], f"writer {number + 1}"
        if phase == "idle":  # nobody sees what is not committed, so begin and end are one step
            yield f"{who} changes its rows and rolls back", world
            yield f"{who} changes its rows and commits", self._commit(world, number)
        elif phase == "committed":
            yield f"{who}'s on_commit signal arrives", self._signal(world, number)

    @staticmethod
    def _turn(world: World, number: int, phase: str) -> World:
        return world._replace(writers=with_item(world.writers, number, phase))

    def _commit(self, world: World, number: int) -> World:
        changed = self.bounds.writes[number]
        rows = tuple(
            number + 1 if row in changed else value for row, value in enumerate(world.database.rows)
        )
        signals = not self.rules.tokens_in_the_transaction
        world = self._turn(world, number, "committed" if signals else "over")
        before = world.database
        if not signals:
            world = self._leave(world, number)
        world = self._becomes(world, world.database._replace(rows=rows), before)
        if not self.rules.entries_have_stamps:
            world = world._replace(
                store=frozenset(), processes=tuple(map(_forgets, world.processes))
            )
        if self.bounds.push:
            notice = frozenset(self.bounds.tags[row] for row in changed)
            world = world._replace(
                notices=(*world.notices, notice), versions=(*world.versions, rows)
            )
        return world

    def _signal(self, world: World, number: int) -> World:
        return self._leave(self._turn(world, number, "over"), number)

    def _leave(self, world: World, number: int) -> World:
        """A new token for each tag of the rows that writer `number` changes."""
        tokens, fresh = list(world.database.tokens), world.fresh
        for tag in sorted({self.bounds.tags[row] for row in self.bounds.writes[number]}):
            if not self.rules.random_tokens:
                tokens[tag] = frozenset({frozenset({max(xor(tokens[tag]), default=0) + 1})})
                continue
            tokens[tag] = tokens[tag] | {frozenset({fresh})}
            fresh += self.rules.tokens_compared_by_tag
        database = world.database._replace(tokens=tuple(tokens))
        fresh += not self.rules.tokens_compared_by_tag
        return world._replace(database=database, fresh=fresh)

    def _becomes(self, world: World, database: Database, before: Database) -> World:
        """Everybody who is reading may see the rows of `database` from now on."""
        readers = tuple(
            reader._replace(legal=seen(reader.legal, database.rows)) if reader.legal else reader
            for reader in world.readers
        )
        past = world.past | {before} if world.fallbacks else frozenset()
        return world._replace(database=database, readers=readers, past=past)

    # --- Mishaps -----------------------------------------------------------------------------
    def _mishaps(self, world: World) -> Iterator[Step]:
        if world.crashes:
            for process in range(len(world.processes)):
                yield f"process {process + 1} crashes and starts again", self._crash(world, process)
        if world.fallbacks:
            for earlier in world.past:
                yield (
                    f"the database falls back to {earlier.rows}",
                    self._fall_back(world, earlier),
                )
                if not self.bounds.restores:
                    continue
                restored = earlier._replace(tokens=world.database.tokens)
                yield (
                    f"a backup of {earlier.rows} is restored, triggers off",
                    self._fall_back(world, restored),
                )
        if world.compactions:
            for tag, numbers in enumerate(world.database.tokens):
                if len(numbers) > 1:
                    yield f"compaction of tag {tag}", self._compact(world, tag)

    def _crash(self, world: World, process: int) -> World:
        readers = tuple(
            Reader() if self._process_of(number) == process else reader
            for number, reader in enumerate(world.readers)
        )
        started = Process((None,) * len(world.processes[process].memory))
        return world._replace(
            readers=readers,
            processes=with_item(world.processes, process, started),
            crashes=world.crashes - 1,
        )

    def _fall_back(self, world: World, earlier: Database) -> World:
        """Connections are lost, transactions with them; readers may go on with what they have."""
        fresh, epoch = world.fresh, earlier.epoch
        if self.rules.epoch_rotates:
            epoch, fresh = (fresh, fresh + 1) if self.rules.random_tokens else (epoch + 1, fresh)
        world = world._replace(
            fallbacks=world.fallbacks - 1,
            fresh=fresh,
        )
        return self._becomes(world, earlier._replace(epoch=epoch), world.database)

    def _compact(self, world: World, tag: int) -> World:
        total = frozenset({xor(world.database.tokens[tag])})
        rows = total if self.rules.compaction_adds_up else frozenset()
        database = world.database._replace(tokens=with_item(world.database.tokens, tag, rows))
        return world._replace(database=database, compactions=world.compactions - 1)

    # --- Notices -----------------------------------------------------------------------------
    def _hearing(self, world: World) -> Iterator[Step]:
        for number, process in enumerate(world.processes):
            for step, ear in process.ear.steps(world.notices, world.aged, cut=bool(world.cuts)):
                changed = process._replace(ear=ear)
                cuts = world.cuts - step.startswith("falls silent")
                yield (
                    f"the ear of process {number + 1} {step}",
                    world._replace(
                        processes=with_item(world.processes, number, changed), cuts=cuts
                    ),
                )
        if world.aged < len(world.notices):
            aged = world.aged + 1
            processes = tuple(p._replace(ear=p.ear.later(aged)) for p in world.processes)
            yield (
                f"commit {aged} grows older than a lease",
                world._replace(aged=aged, processes=processes),
            )


def _forgets(process: Process) -> Process:
    return process._replace(memory=(None,) * len(process.memory))
