"""Restarts behind the proxy lose nothing; `python -m deployment.local.restarts` does fifty."""

import pytest

from deployment.local.programs import ProgramsMissing
from deployment.local.restarts import restart_under_load


def test_each_of_two_servers_is_restarted_under_load(tmp_path):
    try:
        outcome = restart_under_load(tmp_path, 2, pause=0.02)
    except ProgramsMissing as missing:
        pytest.skip(str(missing))
    assert (outcome.refused, outcome.lost) == ([], 0)
    assert outcome.written > 10
