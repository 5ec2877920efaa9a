"""Restarts behind the proxy lose nothing; `python -m tests.stack.restarts` does fifty of them."""

import shutil

import pytest

from tests.stack.restarts import restart_under_load


@pytest.mark.skipif(not shutil.which("haproxy"), reason="needs haproxy: apt-get install haproxy")
def test_each_of_two_servers_is_restarted_under_load(tmp_path):
    outcome = restart_under_load(tmp_path, 2)
    assert (outcome.refused, outcome.lost) == ([], 0)
    assert outcome.written > 10
