"""A mitigation with two actions."""

import pytest

from tests.risks.factories import make_mitigation


@pytest.fixture
def mitigation(risk):
    return make_mitigation(
        risk, title="Keep copies offline", actions=["Buy discs", "Write a schedule"]
    )
