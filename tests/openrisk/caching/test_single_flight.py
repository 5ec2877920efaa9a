"""One compute at a time for each key."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from deployment.local.calibration import patience
from openrisk.caching import single_flight
from openrisk.caching.single_flight import flight


def test_followers_wait_for_the_leader_and_look_again():
    entered, finish = threading.Event(), threading.Event()

    def lead():
        with flight("key", 20) as leads:
            entered.set()
            finish.wait(patience(20))
            return leads

    def follow():
        with flight("key", 20) as leads:
            return leads, finish.is_set()

    with ThreadPoolExecutor(10) as pool:
        leader = pool.submit(lead)
        entered.wait(patience(20))
        followers = [pool.submit(follow) for _ in range(9)]
        finish.set()
        assert leader.result() is True
        # Those who came after the leader had landed lead a flight of their own.
        assert all(saw_the_end for _, saw_the_end in (each.result() for each in followers))


def test_keys_do_not_wait_for_each_other():
    with flight("a", 0) as first, flight("b", 0) as second:
        assert first
        assert second


def test_patience_ends_in_a_compute_of_ones_own():
    with flight("key", 0) as leads:
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(lambda: flight("key", 0).__enter__()).result() is True
        assert leads


def test_exception_releases_the_others_and_leaves_nothing():
    with pytest.raises(ZeroDivisionError), flight("key", 0):
        raise ZeroDivisionError
    assert single_flight._flights == {}
    with flight("key", 0) as leads:
        assert leads
