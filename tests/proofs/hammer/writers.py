"""Who writes, a thread each: here by HTTP, in `inside` through Django, in `program` by SQL.

A write gets the slots' numbers and returns once its COMMIT is acknowledged. It raises Unknown
where nobody can say whether it happened, Refused where it certainly did not.
"""

import http.client
import json
import logging
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from deployment.local.calibration import patience
from tests.proofs.hammer.board import DESCRIPTION, Board, Refused, Unknown, slot_of, stamp
from tests.proofs.hammer.pages import Page
from tests.proofs.hammer.proxy import HOST

READS_PER_BURST = 3000  # of each writer, on average: a cache that is only written to shows nothing
BURST = 4  # writes of the same rows, one upon the other: the second meets readers of the first
GAP = 0.05  # seconds at most between them, about what it takes to compute a response
LONGEST_PAUSE = 6.0  # seconds between two bursts of a writer, however slow the readers are
PATIENCE = patience(10)  # seconds for an answer


@dataclass(frozen=True)
class Row:
    """A risk that may be written."""

    index: int
    id: str
    mitigation: str
    marker: str
    token: str  # of an analyst of its organization

    def text(self, kind: int, number: int) -> str:
        return stamp(slot_of(self.index, kind), number, self.marker)


Write = Callable[[Sequence[Row], Sequence[int]], None]


@dataclass(frozen=True)
class Writer:
    """What is written how, again and again: `count` rows at once, of each the slot `kind`."""

    name: str
    write: Write
    kind: int = DESCRIPTION
    count: int = 1

    def run(self, board: Board, rows: Sequence[Row]) -> None:
        rng = random.Random(self.name)
        while not board.is_over():
            chosen = rng.sample(rows, self.count)
            with board.claimed([row.index for row in chosen]) as is_free:
                if is_free:
                    self.burst(board, chosen, rng)
            self._pause(board, rng.uniform(0.5, 1.5))

    def _pause(self, board: Board, share: float) -> None:
        reads = board.count_reads() + share * READS_PER_BURST
        deadline = time.monotonic() + share * LONGEST_PAUSE
        while board.count_reads() < reads and time.monotonic() < deadline:
            time.sleep(0.02)

    def burst(self, board: Board, rows: Sequence[Row], rng: random.Random) -> None:
        for _ in range(BURST):
            if not self.once(board, rows):
                return
            time.sleep(rng.uniform(0, GAP))

    def once(self, board: Board, rows: Sequence[Row]) -> bool:
        """One write; whether the rows may be written again at once."""
        slots = [slot_of(row.index, self.kind) for row in rows]
        numbers = [board.issue(slot) for slot in slots]
        try:
            self.write(rows, numbers)
        except Refused:
            board.count_write(self.name, "unacknowledged", len(rows))
            return True
        except Unknown as unknown:
            board.count_write(self.name, "unacknowledged", len(rows))
            for row in rows:
                # A server that still works on it may commit at any time.
                board.rest(row.index, 1e9) if unknown.args else board.rest(row.index)
            return False
        for slot, number in zip(slots, numbers, strict=True):
            board.acknowledge(slot, number)
        board.count_write(self.name, "acknowledged", len(rows))
        return True


def rows_of(plan: dict[str, Any]) -> list[Row]:
    return [
        Row(risk["index"], risk["id"], risk["mitigation"], org["marker"], org["writer"])
        for org in plan["organizations"]
        for risk in org["risks"]
    ]


def run(board: Board, plan: dict[str, Any], ports: list[int], environment: dict[str, str]) -> None:
    """The process of the writers."""
    os.environ.update(environment)
    import django

    django.setup()
    from tests.proofs.hammer import inside

    logging.disable(logging.WARNING)
    threading.excepthook = _end
    rows = rows_of(plan)
    writers = [*inside.writers(), *_over_http(plan, ports)]
    threads = [threading.Thread(target=writer.run, args=(board, rows)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _end(failure: threading.ExceptHookArgs) -> None:
    """A writer that fails ends the process: a hammer with fewer writers would prove less."""
    sys.excepthook(failure.exc_type, failure.exc_value or Exception(), failure.exc_traceback)
    os._exit(1)


# --- HTTP ---------------------------------------------------------------------------------------
def _over_http(plan: dict[str, Any], ports: list[int]) -> list[Writer]:
    rng = random.Random(1)

    def patch(rows: Sequence[Row], numbers: Sequence[int]) -> None:
        _patch(rng.choice(ports), rows[0], numbers[0])

    def post(rows: Sequence[Row], numbers: Sequence[int]) -> None:
        _post(rng.choice(ports), plan["session"], rows[0], numbers[0])

    return [Writer("patch", patch), Writer("admin", post)]


def _patch(port: int, row: Row, number: int) -> None:
    body = json.dumps({"description": row.text(DESCRIPTION, number)})
    headers = {"Authorization": f"Token {row.token}", "Content-Type": "application/json"}
    _expect(200, _request(port, "PATCH", f"/api/v1/risks/{row.id}/", headers, body)[0])


def _post(port: int, session: str, row: Row, number: int) -> None:
    """As a browser does: get the page, change a field of its form, send all of it."""
    path = f"/admin/risks/risk/{row.id}/change/"
    cookies = f"openrisk_session={session}"
    try:
        status, headers, text = _request(port, "GET", path, {"Cookie": cookies})
    except Unknown:
        raise Refused from None
    if status != 200:
        raise Refused
    page = Page(text, "risk_form")
    page.fields["description"] = [row.text(DESCRIPTION, number)]
    sent = {
        "Cookie": f"{cookies}; csrftoken={page.cookie(headers, 'csrftoken')}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    _expect(302, _request(port, "POST", path, sent, page.encoded())[0])


def _expect(wanted: int, status: int) -> None:
    if status >= 500:
        raise Unknown
    if status != wanted:
        raise Refused


def _request(
    port: int, method: str, path: str, headers: dict[str, str], body: str | None = None
) -> tuple[int, list[tuple[str, str]], str]:
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {"Host": "localhost", **headers})
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read().decode()
    except ConnectionRefusedError:
        raise Refused from None
    except TimeoutError:
        raise Unknown("still under way") from None
    except (OSError, http.client.HTTPException):
        raise Unknown from None
    finally:
        connection.close()
