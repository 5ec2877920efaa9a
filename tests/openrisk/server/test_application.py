"""A request from its first byte to its last: who waits for what, and what is answered."""

import asyncio
import threading
import time

import pytest

from openrisk.request_state import ARRIVED_AT
from openrisk.server import responses
from openrisk.server.application import WebServer
from openrisk.server.limits import IN_MEMORY
from openrisk.server.responses import Reply
from tests.openrisk.server.protocols import END, SILENCE, Protocol, Scope, run

HELLO = ("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])


def hello(environ, start_response):
    start_response(*HELLO)
    return [b"hello"]


def echo(environ, start_response):
    start_response("200 OK", [])
    return [environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))]


@pytest.fixture
def serve(tmp_path):
    """`serve(application)(scope, protocol)`: the protocol, once it was answered."""

    def make(application, threads=1, **options):
        server = WebServer(application, threads=threads, folder=tmp_path, **options)

        def ask(scope, protocol=None):
            async def one():
                answered = protocol or Protocol()
                await server.__rsgi__(scope, answered)
                return answered

            return run(one())

        ask.server = server
        return ask

    return make


def test_the_application_answers_in_a_thread(serve):
    names = []

    def application(environ, start_response):
        names.append(threading.current_thread().name)
        return hello(environ, start_response)

    answer = serve(application)(Scope())
    assert (answer.status, answer.content) == (200, b"hello")
    assert names[0].startswith("request")


def test_a_chunked_body_has_a_length_for_the_application(serve):
    scope = Scope(method="POST", transfer_encoding="chunked")
    assert serve(echo)(scope, Protocol([b"ab", b"cd", END])).content == b"abcd"


def test_a_body_that_is_too_large_never_meets_the_application(serve):
    counted = []
    serving = serve(echo, observe=lambda environ, reply, began: counted.append(reply.status))
    scope = Scope("/api/v1/auth/login/", "POST", content_length="100000000")
    answer = serving(scope, Protocol([END]))
    assert (answer.status, answer.headers["Connection"]) == (413, "close")
    assert b"at most 64 kB" in answer.content
    assert counted == [413]


def test_slow_bodies_hold_no_thread(serve):
    serving = serve(hello)

    async def beside_slow_ones():
        slow = [
            asyncio.ensure_future(
                serving.server.__rsgi__(
                    Scope(method="POST", content_length="10"), Protocol([b"a", SILENCE])
                )
            )
            for _ in range(20)
        ]
        protocol = Protocol()
        await serving.server.__rsgi__(Scope(), protocol)
        for one in slow:
            one.cancel()
        return protocol.status

    assert run(beside_slow_ones()) == 200


def test_a_failure_is_answered(serve):
    def application(environ, start_response):
        raise ValueError

    assert serve(application)(Scope()).status == 500


def test_who_knows_the_answer_at_once_is_asked_first(serve):
    async def instant(environ):
        return Reply(204, [], b"") if environ["PATH_INFO"] == "/known" else None

    serving = serve(hello, instants=[instant])
    assert [serving(Scope(path)).status for path in ("/known", "/other")] == [204, 200]


def large(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/csv")])
    for _ in range(3):
        yield b"x" * IN_MEMORY


def test_slow_readers_hold_no_thread(serve):
    serving = serve(large)

    async def two():
        protocols = [Protocol(), Protocol()]
        sending = [
            asyncio.ensure_future(serving.server.__rsgi__(Scope(), protocol))
            for protocol in protocols
        ]
        while not all(protocol.status for protocol in protocols):
            await asyncio.sleep(0.01)
        held = serving.server.spool.used
        for protocol in protocols:
            protocol.left.set()
        await asyncio.gather(*sending)
        return held, protocols[0]

    held, protocol = run(two())
    assert held == 6 * IN_MEMORY
    assert protocol.content == b"x" * 3 * IN_MEMORY
    assert (protocol.headers["Content-Length"], protocol.headers["Connection"]) == (
        str(3 * IN_MEMORY),
        "close",
    )
    assert serving.server.spool.used == 0


def test_who_takes_a_response_too_slowly_is_disconnected(serve, monkeypatch):
    ended = []
    monkeypatch.setattr(responses, "SEND_GRACE", 0.01)
    monkeypatch.setattr(responses, "LEAST_RATE", 10**9)
    monkeypatch.setattr(responses, "end_connection", ended.append)
    serving = serve(large)
    serving(Scope())
    assert ended == ["127.0.0.1:40000"]
    assert serving.server.spool.used == 0


def test_the_head_of_a_large_response_is_made_without_it(serve):
    answer = serve(large)(Scope(method="HEAD"))
    assert (answer.status, answer.content) == (200, b"")


def test_without_room_a_large_response_is_refused(serve):
    serving = serve(large)
    serving.server.spool.budget = IN_MEMORY
    answer = serving(Scope("/api/v1/risks/export/"))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert serving.server.spool.used == 0


def test_a_response_is_closed_when_it_was_collected(serve):
    class Closing(list):
        def close(self):
            closed.append(True)

    closed = []

    def application(environ, start_response):
        start_response(*HELLO)
        return Closing([b"hello"])

    serve(application)(Scope())
    assert closed == [True]


def test_long_requests_leave_a_thread_for_others(serve):
    release = threading.Event()

    def application(environ, start_response):
        if environ["PATH_INFO"].endswith("/export/"):
            release.wait(20)
        return hello(environ, start_response)

    serving = serve(application, threads=2)

    async def beside_exports():
        exports = [
            asyncio.ensure_future(
                serving.server.__rsgi__(Scope("/api/v1/risks/export/"), Protocol())
            )
            for _ in range(5)
        ]
        protocol = Protocol()
        await serving.server.__rsgi__(Scope(), protocol)
        finished = sum(one.done() for one in exports)
        release.set()
        await asyncio.gather(*exports)
        return protocol.status, finished

    assert run(beside_exports()) == (200, 0)


def test_time_is_measured_from_the_end_of_the_body(serve):
    """A slow body is the client's time, not the application's."""
    arrived = []

    def application(environ, start_response):
        arrived.append(environ[ARRIVED_AT])
        return hello(environ, start_response)

    before = time.perf_counter()
    serve(application)(Scope())
    assert before <= arrived[0] <= time.perf_counter()


def test_nothing_is_computed_for_clients_that_have_gone(serve):
    release, computed = threading.Event(), []

    def application(environ, start_response):
        computed.append(environ["QUERY_STRING"])
        release.wait(20)
        return hello(environ, start_response)

    serving = serve(application)

    async def two():
        protocols = [Protocol(), Protocol()]
        exports = [
            asyncio.ensure_future(
                serving.server.__rsgi__(Scope(f"/api/v1/risks/export/?{number}"), protocol)
            )
            for number, protocol in enumerate(protocols)
        ]
        while not computed:
            await asyncio.sleep(0.01)
        protocols[1].left.set()
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(*exports)
        return [protocol.status for protocol in protocols]

    assert run(two()) == [200, 0]
    assert computed == ["0"]
