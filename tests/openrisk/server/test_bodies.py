"""Bodies are received whole, within their limit and in time, or refused with a sentence."""

import re
import threading

import pytest

from openrisk.server import bodies
from openrisk.server.bodies import BodyRefused, Chunks, Intake, drain
from openrisk.server.limits import IN_MEMORY, Limit
from openrisk.server.spool import Spool, SpooledFile
from tests.openrisk.server.protocols import END, SILENCE, Protocol, run

LIMIT = Limit(re.compile("/"), 1000, False, "all", "for tests")
LARGE = Limit(re.compile("/"), 10 * IN_MEMORY, True, "all", "for tests")


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path)


def receive(protocol, length, limit=LIMIT, *, spool):
    """The bytes that were received."""

    async def write(method, data):
        method(data)

    async def receiving():
        body = await Intake(spool, write).receive(Chunks(protocol), length, limit)
        try:
            return body.input.read()
        finally:
            body.close()

    return run(receiving())


def refused(protocol, length, limit=LIMIT, *, spool):
    with pytest.raises(BodyRefused) as refusal:
        receive(protocol, length, limit, spool=spool)
    assert spool.used == 0
    return refusal.value.status


def test_a_body_of_known_length_is_complete_with_its_last_byte(spool):
    assert receive(Protocol([b"abc", b"de", SILENCE]), 5, spool=spool) == b"abcde"


def test_a_chunked_body_is_complete_at_its_end(spool):
    assert receive(Protocol([b"abc", b"de", END]), None, spool=spool) == b"abcde"


def test_a_large_body_goes_through_a_file_that_is_gone_afterwards(spool):
    part = b"x" * (IN_MEMORY // 2)
    assert receive(Protocol([part] * 3), 3 * len(part), LARGE, spool=spool) == part * 3
    assert spool.used == 0


def test_a_body_that_says_it_is_too_large_is_not_read(spool):
    protocol = Protocol([b"x"])
    assert refused(protocol, LIMIT.size + 1, spool=spool) == 413
    assert protocol.begun == 0


def test_a_chunked_body_is_refused_once_it_is_too_large(spool):
    protocol = Protocol([b"x" * 600] * 3)
    assert refused(protocol, None, spool=spool) == 413
    assert len(protocol.parts) == 1


@pytest.mark.parametrize(("parts", "length"), [([b"ab", END, END], 5), ([b"ab", END, END], None)])
def test_a_body_that_breaks_off_is_refused(parts, length, spool):
    assert refused(Protocol(parts), length, spool=spool) == 400


def test_a_body_that_stops_coming_is_given_up(spool, monkeypatch):
    monkeypatch.setattr(bodies, "GRACE", 0.02)
    assert refused(Protocol([b"ab", SILENCE]), 5, spool=spool) == 408


def test_what_has_come_earns_time(spool, monkeypatch):
    """Else a large upload would have no more time than a small one."""
    monkeypatch.setattr(bodies, "GRACE", 0.02)
    monkeypatch.setattr(bodies, "LEAST_RATE", 0.001)

    class Pausing(Protocol):
        async def __anext__(self):
            if len(self.parts) == 1:
                await bodies.asyncio.sleep(0.05)
            return await super().__anext__()

    assert receive(Pausing([b"a", b"b"]), 2, spool=spool) == b"ab"


def test_where_there_is_no_room_uploads_wait(tmp_path):
    full = Spool(tmp_path, budget=IN_MEMORY)
    assert refused(Protocol([b"x" * (IN_MEMORY + 1)]), None, LARGE, spool=full) == 503


def test_of_too_many_the_one_that_came_first_is_ended(spool):
    async def two():
        intake = Intake(spool, None, most=1)
        receiving = intake.receive(Chunks(Protocol([b"a", SILENCE])), 2, LIMIT)
        slow = bodies.asyncio.ensure_future(receiving)
        await bodies.asyncio.sleep(0)
        body = await intake.receive(Chunks(Protocol([b"ab"])), 2, LIMIT)
        with pytest.raises(BodyRefused) as refusal:
            await slow
        return body.input.read(), refusal.value.status

    assert run(two()) == (b"ab", 408)


def test_the_rest_of_a_refused_body_is_taken_in_and_forgotten(spool):
    async def rest():
        protocol = Protocol([b"x" * 1001, b"y", b"z", END])
        chunks = Chunks(protocol)
        with pytest.raises(BodyRefused):
            await Intake(spool, None).receive(chunks, None, LIMIT)
        await drain(chunks)
        return protocol

    protocol = run(rest())
    assert (protocol.parts, protocol.begun) == ([], 1)


def test_a_file_is_not_closed_under_the_thread_that_writes_it(spool, monkeypatch):
    """Its number might be that of another client's file or connection by then."""
    monkeypatch.setattr(bodies, "GRACE", 0.02)
    write, given_up, found = SpooledFile.write, threading.Event(), []

    def slow(file, data):
        given_up.wait(20)
        found.append(file.file.closed)
        write(file, data)

    monkeypatch.setattr(SpooledFile, "write", slow)

    async def receiving():
        loop = bodies.asyncio.get_running_loop()

        async def in_thread(method, data):
            loop.call_later(0.1, given_up.set)
            await loop.run_in_executor(None, method, data)

        large = Protocol([b"x" * (IN_MEMORY + 1), SILENCE])
        with pytest.raises(BodyRefused):
            await Intake(spool, in_thread).receive(Chunks(large), None, LARGE)

    run(receiving())
    assert found == [False]
    assert spool.used == 0
