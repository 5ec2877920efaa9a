"""Who reads, and judges each response by the floors from before the request was sent."""

import random
import selectors
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from deployment.local.calibration import patience
from tests.proofs.hammer.board import (
    AGES,
    DESCRIPTION,
    MITIGATION,
    READS,
    STAMP,
    TAG,
    Board,
    slot_of,
)
from tests.proofs.hammer.proxy import HOST

DEPTH = 4  # requests that a connection sends at once
PER_PORT = 2  # connections of each reader to each server process
PATIENCE = patience(10)  # seconds for an answer; a later one is an error
AGAIN = 0.05  # seconds until a broken connection is tried again
PAGE = 5
MOST_EXAMPLES = 20  # of failures that each reader writes down

Stamps = tuple[tuple[int, int, bytes], ...]  # slot, number, marker
LAYERS = {
    b"front": "hit_front",
    b"memory": "hit_memory",
    b"store": "hit_store",
}


@dataclass
class Question:
    """A request, whose it is, and the slots (or, of a list, how many) that its answer shows."""

    raw: bytes
    marker: bytes
    slots: frozenset[int] | int
    seen: tuple[bytes, Stamps] = (b"", ())  # the last answer, and what it shows

    def shown(self, body: bytes) -> Stamps:
        if body != self.seen[0]:
            found = tuple(
                (int(slot), int(number), marker) for slot, number, marker in STAMP.findall(body)
            )
            self.seen = (body, found)
        return self.seen[1]

    def is_complete(self, shown: Stamps) -> bool:
        if isinstance(self.slots, int):
            return len(shown) == self.slots
        return {slot for slot, _, _ in shown} == self.slots


def questions(organization: dict[str, Any], token: str) -> tuple[list[Question], list[Question]]:
    """All that one person asks: details, and everything else. The first are asked most."""
    marker = organization["marker"].encode()

    def ask(path: str, slots: Iterable[int] | int) -> Question:
        raw = (
            f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
            f"Authorization: Token {token}\r\n\r\n"
        )
        return Question(raw.encode(), marker, slots if isinstance(slots, int) else frozenset(slots))

    risks = organization["risks"]
    details = [
        ask(f"risks/{r['id']}/", [slot_of(r["index"], DESCRIPTION), slot_of(r["index"], TAG)])
        for r in risks
    ]
    plans = [
        ask(f"mitigations/{r['mitigation']}/", [slot_of(r["index"], MITIGATION)]) for r in risks[:3]
    ]
    others = [
        ask(f"risks/?page_size={PAGE}", 2 * PAGE),
        ask(f"risks/?search=struck&page_size={PAGE}", 2 * PAGE),
        ask(f"mitigations/?page_size={PAGE}", PAGE),
        ask(f"risks/?ordering=-updated_at&page_size={PAGE}", 2 * PAGE),
        ask(f"risks/?page_size={PAGE}&page=2", 2 * PAGE),
        ask(f"risks/?search=struck+{risks[0]['index']}&page_size=1", 2),
        ask(f"mitigations/?risk={risks[1]['id']}", [slot_of(risks[1]["index"], MITIGATION)]),
    ]
    return details, others + plans


def choices(plan: dict[str, Any], rng: random.Random) -> list[Question]:
    """A long sequence of questions: half of them details, each kind by Zipf's law."""
    details: list[Question] = []
    others: list[Question] = []
    for organization in plan["organizations"]:
        for token in organization["tokens"]:
            its_details, its_others = questions(organization, token)
            details += its_details
            others += its_others
    sequence: list[Question] = []
    for pair in zip(_zipf(details, rng), _zipf(others, rng), strict=True):
        sequence += pair
    return sequence


def _zipf(asked: list[Question], rng: random.Random, count: int = 8192) -> list[Question]:
    """`asked` in rank order per person, so every organization has its own hot ones."""
    weights = list(accumulate(1 / (1 + index % 19) for index in range(len(asked))))
    return rng.choices(asked, cum_weights=weights, k=count)


@dataclass
class Connection:
    port: int
    wire: socket.socket | None = None
    data: bytearray = field(default_factory=bytearray)
    asked: list[Question] = field(default_factory=list)
    floors: list[int] = field(default_factory=list)
    sent: float = 0.0
    again: float = 0.0  # when to connect


class Reader:
    """One process's connections to all ports, each with a batch of questions under way."""

    def __init__(self, board: Board, number: int, plan: dict[str, Any], log: Path) -> None:
        self.board = board
        self.base = number * len(READS)
        self.number = number
        self.log = log
        self.examples = 0
        rng = random.Random(number)
        self.sequence = choices(plan, rng)
        self.place = rng.randrange(len(self.sequence))
        self.selector = selectors.DefaultSelector()

    def run(self, ports: list[int]) -> None:
        connections = [Connection(port) for port in ports for _ in range(PER_PORT)]
        while not self.board.is_over():
            now = time.monotonic()
            for connection in connections:
                if connection.wire is None:
                    if now >= connection.again:
                        self._connect(connection)
                elif now - connection.sent > PATIENCE:
                    self._failed(connection.asked[0], "errors", "no answer in time", connection)
                    self._lost(connection)
            for key, _ in self.selector.select(0.05):
                self._receive(key.data)

    # --- the wire ----------------------------------------------------------------------------
    def _connect(self, connection: Connection) -> None:
        try:
            wire = socket.create_connection((HOST, connection.port), 1)
        except OSError:
            connection.again = time.monotonic() + AGAIN
            return
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.wire = wire
        connection.data.clear()
        self.selector.register(wire, selectors.EVENT_READ, connection)
        self._ask(connection)

    def _ask(self, connection: Connection) -> None:
        assert connection.wire is not None
        end = self.place + DEPTH
        connection.asked = self.sequence[self.place : end]
        self.place = end % len(self.sequence)
        connection.floors = self.board.floors[:]  # before anything is sent
        connection.sent = time.monotonic()
        try:
            connection.wire.sendall(b"".join(question.raw for question in connection.asked))
        except OSError:
            self._lost(connection)

    def _lost(self, connection: Connection) -> None:
        """Broken: whoever was waiting asks again, as any client would."""
        self._count("retries", len(connection.asked))
        assert connection.wire is not None
        self.selector.unregister(connection.wire)
        connection.wire.close()
        connection.wire, connection.asked = None, []
        connection.again = time.monotonic() + AGAIN

    def _receive(self, connection: Connection) -> None:
        assert connection.wire is not None
        try:
            data = connection.wire.recv(262_144)
        except OSError:
            data = b""
        if not data:
            self._lost(connection)
            return
        connection.data += data
        while connection.asked and (answer := _taken(connection.data)):
            self._judge(connection.asked.pop(0), *answer, connection)
        if not connection.asked:
            self._ask(connection)

    # --- the judgement -----------------------------------------------------------------------
    def _judge(self, question: Question, head: bytes, body: bytes, connection: Connection) -> None:
        status = head[9:12]
        if status != b"200":
            name = "unavailable" if status == b"503" else "errors"
            self._failed(question, name, head[:40].decode("latin-1"), connection)
            return
        self._count("reads")
        self._count(_layer(head))
        shown = question.shown(body)
        if not question.is_complete(shown):
            self._failed(question, "incomplete", f"shows {shown}", connection)
        for slot, number, marker in shown:
            if marker != question.marker:
                self._failed(question, "foreign", f"slot {slot}", connection)
            elif number < connection.floors[slot]:
                self._stale(question, slot, number, head, connection)
                break  # one response is one stale read
            elif number > self.board.ceilings[slot]:
                self._failed(question, "phantom", f"slot {slot} {number}", connection)

    def _stale(
        self, question: Question, slot: int, number: int, head: bytes, connection: Connection
    ) -> None:
        floor = connection.floors[slot]
        age = self.board.age(slot, number, floor, connection.sent)
        place = self.base + READS.index("ages")
        if self.board.reads[place] < AGES:
            self.board.ages[self.number * AGES + self.board.reads[place]] = age
            self.board.reads[place] += 1
        what = f"slot {slot}: {number} < {floor}, {age * 1000:.1f} ms late, {_layer(head)}"
        self._failed(question, "stale", what, connection)

    def _count(self, name: str, count: int = 1) -> None:
        self.board.reads[self.base + READS.index(name)] += count

    def _failed(self, question: Question, name: str, what: str, connection: Connection) -> None:
        self._count(name)
        self.examples += 1
        if self.examples <= MOST_EXAMPLES:
            path = question.raw.split(b" ", 2)[1].decode()
            with self.log.open("a") as log:
                log.write(f"{time.time():.3f} {name} port {connection.port} {path}: {what}\n")


def _taken(data: bytearray) -> tuple[bytes, bytes] | None:
    """Head and body of the first whole response, taken off `data`."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(data[:end]).lower()
    start = head.find(b"\r\ncontent-length:") + 17
    length = int(head[start : (head.find(b"\r\n", start) + 1 or len(head) + 1) - 1])
    if len(data) < end + 4 + length:
        return None
    body = bytes(data[end + 4 : end + 4 + length])
    del data[: end + 4 + length]
    return head, body


def _layer(head: bytes) -> str:
    """Which layer answered, by `X-Cache` and `Cache-Status`."""
    start = head.find(b"\r\nx-cache:") + 10
    result = head[start : start + 8].strip()
    if result.startswith(b"hit"):
        start = head.find(b"detail=") + 7
        for name, field_name in LAYERS.items():
            if head.startswith(name, start):
                return field_name
    return "miss" if result.startswith(b"miss") else "bypass"


def run(board: Board, number: int, plan: dict[str, Any], ports: list[int], log: Path) -> None:
    Reader(board, number, plan, log).run(ports)
