"""The speed of the machine stretches waits, and a wait that is over says what it was for."""

import pytest

from deployment.local import calibration
from deployment.local.waiting import WaitedInVain, wait_until


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deployment.local.waiting.patience", lambda seconds: 0.01)


def test_a_slow_machine_gets_as_much_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(calibration.VARIABLE, "1")
    usual = calibration.patience(10)
    monkeypatch.setenv(calibration.VARIABLE, "5")
    assert calibration.patience(10) == 5 * usual


def test_it_is_measured_once_a_run_and_never_shortens_a_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(calibration.VARIABLE, raising=False)
    measured = iter([0.5])
    monkeypatch.setattr(calibration, "measure_slowness", lambda: next(measured))
    assert [calibration.slowness(), calibration.slowness()] == [1, 1]


def test_the_workload_takes_some_time() -> None:
    assert calibration.measure_slowness(rounds=1) > 0


def test_what_was_waited_for_comes_back() -> None:
    answers = iter([None, "", "there"])
    assert wait_until(lambda: next(answers), "an answer") == "there"


def test_a_wait_in_vain_says_what_for_and_what_was_last_seen(no_patience: None) -> None:
    with pytest.raises(WaitedInVain, match=r"for this: the alert\. Last seen: \['other'\]\."):
        wait_until(lambda: False, "the alert", state=lambda: ["other"])
