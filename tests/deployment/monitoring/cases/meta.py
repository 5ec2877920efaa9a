"""Whether monitoring works."""

from tests.deployment.monitoring.cases.phases import HOUR, MINUTE, after, held
from tests.deployment.monitoring.rules import Case

CASES = [
    Case("Watchdog", "always", {0: 1, HOUR: 1}, labels='severity="none"'),
    Case(
        "TargetDown",
        "a warning after two minutes, for each, until it answers",
        {11.75 * MINUTE: 0, 12.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={
            'up{job="redis",instance="r"}': after(1, 0, since=10 * MINUTE, until=20 * MINUTE),
            'up{job="postgres",instance="p"}': held(1),
        },
        labels='severity="warning",job="redis"',
    ),
    Case(
        "MetricsAbsent",
        "critical when nothing says that OpenRisk runs, after five minutes, until something does",
        {14 * MINUTE: 0, 20.5 * MINUTE: 1, 31 * MINUTE: 0},
        gauges={
            'openrisk_build_info{version="1"}': [
                (1, 10 * MINUTE),
                (None, 20 * MINUTE),
                (1, HOUR),
            ]
        },
        labels='severity="critical"',
    ),
    Case("MetricsAbsent", "not before that", {4.5 * MINUTE: 0, 5.5 * MINUTE: 1}),
    Case(
        "ApplicationNotReady",
        "critical after a minute, until it is ready",
        {10.75 * MINUTE: 0, 11.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={
            'probe_success{job="blackbox",instance="http://o/health/ready"}': after(
                1, 0, since=10 * MINUTE, until=20 * MINUTE
            ),
            'probe_success{job="other",instance="x"}': held(0),
        },
        labels='severity="critical"',
    ),
    Case(
        "NotificationsFailing",
        "a warning after five minutes, for each way, until they arrive",
        {10 * MINUTE: 0, 14.5 * MINUTE: 0, 16 * MINUTE: 1, 36 * MINUTE: 0},
        counters={
            f'alertmanager_notifications_failed_total{{integration="slack",reason="{why}"}}': after(
                0, 0.1, since=10 * MINUTE, until=30 * MINUTE
            )
            for why in ("clientError", "serverError")
        }
        | {'alertmanager_notifications_failed_total{integration="webhook"}': held(0)},
        labels='severity="warning",integration="slack"',
    ),
    *(
        Case(
            alert,
            "when it fails every four minutes",
            {HOUR: 1},
            counters={name: [(0, 225), (1, 15)] * 20},
        )
        for alert, name in (
            (
                "NotificationsFailing",
                'alertmanager_notifications_failed_total{integration="slack"}',
            ),
            ("RuleEvaluationFailing", 'prometheus_rule_evaluation_failures_total{rule_group="g"}'),
        )
    ),
    Case(
        "RuleEvaluationFailing",
        "a warning after five minutes, until they succeed",
        {10 * MINUTE: 0, 14.5 * MINUTE: 0, 16 * MINUTE: 1, 36 * MINUTE: 0},
        counters={
            f'prometheus_rule_evaluation_failures_total{{instance="p",rule_group="{name}"}}': after(
                0, 0.1, since=10 * MINUTE, until=30 * MINUTE
            )
            for name in ("g", "h")
        },
        labels='severity="warning",instance="p"',
    ),
]
