"""Every alert fires when it should, resolves, and is quiet when it should be."""

import shutil

import pytest

from tests.deployment.monitoring import rules
from tests.deployment.monitoring.cases import CASES

pytestmark = pytest.mark.skipif(
    not shutil.which("promtool"), reason="needs promtool: apt-get install prometheus"
)
ALERTS, RECORDED = rules.load()
NAMES = sorted({rule["alert"] for rule in ALERTS})


@pytest.mark.parametrize("alert", NAMES)
def test_an_alert_does_what_its_cases_say(alert):
    cases = [case for case in CASES if case.alert == alert]
    assert any(count for case in cases for count in case.fires.values())
    assert rules.run(cases, ALERTS, RECORDED) == ""


@pytest.mark.parametrize("alert", sorted(set(NAMES) - {"Watchdog", "MetricsAbsent"}))
def test_an_alert_is_quiet_where_nothing_is_measured(alert):
    quiet = rules.Case(alert, "nothing is measured", {3600: 0})
    assert rules.run([quiet], ALERTS, RECORDED) == ""


def test_no_case_is_of_an_alert_that_is_gone():
    assert {case.alert for case in CASES} == set(NAMES)
