"""A line for each request on stderr, with ACCESS_LOG=1: route, method, status, time, request id.

Threads that answer only put what they know aside; the thread that carries metrics over once a
second makes lines of it. Paths are left out: they may hold what others should not read.
"""

import sys
import time
from collections import deque
from functools import lru_cache

import orjson
from django.conf import settings

MOST_WAITING = 200_000  # of one thread, within a second: a log is no reason to run out of memory

Entry = tuple[float, str, str, str, str, float, str]


def new_queue() -> deque[Entry]:
    return deque(maxlen=MOST_WAITING)


def write_lines(queues: list[deque[Entry]]) -> None:
    """Everything that waits, in the order of time, in one piece."""
    entries = [queue.popleft() for queue in queues for _ in range(len(queue))]
    entries.sort()
    if entries:
        to_line = _to_json if settings.LOG_FORMAT == "json" else _to_logfmt
        sys.stderr.write("".join(to_line(entry) for entry in entries))
        sys.stderr.flush()


def _moment(at: float) -> str:
    return f"{_second(int(at))}.{int(at % 1 * 1000):03}Z"


@lru_cache(2)
def _second(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


def _to_json(entry: Entry) -> str:
    at, route, method, status, cache, took, request_id = entry
    fields = {
        "timestamp": _moment(at),
        "level": "info",
        "event": "request",
        "route": route,
        "method": method,
        "status": int(status),
        "cache": cache,
        "seconds": round(took, 6),
        "request_id": request_id,
    }
    return orjson.dumps(fields).decode() + "\n"


def _to_logfmt(entry: Entry) -> str:
    """No value needs quoting but a request id with a = in it."""
    at, route, method, status, cache, took, request_id = entry
    shown = f'"{request_id}"' if "=" in request_id else request_id
    return (
        f"timestamp={_moment(at)} level=info event=request route={route} method={method} "
        f"status={status} cache={cache} seconds={took:.6f} request_id={shown}\n"
    )
