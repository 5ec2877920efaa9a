"""A mapping with a budget."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrisk.caching.storage.local import LocalStore


@pytest.fixture
def memory():
    return LocalStore(800)


def test_keeps_what_is_put(memory):
    memory.put("a", 1, 10)
    assert (memory.get("a"), memory.get("b"), len(memory), memory.size) == (1, None, 1, 10)


def test_least_recently_used_goes_first(memory):
    for name in "abcdefgh":
        memory.put(name, name, 100)
    memory.get("a")
    memory.put("i", "i", 100)
    assert (memory.get("a"), memory.get("b"), memory.size) == ("a", None, 800)


def test_what_is_too_large_is_not_kept_and_replaces_nothing_else(memory):
    memory.put("a", 1, 100)
    memory.put("b", 2, 101)
    assert (memory.get("a"), memory.get("b")) == (1, None)


def test_too_large_a_value_does_not_leave_the_old_one_behind(memory):
    memory.put("a", 1, 100)
    memory.put("a", 2, 101)
    assert (memory.get("a"), memory.size) == (None, 0)


def test_discard_and_clear_give_their_bytes_back(memory):
    memory.put("a", 1, 10)
    memory.put("b", 2, 20)
    memory.discard("a")
    memory.discard("never put")
    assert (memory.size, memory.values()) == (20, [2])
    memory.clear()
    assert (memory.size, len(memory)) == (0, 0)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 400)), max_size=60))
def test_size_is_the_sum_of_what_is_kept_and_within_the_budget(puts):
    memory = LocalStore(800)
    for name, size in puts:
        memory.put(name, size, size)
        assert memory.size == sum(memory.values()) <= memory.budget
