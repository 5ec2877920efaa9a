"""Counts requests: by route, method, status and what the cache did, with how long they took.

A hit is answered in some 30 microseconds, and one metric of prometheus_client takes several of
them. So each thread adds up in plain numbers that only it writes, and once a second another thread
carries what was added since to the metrics.
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

PERIOD = 1.0  # seconds
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


class _Sums:
    """What one thread has counted since it began. Nobody else writes here."""

    __slots__ = ("busy", "counts", "lines", "taken", "times")

    def __init__(self) -> None:
        self.busy = 0
        self.lines = access_log.new_queue()
        self.counts: dict[Labels, int] = {}
        # By (route, method): a number for each bucket and beyond, then the sum of seconds.
        self.times: dict[tuple[str, str], list[float]] = {}
        self.taken: dict[Any, Any] = {}  # what was carried over already; of the carrying thread


_local = threading.local()
_all: list[_Sums] = []
_lock = threading.Lock()
_carrier: list[int] = []  # the process whose thread runs: a forked child starts its own


class RequestMeter:
    """A WSGI application that counts what `application` answers."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        sums = _sums()
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            told[:] = (status, headers)
            return start_response(status, headers, *rest)

        began = environ.get(ARRIVED_AT) or time.perf_counter()
        sums.busy = 1
        try:
            return self.application(environ, start)
        finally:
            took = time.perf_counter() - began
            sums.busy = 0
            if told:
                _count(sums, environ, told[0][:3], told[1], took)


def count_response(
    environ: dict[str, Any], status: str, headers: list[tuple[str, str]], took: float
) -> None:
    """Count what was answered without the WSGI application; from the thread that answers."""
    _count(_sums(), environ, status, headers, took)


def _count(
    sums: _Sums, environ: dict[str, Any], status: str, headers: list[tuple[str, str]], took: float
) -> None:
    method = environ["REQUEST_METHOD"]
    if method not in METHODS:
        method = OTHER
    route = environ.get(ROUTE) or OTHER
    cache = _cache(headers)
    labels = (route, method, status, cache)
    sums.counts[labels] = sums.counts.get(labels, 0) + 1
    times = sums.times.get((route, method))
    if times is None:
        times = sums.times[route, method] = [0.0] * (len(BUCKETS) + 2)
    times[bisect_left(BUCKETS, took)] += 1
    times[-1] += took
    if settings.ACCESS_LOG:
        line = (time.time(), route, method, status, cache, took, _request_id(headers))
        sums.lines.append(line)


def _request_id(headers: list[tuple[str, str]]) -> str:
    return next((value for name, value in headers if name == "X-Request-ID"), "")


def _cache(headers: list[tuple[str, str]]) -> str:
    for name, value in headers:
        if name == "X-Cache":
            result = value.partition(" ")[0].lower()
            return result if result in RESULTS else "none"
    return "none"


# --- Carrying over --------------------------------------------------------------------------------
def _sums() -> _Sums:
    return getattr(_local, "sums", None) or _begin()


def _begin() -> _Sums:
    with _lock:
        sums = _local.sums = _Sums()
        _all.append(sums)
        if _carrier != [os.getpid()]:
            _carrier[:] = [os.getpid()]
            threading.Thread(target=_keep_carrying, name="request-metrics", daemon=True).start()
    return sums


def _keep_carrying() -> None:
    while True:
        time.sleep(PERIOD)
        flush_counts()


def flush_counts() -> None:
    """Bring the metrics up to what has been counted. Called once a second, and by tests."""
    with _lock:
        for sums in _all:
            _carry(sums)
        busy = sum(sums.busy for sums in _all)
        access_log.write_lines([sums.lines for sums in _all])
        in_flight.set(busy)
        database.observe_connections(busy)


def _carry(sums: _Sums) -> None:
    # Copies of whole dicts are made without another thread in between.
    for labels, total in sums.counts.copy().items():
        added = total - sums.taken.get(labels, 0)
        if added:
            requests.labels(*labels).inc(added)
            sums.taken[labels] = total
    for key, times in sums.times.copy().items():
        now = times.copy()
        before = sums.taken.get(key, [0.0] * len(now))
        if now != before:
            _add(seconds.labels(*key), [new - old for new, old in zip(now, before, strict=True)])
            sums.taken[key] = now


def _add(histogram: Any, added: list[float]) -> None:
    """Several observations at once, which prometheus_client has no method for."""
    *buckets, total = added
    for bucket, number in zip(histogram._buckets, buckets, strict=True):
        if number:
            bucket.inc(number)
    histogram._sum.inc(total)
