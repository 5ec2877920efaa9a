"""When people have noticed slow clients."""

import pytest

from tests.proofs.slow_clients import BODIES, READERS, Outcome, document, p95

HELD = {"bodies": BODIES, "readers": READERS}


@pytest.mark.parametrize(
    ("alone", "beside", "good"), [([100, 90, 110], [140, 130, 500], True), ([100], [151], False)]
)
def test_the_median_ratio_of_the_rounds_decides(alone, beside, good):
    assert Outcome("", alone, beside, **HELD).is_good is good


def test_a_failure_or_slow_clients_that_were_not_there_are_no_success():
    assert not Outcome("", [100], [100], failures=["GET /: 503"], **HELD).is_good
    assert not Outcome("", [100], [100], bodies=0, readers=READERS).is_good


def test_p95_in_milliseconds():
    assert p95([number / 1000 for number in range(100)]) == 95


def test_the_document_says_what_was_measured():
    one = {**vars(Outcome("straight", [100], [120], **HELD)), "ratio": 1.2}
    text = "\n".join(
        document({"measured_on": "2026-12-01", "slowness": 1, "target": 1.5, "outcomes": [one]})
    )
    assert "| straight | 100 ms | 120 ms | 1.20 | 1.5 | 0 | 0 | 0 |" in text
