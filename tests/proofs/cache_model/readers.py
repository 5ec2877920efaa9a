"""What a request does, one step at a time."""

from collections.abc import Iterator

from tests.proofs.cache_model.world import (
    Bounds,
    Caller,
    Entry,
    Process,
    Reader,
    Rows,
    Rules,
    Stamp,
    Step,
    World,
    seen,
    with_item,
    with_reader,
    xor,
)


class Readers:
    """The steps of the requests, within `bounds` and by `rules`."""

    def __init__(self, bounds: Bounds, rules: Rules | None = None) -> None:
        self.bounds = bounds
        self.rules = rules or Rules()

    # --- Reading -----------------------------------------------------------------------------
    def read(self, world: World, number: int) -> Iterator[Step]:
        reader, who = world.readers[number], f"reader {number + 1}"
        following = getattr(self, f"_when_{reader.phase}")
        for step, then in following(world, number, reader):
            yield f"{who} {step}", then

    def _when_idle(self, world: World, number: int, reader: Reader) -> Iterator[Step]:
        if world.reads and not self._is_twin(world, number):
            legal = self._legal(world, self._process(world, number))
            begun = Reader("begun", legal)
            yield "begins", with_reader(world, number, begun)._replace(reads=world.reads - 1)

    def _is_twin(self, world: World, number: int) -> bool:
        """Whether it makes no difference that the reader before this one begins instead."""
        bounds, before = self.bounds, number - 1
        if before < 0 or bounds.scopes[before] != bounds.scopes[number]:
            return False
        if bounds.processes[before] == bounds.processes[number]:
            return world.readers[before].phase == "idle"
        return world.reads == bounds.reads

    def _legal(self, world: World, process: Process) -> tuple[frozenset[Rows], ...]:
        """Strict: what is committed. Push: also what has been overwritten unheard, and lately."""
        unheard = world.versions[max(process.ear.delivered, world.aged) :]
        legal: tuple[frozenset[Rows], ...] = (frozenset(),) * len(self.bounds.tags)
        for rows in unheard or (world.database.rows,):
            legal = seen(legal, rows)
        return legal

    def _when_begun(self, world: World, number: int, reader: Reader) -> Iterator[Step]:
        if self.bounds.identity:
            yield from self._authenticates(world, number, reader)
        elif self.bounds.push:
            yield from self._hears(world, number, reader)
        else:
            yield from self._when_ready(world, number, reader)

    def _authenticates(self, world: World, number: int, reader: Reader) -> Iterator[Step]:
        process = self._process(world, number)
        known = process.caller
        if known and known.stamp == self._identity(world):
            ready = reader._replace(phase="ready", caller=known)
            yield "is known, and no token of that has moved", with_reader(world, number, ready)
        row = world.database.rows[0]
        asked = reader._replace(phase="asked", body=(row,))
        yield f"reads its identity: {row}", with_reader(world, number, asked)

    def _when_asked(self, world: World, number: int, reader: Reader) -> Iterator[Step]:
        caller = Caller(reader.body[0], self._identity(world))
        proved = reader._replace(phase="proved", caller=caller)
        yield "reads the tokens of its identity", with_reader(world, number, proved)

    def _when_proved(self, world: World, number: int, reader: Reader) -> Iterator[Step]:
        row = world.database.rows[0]
        if self.rules.identity_read_twice and (row,) != reader.body:
            again = reader._replace(phase="asked", body=(row,))
            yield f"reads its identity again: now {row}", with_reader(world, number, again)
            return
        world = self._processes(world, number, caller=reader.caller)
        ready = reader._replace(phase="ready", body=())
        yield "knows who it is", with_reader(world, number, ready)

    def _when_ready(self, world: World, number: int, reader: Reader) -> Iterator[Step]:
        if not self.rules.stamp_before_rows:
            yield "takes no stamp yet", with_reader(world, number, reader._replace(phase="stamped"))
            return
        stamp = self._stamp(world)
        stamped = reader._replace(phase="stamped", stamp=stamp)
        if not self.rules.count_before_stamp:
            stamped = stamped._replace(phase="uncounted")
        # Only a control looks at the process's last stamp: without it there are fewer states.
        if not self.rules.stamp_begins_after_request:
            earlier = self._process(world, number).stamp
            world = self._processes(world, number, stamp=stamp)
            if earlier:
                joined = stamped._replace(stamp=earlier)
                yield "joins a query that runs already", with_reader(world, number, joined)
        yield "takes a stamp", with_reader(world, number, stamped)

    def _when_uncounted(self, world: World, number: int, reader: Reader) -> Iterator[Step]:
        process = self._process(world, number)
        ear = process.ear.drained(world.notices)
        world = self._processes(world, number, ear=ear)
        counted = reader._replace(phase="stamped", counter=ear.counter if ear.lease else 0)
        yield "counts what it has heard", with_reader(world, number, counted)

    def _when_stamped(self, world: World, number: int, reader: Reader) -> Iterator[Step]:
        key = self._key(number)
        kept = self._process(world, number).memory[key]
        found = [(kept, "memory")] if kept else []
        found += [(entry, "the store") for entry in world.store if entry.key == key]
        for entry, place in found:
            if self._is_valid(world, entry, reader):
                held = entry._replace(confirmed=max(entry.confirmed, reader.counter))
                then = self._remember(world, number, held)
                yield f"finds {entry.body} in {place}", self._answer(then, number, entry)
        if self._leader(world, number) is None:
            yield from self._when_computing(world, number, reader)
        else:
            yield (
                "waits for the other",
                with_reader(world, number, reader._replace(phase="waiting")),
            )
            yield from self._when_computing(world, number, reader)  # out of patience

    def _when_waiting(self, world: World, number: int, reader: Reader) -> Iterator[Step]:
        if self._leader(world, number) is None:
            phase = "ready" if self.bounds.identity else "begun"
            yield "looks again", with_reader(world, number, reader._replace(phase=phase))

    def _when_computing(self, world: World, number: int, reader: Reader) -> Iterator[Step]:
        body = reader.body
        if len(body) < len(world.database.rows):
            row = (
                reader.caller.row if reader.caller and not body else world.database.rows[len(body)]
            )
            computing = reader._replace(phase="computing", body=(*body, row))
            yield f"has of row {len(body) + 1}: {row}", with_reader(world, number, computing)
            return
        if not self.rules.stamp_before_rows:
            reader = reader._replace(stamp=self._stamp(world))
        yield f"answers what it computed: {body}", self._computed(world, number, reader)

    def _computed(self, world: World, number: int, reader: Reader) -> World:
        entry = Entry(self._key(number), reader.stamp, self.bounds.scopes[number], reader.body)
        caller = reader.caller
        if not (caller and self.rules.identity_compared and caller.stamp != _of_identity(entry)):
            if not self.rules.identity_in_entry:
                entry = entry._replace(stamp=entry.stamp[1:])
            world = self._remember(world, number, entry)
            world = world._replace(store=world.store | {entry})
        answered = self._answer(world, number, entry)
        if not self.rules.followers_check:
            for other, waiting in enumerate(world.readers):
                if waiting.phase == "waiting" and self._process_of(other) == self._process_of(
                    number
                ):
                    answered = self._answer(answered, other, entry)
        return answered

    def _answer(self, world: World, number: int, entry: Entry) -> World:
        """The request is over; note if it got what it should not have."""
        reader, fault = world.readers[number], world.fault
        if entry.scope != self.bounds.scopes[number]:
            fault = f"isolation: reader {number + 1} got what was computed for another scope"
        elif entry.body not in reader.legal[-1]:
            fault = (
                f"freshness: reader {number + 1} got {entry.body}, which nobody could see any more"
            )
        return with_reader(world, number, Reader())._replace(fault=fault)

    def _remember(self, world: World, number: int, entry: Entry) -> World:
        memory = with_item(self._process(world, number).memory, entry.key, entry)
        return self._processes(world, number, memory=memory)

    def _is_valid(self, world: World, entry: Entry, reader: Reader) -> bool:
        if not self.rules.entries_have_stamps:
            return True
        stamp = reader.stamp if self.rules.stamp_before_rows else self._stamp(world)
        return entry.stamp == (stamp if self.rules.identity_in_entry else stamp[1:])

    def _leader(self, world: World, number: int) -> int | None:
        """Another request of the same process that computes the same."""
        for other, reader in enumerate(world.readers):
            same = (self._process_of(other), self._key(other)) == (
                self._process_of(number),
                self._key(number),
            )
            if other != number and same and reader.phase == "computing":
                return other
        return None

    def _hears(self, world: World, number: int, reader: Reader) -> Iterator[Step]:
        """Answer without a query if nothing was heard since; else count, and ask for a stamp."""
        process = self._process(world, number)
        ear = process.ear.drained(world.notices)
        world = self._processes(world, number, ear=ear)
        entry = process.memory[self._key(number)]
        if entry and ear.hears(self.rules.lease) and ear.unchanged(entry.confirmed, self._all_tags):
            yield f"is told nothing new about {entry.body}", self._answer(world, number, entry)
            return
        count = ear.counter if ear.hears(self.rules.lease) and self.rules.count_before_stamp else 0
        ready = reader._replace(phase="ready", counter=count)
        yield "counts what it has heard", with_reader(world, number, ready)

    @property
    def _all_tags(self) -> frozenset[int]:
        return frozenset(self.bounds.tags)

    # --- Stamps and places -------------------------------------------------------------------
    def _stamp(self, world: World) -> Stamp:
        database = world.database
        tokens = tuple(map(xor, database.tokens))
        if self.rules.tokens_compared_by_tag:
            return (*tokens, database.epoch)
        return (xor(tokens), database.epoch)

    def _identity(self, world: World) -> Stamp:
        return (xor(world.database.tokens[0]), world.database.epoch)

    def _key(self, number: int) -> int:
        return self.bounds.scopes[number] if self.rules.scope_in_key else 0

    def _process_of(self, number: int) -> int:
        return self.bounds.processes[number]

    def _process(self, world: World, number: int) -> Process:
        return world.processes[self._process_of(number)]

    def _processes(self, world: World, number: int, **changes: object) -> World:
        process = self._process(world, number)._replace(**changes)  # type: ignore[arg-type]
        return world._replace(
            processes=with_item(world.processes, self._process_of(number), process)
        )


def _of_identity(entry: Entry) -> Stamp:
    return (entry.stamp[0], entry.stamp[-1])
