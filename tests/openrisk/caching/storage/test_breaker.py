"""A store that fails is soon left alone, and tried again after a pause."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from deployment.local.calibration import patience
from openrisk.caching import metrics
from openrisk.caching.storage import breaker as breaker_module
from openrisk.caching.storage.breaker import MAX_FAILURES, PAUSE, CircuitBreaker

pytestmark = pytest.mark.database  # Redis is there in the run on PostgreSQL only


def fail():
    raise ConnectionError("gone")


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when the test says so."""
    now = [1000.0]
    monkeypatch.setattr(breaker_module.time, "monotonic", lambda: now[0])
    return now


def test_breaker_opens_after_failures_in_a_row_and_closes_after_a_success(clock):
    breaker, calls = CircuitBreaker(), []
    for _ in range(MAX_FAILURES):
        assert breaker.call(fail, "otherwise") == "otherwise"
    assert breaker.is_open
    assert breaker.call(lambda: calls.append(1), "otherwise") == "otherwise"
    assert (calls, metrics.breaker_open._value.get()) == ([], 1)
    clock[0] += PAUSE
    assert breaker.call(lambda: "answer", "otherwise") == "answer"
    assert (breaker.is_open, metrics.breaker_open._value.get()) == (False, 0)


def test_one_failed_try_after_the_pause_keeps_it_open(clock):
    breaker, calls = CircuitBreaker(), []
    for _ in range(MAX_FAILURES):
        breaker.call(fail, None)
    clock[0] += PAUSE
    breaker.call(fail, None)
    breaker.call(lambda: calls.append(1), None)
    assert breaker.is_open
    assert calls == []


def test_success_between_failures_starts_the_count_again():
    breaker = CircuitBreaker()
    for _ in range(3):
        for _ in range(MAX_FAILURES - 1):
            breaker.call(fail, None)
        breaker.call(lambda: None, None)
    assert not breaker.is_open


def test_hanging_store_holds_up_at_most_five(monkeypatch):
    monkeypatch.setattr(breaker_module, "WAIT", 0)
    breaker, under_way, hung = CircuitBreaker(), threading.Semaphore(0), threading.Event()
    slow = []

    def hang():
        slow.append(1)
        under_way.release()
        hung.wait(patience(20))
        raise TimeoutError

    with ThreadPoolExecutor(50) as pool:
        results = [pool.submit(breaker.call, hang, "otherwise") for _ in range(MAX_FAILURES)]
        for _ in range(MAX_FAILURES):
            under_way.acquire(timeout=patience(20))
        results += [pool.submit(breaker.call, hang, "otherwise") for _ in range(45)]
        assert all(result.result(patience(20)) == "otherwise" for result in results[MAX_FAILURES:])
        hung.set()
    assert all(result.result() == "otherwise" for result in results)
    assert len(slow) == MAX_FAILURES
    assert breaker.is_open
