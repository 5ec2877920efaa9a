"""For each alert: it fires, it resolves, it is quiet beneath its threshold and without traffic."""

from collections.abc import Mapping

from tests.deployment.monitoring.rules import Case, Rates

MINUTE, HOUR, DAY = 60, 3600, 86400
INSTANCE = 'job="redis",instance="r:9121"'
DATABASE = 'job="postgres",instance="p:9187"'


def held(value: float, seconds: float = 2 * HOUR) -> Rates:
    return [(value, seconds)]


def after(quiet: float, loud: float, *, since: float, until: float) -> Rates:
    """`quiet`, then `loud` between two moments, then `quiet` again."""
    return [(quiet, since), (loud, until - since), (quiet, HOUR)]


# --- The cache ------------------------------------------------------------------------------------
def _hits(ratio: float, rate: float, phases: bool = False) -> dict[str, Rates]:
    def of(share: float, others: float) -> Rates:
        if not phases:
            return held(share * rate)
        return [(others * rate, 10 * MINUTE), (share * rate, 20 * MINUTE), (others * rate, HOUR)]

    labels = 'job="openrisk",instance="o:9464",view="risks-list"'
    return {
        f'openrisk_cache_requests_total{{{labels},layer="front",result="hit"}}': of(ratio, 0.9),
        f'openrisk_cache_requests_total{{{labels},layer="view",result="miss"}}': of(
            0.9 * (1 - ratio), 0.09
        ),
        f'openrisk_cache_requests_total{{{labels},layer="view",result="stale"}}': of(
            0.1 * (1 - ratio), 0.01
        ),
        # Outside of the rate.
        f'openrisk_cache_requests_total{{{labels},layer="view",result="bypass"}}': held(rate),
    }


CACHE = [
    Case(
        "LowCacheHitRate",
        "a warning below 75 %, until it is better",
        {10 * MINUTE: 0, 14 * MINUTE: 0, 25 * MINUTE: 1, 40 * MINUTE: 0},
        counters=_hits(0.5, 4, phases=True),
        labels='severity="warning"',
    ),
    Case("LowCacheHitRate", "at 74 %", {8 * MINUTE: 1}, counters=_hits(0.74, 4)),
    Case("LowCacheHitRate", "not at 76 %", {30 * MINUTE: 0}, counters=_hits(0.76, 4)),
    Case("LowCacheHitRate", "above one lookup a second", {30 * MINUTE: 1}, counters=_hits(0, 1.2)),
    Case("LowCacheHitRate", "not on an idle night", {30 * MINUTE: 0}, counters=_hits(0, 0.9)),
    Case("LowCacheHitRate", "not without any lookups", {30 * MINUTE: 0}, counters=_hits(0, 0)),
    Case("LowCacheHitRate", "not without metrics", {30 * MINUTE: 0}),
    Case(
        "LowCacheHitRate",
        "after five minutes, which a dip of the rate over five minutes is given",
        # Hits stop at 10 min: the rate over five minutes is below 75 % from 11:10 on.
        {15 * MINUTE: 0, 15.75 * MINUTE: 0, 17 * MINUTE: 1},
        counters=_hits(0.0, 4, phases=True),
    ),
    Case(
        "CacheBreakerOpen",
        "after a minute, once an instance, until it is closed",
        {10.75 * MINUTE: 0, 11.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={
            'openrisk_cache_breaker_state{job="openrisk",instance="o:9464",pid="1"}': after(
                0, 1, since=10 * MINUTE, until=20 * MINUTE
            ),
            'openrisk_cache_breaker_state{job="openrisk",instance="o:9464",pid="2"}': after(
                0, 1, since=10 * MINUTE, until=20 * MINUTE
            ),
            'openrisk_cache_breaker_state{job="openrisk",instance="q:9464",pid="1"}': held(0),
        },
        labels='severity="warning",instance="o:9464"',
    ),
    Case(
        "CacheBreakerOpen",
        "when one process of two has given up",
        {5 * MINUTE: 1},
        gauges={
            'openrisk_cache_breaker_state{job="openrisk",instance="o:9464",pid="1"}': held(0),
            'openrisk_cache_breaker_state{job="openrisk",instance="o:9464",pid="2"}': held(1),
        },
    ),
    Case(
        "CacheUndeclaredReads",
        "at the first one, which no rate shows, and for a quarter of an hour",
        {9 * MINUTE: 0, 11 * MINUTE: 1, 24 * MINUTE: 1, 40 * MINUTE: 0},
        gauges={
            'openrisk_cache_undeclared_reads_total{view="v",table="t",instance="o"}': [
                (None, 10 * MINUTE),
                (1, HOUR),
            ]
        },
        labels='severity="warning",view="v",table="t"',
    ),
    Case(
        "CacheUndeclaredReads",
        "when it goes on, once for each view and table",
        {HOUR: 2},
        counters={
            f'openrisk_cache_undeclared_reads_total{{view="{view}",table="t",i="{i}"}}': held(0.1)
            for view in ("v", "w")
            for i in ("o", "q")
        },
    ),
    Case(
        "CacheUndeclaredReads",
        "not where nothing is added",
        {HOUR: 0},
        gauges={'openrisk_cache_undeclared_reads_total{view="v",table="t"}': held(7)},
    ),
    Case(
        "CacheUndeclaredReads",
        "when it rises slowly",
        {HOUR: 1},
        counters={'openrisk_cache_undeclared_reads_total{view="v",table="t"}': held(0.002)},
    ),
    Case(
        "CacheRejectedEntries",
        "at once, for each reason, and for a quarter of an hour",
        {9 * MINUTE: 0, 10.75 * MINUTE: 1, 24 * MINUTE: 1, 26 * MINUTE: 0},
        counters={
            'openrisk_cache_rejected_entries_total{reason="mac",instance="o"}': after(
                0, 0.1, since=10 * MINUTE, until=10.5 * MINUTE
            ),
            'openrisk_cache_rejected_entries_total{reason="foreign",instance="o"}': held(0),
        },
        labels='severity="warning",reason="mac"',
    ),
    Case(
        "CacheRejectedEntries",
        "once for a reason, whatever the number of instances",
        {30 * MINUTE: 1},
        counters={
            f'openrisk_cache_rejected_entries_total{{reason="mac",instance="{name}"}}': held(1)
            for name in ("o", "q")
        },
    ),
]


# --- Redis ----------------------------------------------------------------------------------------
def _memory(share: Rates, limit: float = 1000) -> dict[str, Rates]:
    return {
        f"redis_memory_used_bytes{{{INSTANCE}}}": share,
        f"redis_memory_max_bytes{{{INSTANCE}}}": held(limit),
    }


REDIS = [
    Case(
        "HighRedisMemory",
        "critical above 85 % for five minutes, until there is room",
        {14.5 * MINUTE: 0, 15.5 * MINUTE: 1, 31 * MINUTE: 0},
        gauges=_memory(after(400, 900, since=10 * MINUTE, until=30 * MINUTE)),
        labels='severity="critical"',
    ),
    Case("HighRedisMemory", "at 86 %", {10 * MINUTE: 1}, gauges=_memory(held(860))),
    Case("HighRedisMemory", "not at 84 %", {HOUR: 0}, gauges=_memory(held(840))),
    Case("HighRedisMemory", "not without a limit", {HOUR: 0}, gauges=_memory(held(900), 0)),
    Case("HighRedisMemory", "with a small limit", {HOUR: 1}, gauges=_memory(held(0.95), 1)),
    Case("HighRedisMemory", "not without metrics", {HOUR: 0}),
    Case(
        "RedisMaxMemoryUnset",
        "where there is no limit, after five minutes",
        {4.5 * MINUTE: 0, 5.5 * MINUTE: 1},
        gauges=_memory(held(900), 0),
        labels='severity="warning"',
    ),
    Case(
        "RedisMaxMemoryUnset",
        "until there is one",
        {10 * MINUTE: 1, 31 * MINUTE: 0},
        gauges={
            f"redis_memory_max_bytes{{{INSTANCE}}}": [(0, 30 * MINUTE), (1000, HOUR)],
        },
    ),
    Case(
        "RedisDown",
        "critical after a minute, until it answers",
        {10.75 * MINUTE: 0, 11.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={f"redis_up{{{INSTANCE}}}": after(1, 0, since=10 * MINUTE, until=20 * MINUTE)},
        labels='severity="critical"',
    ),
]


# --- The database ---------------------------------------------------------------------------------
def _connections(*counts: Rates, name: str = "openrisk") -> dict[str, Rates]:
    """One series a state."""
    return {
        f'pg_stat_activity_count{{{DATABASE},datname="{name}",state="s{number}"}}': phases
        for number, phases in enumerate(counts)
    }


def _statement(
    seconds: Rates, calls: Rates, queryid: str = "1", name: str = "a"
) -> dict[str, Rates]:
    labels = f'{DATABASE},datname="{name}",queryid="{queryid}",user="u"'
    return {
        f"pg_stat_statements_seconds_total{{{labels}}}": seconds,
        f"pg_stat_statements_calls_total{{{labels}}}": calls,
    }


POSTGRES = [
    Case(
        "HighDatabaseConnections",
        "a warning with 50 connections in two states, after five minutes, until they leave",
        {14.5 * MINUTE: 0, 15.5 * MINUTE: 1, 31 * MINUTE: 0},
        gauges=_connections(*[after(3, 25, since=10 * MINUTE, until=30 * MINUTE)] * 2),
        labels='severity="warning",datname="openrisk"',
    ),
    Case("HighDatabaseConnections", "with 41", {10 * MINUTE: 1}, gauges=_connections(held(41))),
    Case("HighDatabaseConnections", "not with 40", {HOUR: 0}, gauges=_connections(held(40))),
    Case(
        "HighDatabaseConnections",
        "not with 30 in each of two databases",
        {HOUR: 0},
        gauges=_connections(held(30)) | _connections(held(30), name="other"),
    ),
    Case(
        "HighDatabaseConnections",
        "not with those of no database, which are the server's own",
        {HOUR: 0},
        gauges=_connections(held(50), name=""),
    ),
    Case(
        "DatabaseConnectionsNearLimit",
        "critical above 80 % of all, over databases and states, until they leave",
        {14.5 * MINUTE: 0, 15.5 * MINUTE: 1, 31 * MINUTE: 0},
        gauges=_connections(after(10, 41, since=10 * MINUTE, until=30 * MINUTE))
        | _connections(held(41), name="")
        | {f'pg_settings_max_connections{{{DATABASE},server="p"}}': held(100)},
        labels='severity="critical"',
    ),
    Case(
        "DatabaseConnectionsNearLimit",
        "not at 79 %",
        {HOUR: 0},
        gauges=_connections(held(79))
        | {f'pg_settings_max_connections{{{DATABASE},server="p"}}': held(100)},
    ),
    Case(
        "DatabaseConnectionsNearLimit",
        "at 81 %, for one of two servers",
        {HOUR: 1},
        gauges=_connections(held(81))
        | {
            f'pg_settings_max_connections{{{DATABASE},server="p"}}': held(100),
            f'pg_settings_max_connections{{{DATABASE},server="o"}}': held(50),
            'pg_stat_activity_count{job="postgres",instance="q:9187",datname="a"}': held(81),
            'pg_settings_max_connections{job="postgres",instance="q:9187"}': held(200),
        },
    ),
    Case(
        "SlowDatabaseQueries",
        "a warning for the slow one among fast ones, after five minutes, until it is fast",
        {17 * MINUTE: 0, 19 * MINUTE: 1, 50 * MINUTE: 0},
        counters=_statement(
            after(0.05, 0.75, since=10 * MINUTE, until=30 * MINUTE), held(0.5), queryid="slow"
        )
        | _statement(held(1), held(1000), queryid="fast"),
        labels='severity="warning",queryid="slow",datname="a"',
    ),
    Case(
        "SlowDatabaseQueries",
        "at 1.1 s",
        {15 * MINUTE: 1},
        counters=_statement(held(1.1), held(1)),
    ),
    Case("SlowDatabaseQueries", "not at 0.9 s", {HOUR: 0}, counters=_statement(held(0.9), held(1))),
    Case(
        "SlowDatabaseQueries",
        "not for what runs less than once in 100 seconds",
        {HOUR: 0},
        counters=_statement(held(0.03), held(0.006)),
    ),
    Case(
        "SlowDatabaseQueries",
        "for what runs a little more often",
        {HOUR: 1},
        counters=_statement(held(0.03), held(0.015)),
    ),
    Case(
        "SlowDatabaseQueries",
        "of two people together: their mean is fast",
        {HOUR: 0},
        counters=_statement(held(1.5), held(1))
        | {
            name.replace('user="u"', 'user="w"'): phases
            for name, phases in _statement(held(0.1), held(3)).items()
        },
    ),
    Case(
        "SlowDatabaseQueries",
        "of two people together: their mean is slow",
        {HOUR: 1},
        counters=_statement(held(1.4), held(1))
        | {
            name.replace('user="u"', 'user="w"'): phases
            for name, phases in _statement(held(1.4), held(1)).items()
        },
    ),
    Case(
        "SlowDatabaseQueries",
        "not when it runs more often, each time as fast as ever",
        {36 * MINUTE: 0, 40 * MINUTE: 0},
        counters=_statement([(0.5, 30 * MINUTE), (5, HOUR)], [(1, 30 * MINUTE), (10, HOUR)]),
    ),
    Case(
        "SlowDatabaseQueries",
        "when it runs more often and is slow",
        {36.5 * MINUTE: 1},
        counters=_statement([(1.3, 30 * MINUTE), (13, HOUR)], [(1, 30 * MINUTE), (10, HOUR)]),
    ),
    Case(
        "SlowDatabaseQueries",
        "after five minutes, not after two",
        {9 * MINUTE: 0, 13 * MINUTE: 1},
        counters=_statement([(0, 4 * MINUTE), (2, HOUR)], [(1, 64 * MINUTE)]),
    ),
    Case(
        "LongRunningTransaction",
        "a warning for the oldest above five minutes, until it ends",
        {10.75 * MINUTE: 0, 11.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={
            f'pg_stat_activity_max_tx_duration{{{DATABASE},datname="a",state="active"}}': held(1),
            f'pg_stat_activity_max_tx_duration{{{DATABASE},datname="a",state="idle"}}': after(
                5, 310, since=10 * MINUTE, until=20 * MINUTE
            ),
            f'pg_stat_activity_max_tx_duration{{{DATABASE},datname=""}}': held(9999),
        },
        labels='severity="warning",datname="a"',
    ),
    Case(
        "LongRunningTransaction",
        "not at 290 seconds",
        {HOUR: 0},
        gauges={f'pg_stat_activity_max_tx_duration{{{DATABASE},datname="a"}}': held(290)},
    ),
    Case(
        "DatabasePoolWaiting",
        "a warning while requests wait, after a minute",
        {10.75 * MINUTE: 0, 11.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={
            'openrisk_database_pool_waiting{job="openrisk",instance="o:9464",pool="a"}': after(
                0, 1, since=10 * MINUTE, until=20 * MINUTE
            ),
            'openrisk_database_pool_waiting{job="openrisk",instance="o:9464",pool="b"}': held(0),
        },
        labels='severity="warning",instance="o:9464"',
    ),
    Case(
        "PostgresDown",
        "critical after a minute, until it answers",
        {10.75 * MINUTE: 0, 11.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={f"pg_up{{{DATABASE}}}": after(1, 0, since=10 * MINUTE, until=20 * MINUTE)},
        labels='severity="critical"',
    ),
]


# --- Work, people, risks --------------------------------------------------------------------------
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


WORK = [
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


# --- Objectives: four windows of two of them ------------------------------------------------------
WINDOWS = (  # name, long, short, factor, for, severity
    ("1h", HOUR, 5 * MINUTE, 14.4, 2 * MINUTE, "critical"),
    ("6h", 6 * HOUR, 30 * MINUTE, 6, 15 * MINUTE, "critical"),
    ("1d", DAY, 2 * HOUR, 3, HOUR, "warning"),
    ("3d", 3 * DAY, 6 * HOUR, 1, 3 * HOUR, "warning"),
)


def _shared(total: Rates, bad: Rates, *, good: bool) -> Rates:
    """The half of it that each of two instances has: those that are good, or those that are not."""
    return [
        (rate / 2 * (1 - share if good else share), seconds)
        for (rate, seconds), (share, _) in zip(total, bad, strict=True)
    ]


def _failing(total: Rates, bad: Rates) -> dict[str, Rates]:
    return {
        f'openrisk_http_requests_total{{instance="{name}",status="{status}"}}': _shared(
            total, bad, good=status == "200"
        )
        for name in ("o", "q")
        for status in ("200", "503")
    }


def _slow(total: Rates, bad: Rates) -> dict[str, Rates]:
    metric = "openrisk_http_request_duration_seconds"
    none = [(0.0, seconds) for _, seconds in bad]
    found = {}
    for name in ("o", "q"):
        labels = f'instance="{name}"'
        found[f"{metric}_count{{{labels}}}"] = _shared(total, none, good=True)
        found[f'{metric}_bucket{{{labels},le="0.25"}}'] = _shared(total, bad, good=True)
        found[f'{metric}_bucket{{{labels},le="0.1"}}'] = _shared(total, none, good=False)
        found[f'{metric}_bucket{{{labels},le="0.5"}}'] = _shared(total, none, good=True)
    return found


def _burning(alert: str, budget: float, series) -> list[Case]:
    """Thresholds of both windows, `for`, the floor of traffic in either window."""
    cases = []
    for name, long, short, factor, pending, severity in WINDOWS:
        threshold = factor * budget
        share = min(1.0, 5 * threshold)
        reached = long * threshold / share  # seconds until the long window is above it
        bad = 2 * reached + 2 * pending
        ended = 2 * long + bad
        left = threshold / share  # of the short window when it falls beneath the threshold
        phases = [(0.0, 2 * long), (share, bad), (0.0, 2 * short)]
        both = {"labels": f'severity="{severity}"', "window": name, "interval": short // 20}

        def traffic(rates: list[float], phases: Rates = phases) -> Rates:
            return [(rate, seconds) for rate, (_, seconds) in zip(rates, phases, strict=True)]

        cases.append(
            Case(
                alert,
                f"over {name}: when the long window is above, until the short one is beneath",
                {
                    2 * long: 0,
                    2 * long + 0.75 * reached + pending: 0,
                    2 * long + reached + 0.7 * pending: 0,
                    2 * long + reached + 1.6 * pending: 1,
                    2 * long + 1.5 * reached + pending: 1,
                    **({ended + short * (1 - 1.5 * left): 1} if left < 0.5 else {}),
                    ended + short * (1 - 0.75 * left): 0,
                },
                counters=series(traffic([10, 10, 10]), phases),
                **both,
            )
        )
        # All fail: only the traffic is too little, or enough.
        all_fail = [(1.0, long), (1.0, short)]
        for words, rates, at, count in (
            ("enough traffic", [0.15, 0.15], long + 0.8 * short, 1),
            ("too little traffic", [0.07, 0.07], long + 0.8 * short, 0),
            ("too little in the long window", [0.07, 0.25], long + 0.8 * short, 0),
            ("too little in the short window", [1.0, 0.07], long + 1.2 * short, 0),
        ):
            rated = [(rate, seconds) for rate, (_, seconds) in zip(rates, all_fail, strict=True)]
            rated[-1] = (rated[-1][0], 2 * short)
            failing = [all_fail[0], (1.0, 2 * short)]
            cases.append(
                Case(
                    alert,
                    f"over {name}: {words}",
                    {at: count},
                    counters=series(rated, failing),
                    **both,
                )
            )
        # Shares are of requests, not of time: most of them come in the last third of a window.
        above, beneath, most = 1.18 * threshold, 0.8 * threshold, min(1.0, 1.25 * threshold)
        late = 0.3 * long
        cases += [
            Case(
                alert,
                f"over {name}: above it when most requests came lately",
                {2 * long: 1},
                counters=series(
                    [(1, 2 * long - late), (10, late + short)],
                    [(above, 2 * long - late), (above, late + short)],
                ),
                **both,
            ),
            Case(
                alert,
                f"over {name}: beneath it when most requests came lately",
                {2 * long + 0.9 * short: 0},
                counters=series(
                    [(1, 2 * long - late), (10, late), (10, short)],
                    [(beneath, 2 * long - late), (beneath, late), (most, short)],
                ),
                **both,
            ),
            Case(
                alert,
                f"over {name}: above it when most requests came in the last minutes",
                {2 * long + 0.3 * short: 1},
                counters=series([(1, 2 * long), (10, short)], [(above, 2 * long), (above, short)]),
                **both,
            ),
            Case(
                alert,
                f"over {name}: beneath it in the short window, when most requests came then",
                {2 * long + 0.75 * short: 0},
                counters=series(
                    [(1, 2 * long - short), (1, short), (10, short)],
                    [(most, 2 * long - short), (beneath, short), (beneath, short)],
                ),
                **both,
            ),
        ]
    return cases


OBJECTIVES = [
    *(
        Case(
            "AvailabilityBudgetBurn",
            f"over {window}: not where nothing has ever failed",
            {2 * long: 0},
            counters={'openrisk_http_requests_total{status="200"}': held(1, 3 * long)},
            window=window,
            interval=short // 20,
        )
        for window, long, short, *_ in WINDOWS
    ),
    *_burning("AvailabilityBudgetBurn", 0.001, _failing),
    *_burning("LatencyBudgetBurn", 0.05, _slow),
]


# --- Anomalies ------------------------------------------------------------------------------------
def _requests(phases: Rates) -> dict[str, Rates]:
    halves = [(rate / 2, seconds) for rate, seconds in phases]
    return {
        f'openrisk_http_requests_total{{route="{name}",status="200"}}': halves
        for name in ("r", "s")
    }


def _durations(phases: Rates, rate: float = 10, faster: float = 1) -> Mapping[str, Rates]:
    """Of each request so many seconds; of requests a second, `faster` times as many at last."""
    name = "openrisk_http_request_duration_seconds"
    rates = [rate / 2] * (len(phases) - 1) + [faster * rate / 2]
    found = {}
    for route in ("r", "s"):
        found[f'{name}_count{{route="{route}"}}'] = [
            (rate, seconds) for rate, (_, seconds) in zip(rates, phases, strict=True)
        ]
        found[f'{name}_sum{{route="{route}"}}'] = [
            (mean * rate, seconds) for rate, (mean, seconds) in zip(rates, phases, strict=True)
        ]
    return found


def _unusual(alert: str, series, usual: float, floor: float) -> list[Case]:
    """`usual` is measured on a usual day, `floor` is beneath what is worth a word."""
    info = 'severity="info"'
    noisy = [(usual * (0.4 if step % 2 else 1.6), 5 * MINUTE) for step in range(24)]
    # Yesterday it was more at this time.
    yesterday = [(usual, 1.5 * HOUR), (2.2 * usual, 1.5 * HOUR), (usual, DAY - HOUR)]
    late = 2 * HOUR + 12 * MINUTE
    return [
        Case(
            alert,
            "for reading, when it is four times as much, until that is usual",
            {2 * HOUR: 0, 2 * HOUR + 4 * MINUTE: 0, 2 * HOUR + 10 * MINUTE: 1, 3 * HOUR: 0},
            counters=series([(usual, 2 * HOUR), (4 * usual, 2 * HOUR)]),
            labels=info,
        ),
        Case(
            alert,
            "not when it is less than half as much again",
            {late: 0},
            counters=series([(usual, 2 * HOUR), (1.4 * usual, HOUR)]),
        ),
        Case(
            alert,
            "when it is more",
            {late: 1},
            counters=series([(usual, 2 * HOUR), (2 * usual, HOUR)]),
        ),
        Case(
            alert,
            "not where it always goes up and down so much",
            {late: 0},
            counters=series([*noisy, (1.9 * usual, HOUR)]),
        ),
        Case(
            alert,
            "above three deviations",
            {late: 1},
            counters=series([*noisy, (2.5 * usual, HOUR)]),
        ),
        Case(
            alert,
            "not when it was as much yesterday at this time",
            {DAY + late: 0},
            counters=series([*yesterday, (2.2 * usual, HOUR)]),
        ),
        Case(
            alert,
            "when it was less",
            {DAY + late: 1},
            counters=series([*yesterday, (4.4 * usual, HOUR)]),
        ),
        Case(
            alert,
            "when that was usual long ago only",
            {HOUR + 80 * MINUTE + 12 * MINUTE: 1},
            counters=series([(3 * usual, HOUR), (usual, 80 * MINUTE), (1.8 * usual, HOUR)]),
        ),
        Case(
            alert,
            "not where the hour before was busier than its end",
            {130 * MINUTE + 12 * MINUTE: 0},
            counters=series(
                [(1.2 * usual, 100 * MINUTE), (usual, 30 * MINUTE), (1.6 * usual, HOUR)]
            ),
        ),
        Case(
            alert,
            "not where the hour before went down",
            {127 * MINUTE + 12 * MINUTE: 0},
            counters=series(
                [(1.6 * usual, 100 * MINUTE), (0.4 * usual, 27 * MINUTE), (2.5 * usual, HOUR)]
            ),
        ),
        Case(
            alert,
            "not in the first three quarters of an hour, when nothing is usual yet",
            {42 * MINUTE: 0},
            counters=series([(usual, 30 * MINUTE), (4 * usual, HOUR)]),
        ),
        Case(
            alert,
            "soon after them",
            {51.5 * MINUTE: 1},
            counters=series([(usual, 40 * MINUTE), (6 * usual, HOUR)]),
        ),
        Case(
            alert,
            "not where it is little anyway",
            {late: 0},
            counters=series([(floor / 8, 2 * HOUR), (0.8 * floor, HOUR)]),
        ),
        Case(
            alert,
            "where it is a little more",
            {late: 1},
            counters=series([(floor / 8, 2 * HOUR), (1.4 * floor, HOUR)]),
        ),
        Case(alert, "not without traffic", {2 * HOUR: 0}, counters=series([(0, 3 * HOUR)])),
    ]


ANOMALIES = [
    *_unusual("RequestRateAnomaly", _requests, usual=10, floor=1),
    *_unusual("RequestLatencyAnomaly", _durations, usual=0.1, floor=0.01),
    Case(
        "RequestLatencyAnomaly",
        "not when there are more requests, each as long as ever",
        {2 * HOUR + 6 * MINUTE: 0, 2 * HOUR + 8 * MINUTE: 0},
        counters=_durations([(0.1, 2 * HOUR), (0.1, HOUR)], faster=20),
    ),
    Case(
        "RequestLatencyAnomaly",
        "not for requests so few that a mean says nothing",
        {2 * HOUR + 12 * MINUTE: 0},
        counters=_durations([(0.1, 2 * HOUR), (0.4, HOUR)], rate=0.07),
    ),
    Case(
        "RequestLatencyAnomaly",
        "for a few more",
        {2 * HOUR + 12 * MINUTE: 1},
        counters=_durations([(0.1, 2 * HOUR), (0.4, HOUR)], rate=0.15),
    ),
]


# --- Monitoring itself ----------------------------------------------------------------------------
META = [
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
        labels='severity="warning"',
    ),
]

CASES = [*CACHE, *REDIS, *POSTGRES, *WORK, *OBJECTIVES, *ANOMALIES, *META]
