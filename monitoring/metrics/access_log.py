"""A line on stderr for each request, with ACCESS_LOG=1: route, method, status, time, request id.

Threads that answer requests only queue what they know; the thread that flushes the metrics once a
second writes the lines. Paths are left out: they may hold what others must not read.
"""

import sys
import time
from collections import deque
from functools import lru_cache

import orjson
from django.conf import settings

MOST_QUEUED = 200_000  # per thread and second, so that a log cannot fill the memory

Entry = tuple[float, str, str, str, str, float, str]


def new_queue() -> deque[Entry]:
    return deque(maxlen=MOST_QUEUED)


def write_lines(queues: list[deque[Entry]]) -> None:
    """Write all queued entries in one piece, in the order of time."""
    entries = [queue.popleft() for queue in queues for _ in range(len(queue))]
    entries.sort()
    if entries:
        to_line = to_json if settings.LOG_FORMAT == "json" else to_logfmt
        sys.stderr.write("".join(to_line(entry) for entry in entries))
        sys.stderr.flush()


def to_json(entry: Entry) -> str:
    at, route, method, status, cache, took, request_id = entry
    fields = {
        "timestamp": format_timestamp(at),
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


def to_logfmt(entry: Entry) -> str:
    """Format the entry. Only a request id that contains a = needs quotes."""
    at, route, method, status, cache, took, request_id = entry
    request_id = f'"{request_id}"' if "=" in request_id else request_id
    return (
        f"timestamp={format_timestamp(at)} level=info event=request route={route} method={method} "
        f"status={status} cache={cache} seconds={took:.6f} request_id={request_id}\n"
    )


def format_timestamp(at: float) -> str:
    return f"{format_second(int(at))}.{int(at % 1 * 1000):03}Z"


@lru_cache(2)
def format_second(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
