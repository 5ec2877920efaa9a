"""Counts requests by route, method, status and the result of the cache, and measures their time.

A hit is answered in some 30 microseconds, and one update of a prometheus_client metric takes
several of them. So each thread counts in plain numbers that only it writes, and once a second
another thread adds what is new to the metrics.
"""

import os
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from prometheus_client import Counter, Gauge, Histogram

from monitoring.metrics import access_log
from openrisk.database import metrics as database
from openrisk.request_state import ARRIVED_AT, ROUTE

FLUSH_EVERY = 1.0  # seconds
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.045, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
RESULTS = frozenset({"hit", "miss", "stale", "bypass"})
OTHER = "other"

requests = Counter(
    "openrisk_http_requests_total",
    "Requests that were answered, by the name of their route and what the cache did",
    ("route", "method", "status", "cache"),
)
seconds = Histogram(
    "openrisk_http_request_duration_seconds",
    "From the arrival of a request in its process until its answer began",
    ("route", "method"),
    buckets=BUCKETS,
)
in_flight = Gauge(
    "openrisk_http_requests_in_flight",
    "Requests that are being answered, in all processes",
    multiprocess_mode="livesum",
)

Application = Callable[..., Iterable[bytes]]
Labels = tuple[str, str, str, str]


class ThreadCounts:
    """The counts of one thread since it started. No other thread writes them."""

    __slots__ = ("busy", "counts", "flushed", "lines", "times")

    def __init__(self) -> None:
        self.busy = 0
        self.lines = access_log.new_queue()
        self.counts: dict[Labels, int] = {}
        # By (route, method): a number for each bucket and beyond, then the sum of seconds.
        self.times: dict[tuple[str, str], list[float]] = {}
        self.flushed: dict[Any, Any] = {}  # already in the metrics; written by the flushing thread


_local = threading.local()
_threads: list[ThreadCounts] = []
_lock = threading.Lock()
_flushing: list[int] = []  # the process whose thread flushes: a forked child starts its own


# --- Counting: on the path of every request -------------------------------------------------------
class RequestMeter:
    """A WSGI application that counts the answers of `application`."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        counts = thread_counts()
        answer: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            answer[:] = (status, headers)
            return start_response(status, headers, *rest)

        began = environ.get(ARRIVED_AT) or time.perf_counter()
        counts.busy = 1
        try:
            return self.application(environ, start)
        finally:
            took = time.perf_counter() - began
            counts.busy = 0
            if answer:
                add_request(counts, environ, answer[0][:3], answer[1], took)


def count_response(
    environ: dict[str, Any], status: str, headers: list[tuple[str, str]], took: float
) -> None:
    """Count a response that did not come from the WSGI application, in the thread that sends it."""
    add_request(thread_counts(), environ, status, headers, took)


def add_request(
    counts: ThreadCounts,
    environ: dict[str, Any],
    status: str,
    headers: list[tuple[str, str]],
    took: float,
) -> None:
    method = environ["REQUEST_METHOD"]
    if method not in METHODS:
        method = OTHER
    route = environ.get(ROUTE) or OTHER
    cache = cache_result(headers)
    labels = (route, method, status, cache)
    counts.counts[labels] = counts.counts.get(labels, 0) + 1
    times = counts.times.get((route, method))
    if times is None:
        times = counts.times[route, method] = [0.0] * (len(BUCKETS) + 2)
    times[bisect_left(BUCKETS, took)] += 1
    times[-1] += took
    if settings.ACCESS_LOG:
        request_id = next((value for name, value in headers if name == "X-Request-ID"), "")
        counts.lines.append((time.time(), route, method, status, cache, took, request_id))


def cache_result(headers: list[tuple[str, str]]) -> str:
    for name, value in headers:
        if name == "X-Cache":
            result = value.partition(" ")[0].lower()
            return result if result in RESULTS else "none"
    return "none"


def thread_counts() -> ThreadCounts:
    return getattr(_local, "counts", None) or register_thread()


def register_thread() -> ThreadCounts:
    """Start the counts of this thread and, in a new process, the thread that flushes them."""
    with _lock:
        counts = _local.counts = ThreadCounts()
        _threads.append(counts)
        if _flushing != [os.getpid()]:
            _flushing[:] = [os.getpid()]
            threading.Thread(target=flush_forever, name="request-metrics", daemon=True).start()
    return counts


# --- Flushing: once a second ----------------------------------------------------------------------
def flush_forever() -> None:
    while True:
        time.sleep(FLUSH_EVERY)
        flush_counts()


def flush_counts() -> None:
    """Add to the metrics what has been counted since the last flush, and write the access log."""
    with _lock:
        for counts in _threads:
            flush_thread(counts)
        busy = sum(counts.busy for counts in _threads)
        access_log.write_lines([counts.lines for counts in _threads])
        in_flight.set(busy)
        database.observe_connections(busy)


def flush_thread(counts: ThreadCounts) -> None:
    # A dict is copied as a whole, without another thread in between.
    for labels, total in counts.counts.copy().items():
        added = total - counts.flushed.get(labels, 0)
        if added:
            requests.labels(*labels).inc(added)
            counts.flushed[labels] = total
    for key, times in counts.times.copy().items():
        now = times.copy()
        before = counts.flushed.get(key, [0.0] * len(now))
        if now != before:
            added_times = [new - old for new, old in zip(now, before, strict=True)]
            observe_all(seconds.labels(*key), added_times)
            counts.flushed[key] = now


def observe_all(histogram: Any, added: list[float]) -> None:
    """Add several observations at once, for which prometheus_client has no method."""
    *buckets, total = added
    for bucket, number in zip(histogram._buckets, buckets, strict=True):
        if number:
            bucket.inc(number)
    histogram._sum.inc(total)
