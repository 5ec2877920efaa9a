"""Tasks, connectors, logins, appetites."""

from tests.deployment.monitoring.cases.phases import HOUR, MINUTE, after, held
from tests.deployment.monitoring.rules import Case, Rates


def _outcomes(outcome: str, phases: Rates) -> dict[str, Rates]:
    labels = 'job="openrisk",instance="o:9464",connector="trivy"'
    return {
        f'openrisk_connector_apps{{{labels},outcome="{outcome}"}}': phases,
        f'openrisk_connector_apps{{{labels},outcome="{outcome}",pid="2"}}': held(0),
        f'openrisk_connector_apps{{{labels},outcome="applied"}}': held(3),
    }


def _logins(phases: Rates, outcome: str = "refused") -> dict[str, Rates]:
    labels = 'job="openrisk",instance="o:9464"'
    refused = {name: held(0) for name in ("refused", "limited")} | {
        outcome: phases,
        "done": held(5),
    }
    return {
        f'openrisk_logins_total{{{labels},outcome="{name}"}}': phases
        for name, phases in refused.items()
    }


CASES = [
    Case(
        "TaskQueueStuck",
        "a warning above ten minutes, after five more, until it moves",
        {14.5 * MINUTE: 0, 15.5 * MINUTE: 1, 31 * MINUTE: 0},
        gauges={
            'openrisk_task_queue_oldest_seconds{job="openrisk",instance="o:9464",pid="1"}': after(
                0, 610, since=10 * MINUTE, until=30 * MINUTE
            ),
            'openrisk_task_queue_oldest_seconds{job="openrisk",instance="o:9464",pid="2"}': held(0),
        },
        labels='severity="warning",instance="o:9464"',
    ),
    Case(
        "TaskQueueStuck",
        "not at 590 seconds",
        {HOUR: 0},
        gauges={'openrisk_task_queue_oldest_seconds{job="openrisk",instance="o:9464"}': held(590)},
    ),
    Case(
        "SchedulesLate",
        "a warning above five minutes, after five more, once for each schedule, until it runs",
        {14.5 * MINUTE: 0, 15.5 * MINUTE: 1, 31 * MINUTE: 0},
        gauges={
            f'openrisk_schedule_late_seconds{{schedule="s",instance="{name}"}}': after(
                0, seconds, since=10 * MINUTE, until=30 * MINUTE
            )
            for name, seconds in (("o", 310), ("q", 10))
        }
        | {'openrisk_schedule_late_seconds{schedule="t",instance="o"}': held(0)},
        labels='severity="warning",schedule="s"',
    ),
    Case(
        "SchedulesLate",
        "not at 290 seconds",
        {HOUR: 0},
        gauges={'openrisk_schedule_late_seconds{schedule="s",instance="o"}': held(290)},
    ),
    Case(
        "TasksFailing",
        "a warning at once, once for each task, while it was a short time ago",
        {9 * MINUTE: 0, 10.5 * MINUTE: 1, 26 * MINUTE: 0},
        gauges={
            f'openrisk_tasks_failed_recently{{task="t",instance="{name}"}}': [
                (None, 10 * MINUTE),
                (1, 15 * MINUTE),
                (0, HOUR),
            ]
            for name in ("o", "q")
        }
        | {'openrisk_tasks_failed_recently{task="t",instance="s"}': held(0)},
        labels='severity="warning",task="t"',
    ),
    Case(
        "ConnectorFailing",
        "a warning after ten minutes, until a run ends well",
        {19 * MINUTE: 0, 21 * MINUTE: 1, 41 * MINUTE: 0},
        gauges=_outcomes("failed", after(0, 1, since=10 * MINUTE, until=40 * MINUTE)),
        labels='severity="warning",connector="trivy"',
    ),
    Case(
        "ConnectorFailing",
        "not for one that waits for a person",
        {HOUR: 0},
        gauges=_outcomes("quarantined", held(1)),
    ),
    Case(
        "ConnectorQuarantined",
        "for reading, after ten minutes, until somebody has decided",
        {19 * MINUTE: 0, 21 * MINUTE: 1, 41 * MINUTE: 0},
        gauges=_outcomes("quarantined", after(0, 1, since=10 * MINUTE, until=40 * MINUTE)),
        labels='severity="info",connector="trivy"',
    ),
    Case(
        "ConnectorQuarantined",
        "not for one that failed",
        {HOUR: 0},
        gauges=_outcomes("failed", held(1)),
    ),
    Case(
        "LoginBruteForce",
        "a warning above 12 refused a minute, after one, until they stop",
        {10 * MINUTE: 0, 13 * MINUTE: 1, 36 * MINUTE: 0},
        counters=_logins(after(0, 1, since=10 * MINUTE, until=30 * MINUTE)),
        labels='severity="warning"',
    ),
    Case(
        "LoginBruteForce",
        "for those that are limited",
        {30 * MINUTE: 1},
        counters=_logins(held(1), "limited"),
    ),
    Case("LoginBruteForce", "at 13 a minute", {30 * MINUTE: 1}, counters=_logins(held(13 / 60))),
    Case("LoginBruteForce", "not at 11", {30 * MINUTE: 0}, counters=_logins(held(11 / 60))),
    Case(
        "LoginBruteForce",
        "not for people who log in",
        {30 * MINUTE: 0},
        counters=_logins(held(0)),
    ),
    Case(
        "LoginBruteForce",
        "once, over two instances, and not for a single minute of it",
        {11.75 * MINUTE: 0, 30 * MINUTE: 1},
        counters={
            f'openrisk_logins_total{{instance="{name}",outcome="refused"}}': [
                (0, 10 * MINUTE),
                (0.15, HOUR),
            ]
            for name in ("o", "q")
        },
    ),
    Case(
        "LoginBruteForce",
        "only after a minute",
        {10.5 * MINUTE: 0, 11.25 * MINUTE: 0, 12 * MINUTE: 1},
        counters=_logins([(0, 10 * MINUTE), (4, HOUR)]),
    ),
    Case(
        "RiskAppetiteBreached",
        "for those who own risks, after five minutes, until none is above",
        {14.5 * MINUTE: 0, 15.5 * MINUTE: 1, 31 * MINUTE: 0},
        gauges={
            "openrisk_appetite_breaches": after(0, 1, since=10 * MINUTE, until=30 * MINUTE),
        },
        labels='severity="info",topic="risk"',
    ),
]
