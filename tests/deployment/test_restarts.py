"""Restarts behind the proxy lose nothing; `python -m tests.stack.restarts` does fifty of them."""

import pytest

from tests.stack.programs import ProgramsMissing
from tests.stack.restarts import restart_under_load


def test_each_of_two_servers_is_restarted_under_load(tmp_path):
    try:
        outcome = restart_under_load(tmp_path, 2)
    except ProgramsMissing as missing:
        pytest.skip(str(missing))
    assert (outcome.refused, outcome.lost) == ([], 0)
    assert outcome.written > 10
